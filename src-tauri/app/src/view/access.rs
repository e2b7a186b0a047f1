//! The page about access, as data: who can act as the account.

use serde::Serialize;
use ts_rs::TS;

use super::{Button, Label, Notice, notice};
use crate::controller::{AccessPage, Loaded};
use crate::request::{Act, Aside};
use herokey_core::action::access;
use herokey_core::action::access::AccessKind;
use herokey_core::base::expiry::{Expiry, TokenLifetime};
use herokey_core::heroku::authorizations::Lifetime;
use herokey_core::ledger::journal::Outcome;

/// The page.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// True while Heroku is being asked.
    pub loading: bool,
    /// Why there is nothing to show.
    pub failure: Option<Notice>,
    /// Authorizations and sessions.
    pub rows: Vec<AccessRow>,
    /// Its SSH keys.
    pub keys: Vec<AccessRow>,
    /// Buttons that add a key of this machine.
    pub addable: Vec<Button>,
}

/// One row of the page.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccessRow {
    /// Its name.
    pub title: String,
    /// "Created 2026-01-01 · expires in 23 days · global".
    pub detail: String,
    /// "this machine's", "the dashboard's API key".
    pub mark: Option<String>,
    /// Revokes or removes it.
    pub button: Button,
}

/// Draws the page.
pub(super) fn access(page: &AccessPage) -> Access {
    let empty =
        Access { loading: false, failure: None, rows: Vec::new(), keys: Vec::new(), addable: Vec::new() };
    match page {
        AccessPage::Loading => Access { loading: true, ..empty },
        AccessPage::Failed(error) => {
            let failure = notice(&Outcome::Failed(error.clone()), Some(&Aside::ShowAccess.into()));
            Access { failure: Some(failure), ..empty }
        }
        AccessPage::Loaded(loaded) => Access {
            rows: loaded.access.iter().map(|access| row(access, loaded)).collect(),
            keys: loaded.keys.iter().map(key_row).collect(),
            addable: loaded.files.iter().map(|file| addable(file)).collect(),
            ..empty
        },
    }
}

fn row(access: &access::Access, loaded: &Loaded) -> AccessRow {
    let expiry = match access.lifetime {
        Lifetime::Unknown => Expiry::Unknown,
        Lifetime::Forever => Expiry::Never,
        Lifetime::Seconds(_) => access.lifetime.ends_at(loaded.at).map_or(Expiry::Unknown, Expiry::At),
    };
    let lifetime = TokenLifetime { expiry, ..TokenLifetime::default() }.words(loaded.at);
    let made = access.created_at.map(|at| format!("Created {}", at.strftime("%F")));
    let kind = (access.kind == AccessKind::Session).then(|| "session".to_owned());
    let scope = (!access.scope.is_empty()).then(|| access.scope.join(", "));
    let mark = match (access.default, access.this_machine, access.kind) {
        (true, ..) => Some("the dashboard's API key"),
        (false, true, AccessKind::Session) => Some("perhaps this machine's"),
        (false, true, AccessKind::Authorization) => Some("this machine's"),
        (false, false, _) => None,
    };
    AccessRow {
        title: if access.description.is_empty() {
            "No description".to_owned()
        } else {
            access.description.to_string()
        },
        detail: [made, Some(lifetime), kind, scope].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        mark: mark.map(str::to_owned),
        button: Button::new(Label::Revoke, Act::Revoke { id: access.id.to_string() }),
    }
}

fn key_row(key: &herokey_core::heroku::keys::Key) -> AccessRow {
    let request = Act::RemoveKey { fingerprint: key.fingerprint.to_string() };
    AccessRow {
        title: if key.comment.is_empty() { "No comment".to_owned() } else { key.comment.to_string() },
        detail: key.fingerprint.to_string(),
        mark: None,
        button: Button::new(Label::RemoveKey, request),
    }
}

fn addable(file: &str) -> Button {
    let file = file.to_owned();
    Button::new(Label::AddKey { file: file.clone() }, Act::AddKey { file })
}
