//! What can be done about a problem, as data. `action` carries it out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::stores::Place;

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
        to: Place,
    },
    /// Point the Heroku CLI at an account's token in the keychain.
    Link {
        /// The account's email.
        account: String,
    },
    /// Write git's helper lines.
    SetGitHelper,
    /// Finish an interrupted action.
    FinishAction,
    /// Remember that the token is meant to stay in netrc.
    KeepInNetrc,
}

/// A change that fixes a problem: it changes one file in one step, or removes keychain entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fix {
    /// Puts `# ` before a line that sets a variable.
    CommentOut {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the line sets.
        variable: String,
    },
    /// Lets nobody but the owner read netrc: mode 0600.
    PrivateNetrc,
    /// Removes the records of a host behind its first one that no tool asks for.
    OneNetrcRecord {
        /// The host.
        host: String,
    },
    /// Writes a host's record anew, in the form that the Heroku CLI reads.
    ReadableNetrcRecord {
        /// The host.
        host: String,
    },
    /// Gives git's host the login and token of the API's.
    MatchingNetrcHosts,
    /// Removes the records of these hosts.
    NoNetrcRecords {
        /// The hosts.
        hosts: Vec<String>,
    },
    /// Removes all but one of an account's entries in the keychain, which hold the same token.
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
    /// Removes the login at Heroku's registry from Docker's `config.json`.
    NoDockerLogin {
        /// The file.
        path: PathBuf,
    },
}
