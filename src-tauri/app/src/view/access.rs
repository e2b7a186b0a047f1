//! The page about access, as data: who can act as the account.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use ts_rs::TS;

use super::{Button, Label, Notice, notice};
use crate::controller::{AccessContent, AccessPage};
use crate::request::{Act, Aside};
use herokey_core::action::access;
use herokey_core::action::access::{AccessKind, rights};
use herokey_core::base::expiry::{Expiry, TokenLifetime, day_in};
use herokey_core::heroku::authorizations::Lifetime;
use herokey_core::ledger::journal::Outcome;

/// The page.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The team that the page is about; `None` for the account.
    pub team: Option<String>,
    /// The teams that it can show instead.
    pub teams: Vec<String>,
    /// True while Heroku is being asked.
    pub loading: bool,
    /// True if Heroku has answered, perhaps a moment ago.
    pub loaded: bool,
    /// Why there is nothing to show.
    pub failure: Option<Notice>,
    /// Authorizations, and the sessions of an account.
    pub rows: Vec<AccessRow>,
    /// The account's SSH keys.
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
    /// "Created 2026-01-01 · expires in 23 days · rights: read apps".
    pub detail: String,
    /// "this machine's", "the dashboard's API key".
    pub mark: Option<String>,
    /// What can be done with it.
    pub buttons: Vec<Button>,
}

/// Draws the page.
pub(super) fn access(page: &AccessPage, zone: &TimeZone) -> Access {
    let empty = Access {
        team: page.team.clone(),
        teams: page.teams.clone(),
        loading: page.loading,
        loaded: false,
        failure: None,
        rows: Vec::new(),
        keys: Vec::new(),
        addable: Vec::new(),
    };
    match &page.content {
        AccessContent::Nothing => empty,
        AccessContent::Failed(error) => {
            let again = Aside::ShowAccess { team: page.team.clone() }.into();
            Access { failure: Some(notice(&Outcome::Failed(error.clone()), Some(&again))), ..empty }
        }
        AccessContent::Loaded(loaded) => Access {
            loaded: true,
            rows: loaded
                .access
                .iter()
                .map(|access| row(access, loaded.at, zone, page.team.as_deref()))
                .collect(),
            keys: loaded.keys.iter().map(key_row).collect(),
            addable: loaded.files.iter().map(|file| addable(file)).collect(),
            ..empty
        },
    }
}

fn row(access: &access::Access, at: Timestamp, zone: &TimeZone, team: Option<&str>) -> AccessRow {
    let expiry = match access.lifetime {
        Lifetime::Unknown => Expiry::Unknown,
        Lifetime::Forever => Expiry::Never,
        Lifetime::Seconds(_) => access.lifetime.ends_at(at).map_or(Expiry::Unknown, Expiry::At),
    };
    let lifetime = TokenLifetime { expiry, ..TokenLifetime::default() }.words(at);
    let made = access.created_at.map(|at| format!("Created {}", day_in(zone, at)));
    let kind = (access.kind == AccessKind::Session).then(|| "session".to_owned());
    let rights = (!access.scope.is_empty()).then(|| format!("rights: {}", rights(&access.scope)));
    let mark = match (access.default, access.this_machine, access.kind) {
        (true, ..) => Some("the dashboard's API key"),
        (false, true, AccessKind::Session) => Some("perhaps this machine's"),
        (false, true, AccessKind::Authorization) => Some("this machine's"),
        (false, false, _) => None,
    };
    let (id, team) = (access.id.to_string(), team.map(str::to_owned));
    // Regenerate replaces this machine's, wherever it is stored.
    let is_replaceable = access.kind == AccessKind::Authorization && !access.this_machine;
    let new_token = is_replaceable
        .then(|| Button::new(Label::NewToken, Act::NewToken { id: id.clone(), team: team.clone() }));
    let revoke = Button::new(Label::Revoke, Act::Revoke { id, team });
    AccessRow {
        title: if access.description.is_empty() {
            "No description".to_owned()
        } else {
            access.description.to_string()
        },
        detail: [made, Some(lifetime), kind, rights].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        mark: mark.map(str::to_owned),
        buttons: new_token.into_iter().chain([revoke]).collect(),
    }
}

fn key_row(key: &herokey_core::heroku::keys::Key) -> AccessRow {
    let request = Act::RemoveKey { fingerprint: key.fingerprint.to_string() };
    AccessRow {
        title: if key.comment.is_empty() { "No comment".to_owned() } else { key.comment.to_string() },
        detail: key.fingerprint.to_string(),
        mark: None,
        buttons: vec![Button::new(Label::RemoveKey, request)],
    }
}

fn addable(file: &str) -> Button {
    let file = file.to_owned();
    Button::new(Label::AddKey { file: file.clone() }, Act::AddKey { file })
}
