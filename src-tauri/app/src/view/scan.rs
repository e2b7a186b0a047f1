//! The page about copies of tokens, as data.

use serde::Serialize;
use ts_rs::TS;

use super::{Button, Label, Notice, Tone, notice};
use crate::controller::{ScanEnd, ScanPage};
use crate::request::Aside;
use herokey_core::ledger::journal::Outcome;

/// The page.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Scan {
    /// True while files are being searched.
    pub searching: bool,
    /// How the search ended, and what to do about what it found.
    pub end: Option<Notice>,
    /// The copies.
    pub rows: Vec<ScanRow>,
    /// "and 12 more", or empty.
    pub more: String,
}

/// A copy of a token.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScanRow {
    /// `~/.bash_history:12`.
    pub spot: String,
    /// "…a1b2 (the token of me@example.com in the keychain)".
    pub what: String,
}

/// Draws the page.
pub(super) fn scan(page: &ScanPage) -> Scan {
    let row = |found: &crate::controller::FoundToken| ScanRow {
        spot: found.spot.clone(),
        what: found.what.clone(),
    };
    Scan {
        searching: page.end.is_none(),
        end: page.end.as_ref().map(|end| match end {
            Ok(end) => conclusion(end),
            Err(error) => notice(&Outcome::Failed(error.clone()), Some(&Aside::Scan.into())),
        }),
        rows: page.rows.iter().map(row).collect(),
        more: if page.more == 0 { String::new() } else { format!("and {} more", page.more) },
    }
}

fn conclusion(end: &ScanEnd) -> Notice {
    let title = match end.found {
        0 => "No copies of Heroku tokens found".to_owned(),
        1 => "Found 1 copy of a Heroku token".to_owned(),
        found => format!("Found {found} copies of Heroku tokens"),
    };
    let needs_action = end.in_use || end.others;
    let mut body = vec![format!("Searched {} files in the usual places.", end.files)];
    if needs_action {
        body.push("Whoever can read these files can use the tokens that Heroku still accepts.".to_owned());
    } else if end.found > 0 {
        body.push("Heroku has refused all of them, so nobody can use them.".to_owned());
    }
    if end.others {
        body.push("Revoke the authorizations of those that are not in use under Access.".to_owned());
    }
    if end.not_searched > 0 {
        body.push("Something could not be searched: `herokey scan` says what.".to_owned());
    }
    let regenerate = end.in_use.then(|| Button::new(Label::Regenerate, Aside::ProposeRegenerate));
    let access = end.others.then(|| Button::new(Label::Access, Aside::ShowAccess { team: None }));
    Notice {
        code: None,
        title,
        body: body.join(" "),
        detail: String::new(),
        buttons: regenerate.into_iter().chain(access).collect(),
        clears_at: None,
        tone: if needs_action { Tone::Attention } else { Tone::Good },
    }
}
