//! The journal's entry for one action.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::error::Error;
use crate::base::text::Text;
use crate::stores::Store;

/// The programs that run actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Program {
    /// `herokey` in a terminal.
    Terminal,
    /// The tray.
    Tray,
    /// The window.
    Window,
}

impl Program {
    /// The program's name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "herokey in a terminal",
            Self::Tray => "the tray",
            Self::Window => "the window",
        }
    }
}

/// The actions, each of which changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Log in.
    LogIn,
    /// Log out.
    LogOut,
    /// Replace the token with a new one.
    Regenerate,
    /// Replace the token of an OAuth login with the next one.
    Renew,
    /// Change git's helper lines.
    GitHelper,
    /// Change Docker's helper.
    DockerHelper,
    /// Move the token between the keychain and netrc.
    MoveToken,
    /// Remove one local copy.
    Forget,
    /// Point the Heroku CLI at a token in the keychain.
    Link,
    /// Make an authorization, or a new token for one.
    Authorize,
    /// Revoke an authorization or a session.
    Revoke,
    /// Add or remove an SSH key.
    SshKeys,
    /// Fix a problem on this machine.
    Fix,
    /// Undo the last change.
    Undo,
    /// Switch to another account.
    UseAccount,
}

impl Verb {
    /// The action as a sentence says that it is running: "logging in".
    pub fn doing(self) -> &'static str {
        match self {
            Self::LogIn => "logging in",
            Self::LogOut => "logging out",
            Self::Regenerate => "regenerating the token",
            Self::Renew => "renewing the token",
            Self::GitHelper => "setting git's helper",
            Self::DockerHelper => "setting Docker's helper",
            Self::MoveToken => "moving the token",
            Self::Forget => "removing a copy of the token",
            Self::Link => "pointing the Heroku CLI at a token",
            Self::Authorize => "making an authorization",
            Self::Revoke => "revoking an authorization",
            Self::SshKeys => "changing the account's SSH keys",
            Self::Fix => "fixing a problem",
            Self::Undo => "undoing a change",
            Self::UseAccount => "switching accounts",
        }
    }
}

/// One action, from its start to its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// What the action does.
    pub verb: Verb,
    /// The program that runs it.
    pub by: Program,
    /// When it started.
    pub started_at: Timestamp,
    /// The account that the token belongs to, once it is known.
    pub account: Option<String>,
    /// The store that holds or gets the token, once it is chosen.
    pub place: Option<Store>,
    /// The mask of the token, if it must be distinguished from another one.
    #[serde(default)]
    pub masked: Option<String>,
    /// The completed steps, in words. The remaining steps follow from them.
    pub done: Vec<String>,
    /// What Herokey needs to know to finish a regeneration.
    #[serde(default)]
    pub regeneration: Option<Regeneration>,
    /// True once the action has changed something, so that it must be finished and not restarted.
    pub must_finish: bool,
    /// How it ended; `None` if it is running or was killed.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The two authorizations of a regeneration. Tokens are identified by their fingerprints from
/// [`known_tokens`](crate::ledger::known_tokens).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regeneration {
    /// The fingerprint of the token that is replaced.
    pub old_token: String,
    /// The old token's authorization; `None` if the token belongs to a session.
    pub old_id: Option<Text>,
    /// True if the old authorization is the account's default one.
    pub is_default: bool,
    /// True if creating the new token revokes the old one.
    pub in_place: bool,
    /// The new token's fingerprint, once it is known.
    pub new_token: Option<String>,
    /// The new token's authorization, once it is known.
    pub new_id: Option<Text>,
    /// The description of the new authorization.
    pub description: Text,
    /// The scope of the new authorization.
    pub scope: Vec<Text>,
    /// The authorizations that existed before.
    pub others: Vec<Text>,
    /// When Herokey asked Heroku for the new token.
    pub asked_at: Timestamp,
}

impl Regeneration {
    /// A regeneration of a token without an authorization of its own.
    pub fn new(old_token: String, asked_at: Timestamp) -> Self {
        Self {
            old_token,
            old_id: None,
            is_default: false,
            in_place: false,
            new_token: None,
            new_id: None,
            description: Text::default(),
            scope: Vec::new(),
            others: Vec::new(),
            asked_at,
        }
    }
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The action is done.
    Done {
        /// What it did, in one sentence.
        what: String,
        /// Further information; may be empty.
        note: String,
    },
    /// The action failed.
    Failed(Error),
}
