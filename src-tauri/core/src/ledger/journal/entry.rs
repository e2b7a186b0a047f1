//! What the journal says of one action.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::error::Error;
use crate::stores::Place;

/// The programs that run actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Program {
    /// `herokey`.
    Terminal,
    /// The tray.
    Tray,
    /// The window.
    Window,
}

impl Program {
    /// The program in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "herokey in a terminal",
            Self::Tray => "the tray",
            Self::Window => "the window",
        }
    }
}

/// The verbs that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Log in.
    LogIn,
    /// Log out.
    LogOut,
    /// Put a new token in the place of the old one.
    Regenerate,
    /// Put the next token of an OAuth login in the place of the one before.
    Renew,
    /// Change git's helper lines.
    GitHelper,
    /// Move the token between the keychain and netrc.
    MoveToken,
    /// Remove one local copy.
    Forget,
    /// Point the Heroku CLI at a token in the keychain.
    Link,
    /// Revoke an authorization or a session.
    Revoke,
    /// Add or remove an SSH key.
    SshKeys,
    /// Mend what is wrong on this machine.
    Fix,
    /// Take the last fix back.
    Undo,
    /// Switch to another account.
    UseAccount,
}

impl Verb {
    /// What a program is at, in a sentence.
    pub fn doing(self) -> &'static str {
        match self {
            Self::LogIn => "logging in",
            Self::LogOut => "logging out",
            Self::Regenerate => "regenerating the token",
            Self::Renew => "renewing the token",
            Self::GitHelper => "setting git's helper",
            Self::MoveToken => "moving the token",
            Self::Forget => "removing a copy of the token",
            Self::Link => "pointing the Heroku CLI at a token",
            Self::Revoke => "revoking an authorization",
            Self::SshKeys => "changing the account's SSH keys",
            Self::Fix => "mending what is wrong",
            Self::Undo => "taking a fix back",
            Self::UseAccount => "switching accounts",
        }
    }
}

/// One action, from its beginning to its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What.
    pub verb: Verb,
    /// Who does it.
    pub by: Program,
    /// Since when.
    pub started_at: Timestamp,
    /// Whose token, once it is known.
    pub account: Option<String>,
    /// Where the token is or goes, once it is decided.
    pub place: Option<Place>,
    /// The mask of the token it is about, where it must be told from another one.
    #[serde(default)]
    pub masked: Option<String>,
    /// Steps that are done, in words; what is left follows from them.
    pub done: Vec<String>,
    /// What regenerating must know to be finished.
    #[serde(default)]
    pub regeneration: Option<Regeneration>,
    /// From here on it must be finished, not begun again.
    pub must_finish: bool,
    /// How it ended; `None`: it is under way, or was killed.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The two authorizations of a regeneration. Tokens stand here by the names that [`store::lives`](crate::ledger::known_tokens)
/// gives them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regeneration {
    /// The token that is replaced.
    pub old_token: String,
    /// Its authorization; `None` where it is a session's.
    pub old_id: Option<String>,
    /// The old authorization is the account's default one.
    pub is_default: bool,
    /// The old token dies when the new one is made.
    pub in_place: bool,
    /// The new token, once it is known.
    pub new_token: Option<String>,
    /// Its authorization, once it is known.
    pub new_id: Option<String>,
    /// What the new authorization is called.
    pub description: String,
    /// What it may do.
    pub scope: Vec<String>,
    /// The authorizations that were there before.
    pub others: Vec<String>,
    /// When Heroku was asked for it.
    pub asked_at: Timestamp,
}

impl Regeneration {
    /// That of a token without an authorization of its own.
    pub fn of(old_token: String, asked_at: Timestamp) -> Self {
        Self {
            old_token,
            old_id: None,
            is_default: false,
            in_place: false,
            new_token: None,
            new_id: None,
            description: String::new(),
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
    /// Done; what a person should know about it.
    Done {
        /// One sentence.
        what: String,
        /// More to know; may be empty.
        note: String,
    },
    /// Failed.
    Failed(Error),
}
