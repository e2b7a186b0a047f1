//! The page about copies of tokens, as data.

use serde::Serialize;
use ts_rs::TS;

use super::{Button, Label, Notice, Tone, notice};
use crate::controller::{FoundToken, ScanPage};
use crate::request::Aside;
use herokey_core::ledger::journal::Outcome;
use herokey_core::scan::Report;

/// The page.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Scan {
    /// True while files are being searched.
    pub searching: bool,
    /// How the search ended, and what to do about what it found.
    pub end: Option<Notice>,
    /// The copies.
    pub rows: Vec<FoundToken>,
    /// "and 12 more", or empty.
    pub more: String,
}

/// Draws the page.
pub(super) fn scan(page: &ScanPage) -> Scan {
    Scan {
        searching: page.end.is_none(),
        end: page.end.as_ref().map(|end| match end {
            Ok(report) => conclusion(report),
            Err(error) => notice(&Outcome::Failed(error.clone()), Some(&Aside::Scan.into())),
        }),
        rows: page.rows.clone(),
        more: if page.more == 0 { String::new() } else { format!("and {} more", page.more) },
    }
}

fn conclusion(report: &Report) -> Notice {
    let title = match report.found {
        0 => "No copies of Heroku tokens found".to_owned(),
        1 => "Found 1 copy of a Heroku token".to_owned(),
        found => format!("Found {found} copies of Heroku tokens"),
    };
    let needs_action = report.in_use || report.others;
    let files = if report.files == 1 { "1 file".to_owned() } else { format!("{} files", report.files) };
    let mut body = vec![format!("Searched {files} in the usual places.")];
    if needs_action {
        body.push("Whoever can read these files can use the tokens that Heroku still accepts.".to_owned());
    } else if report.found > 0 {
        body.push("Heroku has refused all of them, so nobody can use them.".to_owned());
    }
    if report.others {
        body.push("Revoke the authorizations of those that are not in use under Access.".to_owned());
    }
    if report.unreadable_count > 0 || !report.missed.is_empty() {
        body.push("Something could not be searched: `herokey scan` says what.".to_owned());
    }
    let regenerate = report.in_use.then(|| Button::new(Label::Regenerate, Aside::ProposeRegenerate));
    let access = report.others.then(|| Button::new(Label::Access, Aside::ShowAccess { team: None }));
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
