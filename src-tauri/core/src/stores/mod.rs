//! Where tokens live on this machine: the keychain, netrc, and the `login.json` that points into the keychain.

pub mod accounts_files;
pub mod copies;
pub mod docker;
pub mod keychain;
pub mod login_json;
pub mod lookup;
pub mod netrc;
pub mod netrc_choice;
pub mod oauth_client;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::base::env::Env;
use crate::base::error::Result;

/// The two places that the Heroku CLI reads a token from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(rename = "Store")]
pub enum Place {
    /// The system's keychain, entry `heroku-cli`.
    Keychain,
    /// `.netrc`, in plain text.
    Netrc,
}

impl Place {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Keychain => Self::Netrc,
            Self::Netrc => Self::Keychain,
        }
    }
}

/// Where a new token goes when nobody chose, and what a person should know about that choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The place.
    pub place: Place,
    /// Why not the keychain; empty where it is the keychain.
    pub because: String,
}

/// Chooses where the Heroku CLI that this person runs will look. A keychain that is there but locked, denied or
/// silent is an error and never a reason to write plain text.
pub fn automatic(env: &Env) -> Result<Choice> {
    let netrc = |because: &str| Choice { place: Place::Netrc, because: because.to_owned() };
    if env.netrc_only() {
        return Ok(netrc("HEROKU_NETRC_WRITE=true keeps tokens in .netrc, in plain text."));
    }
    if !cli_reads_keychain(env) {
        return Ok(netrc(
            "The Heroku CLI reads the keychain through secret-tool, which is not installed here, so the token goes \
             to .netrc in plain text. Install the package libsecret-tools to use the keychain.",
        ));
    }
    Ok(match keychain::unless_missing(keychain::ready(env))? {
        Some(()) => Choice { place: Place::Keychain, because: String::new() },
        None => netrc(
            "No keychain runs here, so the token goes to .netrc in plain text, as the Heroku CLI does it.",
        ),
    })
}

/// True if the Heroku CLI would look into the keychain at all: on Linux it looks for `secret-tool` on PATH
/// (INTEROP.md, "Where the CLI keeps a token").
pub fn cli_reads_keychain(env: &Env) -> bool {
    !cfg!(target_os = "linux") || env.find_program("secret-tool").is_some()
}
