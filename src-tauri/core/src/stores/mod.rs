//! Where tokens are kept on this machine: the keychain and netrc, the `login.json` that names the keychain entry in use,
//! the files of `heroku accounts`, and Docker's configuration.

pub mod accounts_files;
pub mod docker;
pub mod keychain;
pub(crate) mod login_json;
pub mod lookup;
pub mod netrc;
pub mod netrc_choice;
pub mod oauth_client;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::base::env::Env;
use crate::base::error::Result;

/// A store that the Heroku CLI reads tokens from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    /// The system's keychain.
    Keychain,
    /// The netrc file, usually in plain text.
    Netrc,
}

impl Store {
    /// The other store.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Keychain => Self::Netrc,
            Self::Netrc => Self::Keychain,
        }
    }
}

/// The store for a new token, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreChoice {
    /// The store.
    pub store: Store,
    /// What the user should know about the choice. Empty if there is nothing to say.
    pub note: String,
}

/// Chooses the store in which the Heroku CLI will look. A keychain that is locked, denies access or does not answer is an
/// error, never a reason to fall back to plain text.
pub(crate) fn choose_store(env: &Env) -> Result<StoreChoice> {
    let netrc = |note: &str| StoreChoice { store: Store::Netrc, note: note.to_owned() };
    if env.netrc_only() {
        return Ok(netrc("HEROKU_NETRC_WRITE=true keeps tokens in .netrc, in plain text."));
    }
    if !cli_reads_keychain(env) {
        return Ok(netrc(
            "The Heroku CLI reads the keychain through secret-tool, which is not installed here, so the token goes \
             to .netrc in plain text. Install the package libsecret-tools to use the keychain.",
        ));
    }
    Ok(match keychain::unless_missing(keychain::unlock_for_writing(env))? {
        Some(()) => StoreChoice { store: Store::Keychain, note: String::new() },
        None => netrc(
            "No keychain runs here, so the token goes to .netrc in plain text, as the Heroku CLI does it.",
        ),
    })
}

/// True if the Heroku CLI can read the keychain. On Linux it needs `secret-tool` on PATH (INTEROP.md, "Where the CLI keeps
/// a token").
pub(crate) fn cli_reads_keychain(env: &Env) -> bool {
    !cfg!(target_os = "linux") || env.find_program("secret-tool").is_some()
}
