//! What Herokey can do about a problem, as data; `action` carries it out.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::stores::Store;

/// What Herokey offers to do about a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Log in again.
    LogIn,
    /// Apply a fix.
    Fix(Fix),
    /// Move the token to the other store.
    Move {
        /// The store to move it to.
        to: Store,
    },
    /// Point the Heroku CLI at an account's token in the keychain.
    Link {
        /// The account's email.
        account: String,
    },
    /// Write the helper lines for Heroku's git host into git's configuration.
    SetGitHelper,
    /// Finish an interrupted action.
    FinishAction,
    /// Remember that the user wants the token to stay in netrc.
    KeepInNetrc,
}

/// A change that fixes a problem: it changes one file in one step, or removes keychain entries or a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fix {
    /// Comments out a line that sets a variable.
    CommentOut {
        /// The file.
        path: PathBuf,
        /// The line's number, counted from 1.
        line: usize,
        /// The variable that the line sets.
        variable: String,
    },
    /// Removes a variable of the user's from Windows' registry.
    RemoveVariable {
        /// The variable.
        variable: String,
    },
    /// Lets only the owner read netrc: mode 0600.
    PrivateNetrc,
    /// Removes the records for a host that follow its first one and that no program uses.
    OneNetrcRecord {
        /// The host.
        host: String,
    },
    /// Rewrites a host's record in the form that both the Heroku CLI and curl read.
    ReadableNetrcRecord {
        /// The host.
        host: String,
    },
    /// Gives the record for git's host the login and token of the record for the API's host.
    MatchingNetrcHosts,
    /// Removes the records for some hosts.
    NoNetrcRecords {
        /// The hosts.
        hosts: Vec<String>,
    },
    /// Takes the tokens that no program finds out of a netrc file.
    NoHiddenTokens {
        /// The file.
        path: PathBuf,
    },
    /// Removes all but one of an account's entries in the keychain.
    OneKeychainEntry {
        /// The account's email.
        account: String,
    },
    /// Moves the token of a file of `heroku accounts` into the keychain.
    AccountsToken {
        /// The file.
        path: PathBuf,
        /// The account's email.
        account: String,
    },
    /// Removes the tokens for Heroku's git host from a file of git's configuration, and keeps the rest of their addresses.
    NoGitTokens {
        /// The file.
        path: PathBuf,
    },
    /// Lets `herokey exec` start a server of an assistant, and removes its key.
    LendToMcpServer {
        /// The file.
        path: PathBuf,
        /// The names that lead to the server's entry.
        entry: Vec<String>,
    },
    /// Makes Docker ask Herokey for Heroku's registry, and removes the login for it.
    DockerHelper {
        /// The file.
        path: PathBuf,
    },
    /// Removes the login for Heroku's registry from Docker's `config.json`.
    NoDockerLogin {
        /// The file.
        path: PathBuf,
    },
    /// Makes the entry for the start at login start the program of this Herokey.
    Autostart {
        /// The entry.
        path: PathBuf,
    },
}

/// What a fix changes.
pub(crate) enum Changed<'a> {
    /// This file.
    File(&'a Path),
    /// The netrc file in the home folder.
    Netrc,
    /// The keychain alone.
    Keychain,
    /// The user's variables in Windows' registry.
    Registry,
}

impl Fix {
    pub(crate) fn changes(&self) -> Changed<'_> {
        match self {
            Self::CommentOut { path, .. }
            | Self::NoHiddenTokens { path }
            | Self::AccountsToken { path, .. }
            | Self::NoGitTokens { path }
            | Self::LendToMcpServer { path, .. }
            | Self::DockerHelper { path }
            | Self::Autostart { path }
            | Self::NoDockerLogin { path } => Changed::File(path),
            Self::PrivateNetrc
            | Self::OneNetrcRecord { .. }
            | Self::ReadableNetrcRecord { .. }
            | Self::MatchingNetrcHosts
            | Self::NoNetrcRecords { .. } => Changed::Netrc,
            Self::OneKeychainEntry { .. } => Changed::Keychain,
            Self::RemoveVariable { .. } => Changed::Registry,
        }
    }
}
