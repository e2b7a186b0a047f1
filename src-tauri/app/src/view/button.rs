//! The buttons of the window and of notifications.

use std::fmt;

use herokey_core::insight::remedy::{Fix, Remedy};
use herokey_core::stores::Store;
use serde::{Serialize, Serializer};
use ts_rs::TS;

use super::effect::effect;
use crate::request::PageRequest;
use crate::text;

/// A label, and what a click on it asks for.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    /// The button's text.
    #[ts(as = "String")]
    pub label: Label,
    /// What it asks for.
    pub request: PageRequest,
    /// What it will do, in full sentences; empty if the label or the text around it says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[ts(as = "Option<String>", optional)]
    pub effect: String,
}

/// What a button says. It reaches the page as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// Log in.
    LogIn,
    /// Log in again.
    LogInAgain,
    /// Try again.
    TryAgain,
    /// Undo the last change.
    Undo,
    /// Move the token back to where it was.
    MoveBack,
    /// Move the token, in answer to the question whether to.
    Move,
    /// Move the token to the keychain and leave a copy in netrc, in answer to the question whether to.
    KeepCopy,
    /// Log out, in answer to the question whether to.
    LogOut,
    /// Replace the token, in answer to the question whether to.
    Regenerate,
    /// Leave everything as it is, in answer to a question.
    Cancel,
    /// Remove local copies.
    RemoveLocalCopies,
    /// Install the newer Herokey.
    Install,
    /// Read the machine again.
    Refresh,
    /// Unlock the keychain.
    UnlockKeychain,
    /// Revoke an authorization, or end a session.
    Revoke,
    /// Make a new token for an authorization.
    NewToken,
    /// Show who can act as the account.
    Access,
    /// Remove an SSH key.
    RemoveKey,
    /// Add the SSH key in a file of `~/.ssh`.
    AddKey {
        /// The file's name.
        file: String,
    },
    /// Apply a problem's remedy.
    Remedy(Remedy),
}

impl Button {
    pub(super) fn new(label: Label, request: impl Into<PageRequest>) -> Self {
        Self { label, request: request.into(), effect: String::new() }
    }

    /// A button whose label does not say what it does.
    pub(super) fn explained(label: Label, request: impl Into<PageRequest>) -> Self {
        let request = request.into();
        Self { effect: effect(&request), label, request }
    }

    pub(super) fn of(remedy: &Remedy) -> Self {
        Self::new(Label::Remedy(remedy.clone()), remedy)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LogIn => "Log in",
            Self::LogInAgain => text::LOG_IN_AGAIN,
            Self::TryAgain => text::TRY_AGAIN,
            Self::Undo => text::UNDO,
            Self::MoveBack => "Move back",
            Self::Move => "Move it",
            Self::KeepCopy => "Keep a copy in .netrc",
            Self::LogOut => text::LOG_OUT,
            Self::Regenerate => "Regenerate",
            Self::Cancel => "Cancel",
            Self::RemoveLocalCopies => "Remove local copies",
            Self::Install => "Install",
            Self::Refresh => "Refresh",
            Self::UnlockKeychain => text::UNLOCK_KEYCHAIN,
            Self::Revoke => "Revoke",
            Self::NewToken => "New token…",
            Self::Access => "Access",
            Self::RemoveKey => "Remove",
            Self::AddKey { file } => return write!(f, "Add ~/.ssh/{file}"),
            Self::Remedy(remedy) => of_remedy(remedy),
        })
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn of_remedy(remedy: &Remedy) -> &'static str {
    match remedy {
        Remedy::LogIn => text::LOG_IN_AGAIN,
        Remedy::Move { to: Store::Keychain } => "Move to keychain",
        Remedy::Move { to: Store::Netrc } => "Move to .netrc…",
        Remedy::Link { .. } => "Use this token",
        Remedy::SetGitHelper => "Set up the helper",
        Remedy::FinishAction => "Finish it",
        Remedy::KeepInNetrc => "Keep it there",
        Remedy::Fix(fix) => of_fix(fix),
    }
}

fn of_fix(fix: &Fix) -> &'static str {
    match fix {
        Fix::CommentOut { .. } => "Comment it out",
        Fix::PrivateNetrc => "Make it private",
        Fix::OneNetrcRecord { .. } => "Keep the first",
        Fix::ReadableNetrcRecord { .. } => "Make it readable",
        Fix::MatchingNetrcHosts => "Use one token",
        Fix::RemoveVariable { .. }
        | Fix::NoNetrcRecords { .. }
        | Fix::NoHiddenTokens { .. }
        | Fix::NoDockerLogin { .. }
        | Fix::NoGitTokens { .. } => "Remove it",
        Fix::LendToMcpServer { .. } => "Use herokey exec",
        Fix::DockerHelper { .. } => "Let Docker ask Herokey",
        Fix::Autostart { .. } => "Start at login",
        Fix::OneKeychainEntry { .. } => "Keep one",
        Fix::AccountsToken { .. } => "Move to keychain",
    }
}
