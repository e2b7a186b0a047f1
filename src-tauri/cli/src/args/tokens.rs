//! Commands for the tokens that are stored on this machine.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use herokey_core::heroku::login::password::MAX_LIFETIME_SECONDS;
use herokey_core::stores::Store;

use super::machine::folder;
use crate::complete;

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// How to log in
    #[arg(long, value_enum, default_value_t = Method::Browser)]
    pub(crate) method: Method,
    /// Where to store the token
    #[arg(long, value_enum, default_value_t = StoreChoice::Auto)]
    pub(crate) store: StoreChoice,
    /// Print the address of the login page instead of opening it
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// With --method password, how long the token lasts: at most 2592000 (30 days), which is the default
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_LIFETIME_SECONDS))]
    pub(crate) expires_in: Option<u64>,
    /// With --method sso, your organization's name; defaults to `HEROKU_ORGANIZATION`
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Method {
    /// Sign in to Heroku in the browser
    Browser,
    /// Enter email and password, or pipe them as two lines, with a two-factor code as an optional third
    Password,
    /// Enter an existing token, or pipe it
    Token,
    /// Sign in on your organization's page, which shows a token to paste here
    Sso,
    /// Use your own OAuth client; its tokens last eight hours and renew themselves
    Oauth,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StoreChoice {
    /// Where the Heroku CLI looks for it
    Auto,
    /// The system's keychain
    Keychain,
    /// The netrc file, in plain text
    Netrc,
}

impl StoreChoice {
    pub(crate) fn place(self) -> Option<Store> {
        match self {
            Self::Auto => None,
            Self::Keychain => Some(Store::Keychain),
            Self::Netrc => Some(Store::Netrc),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// Only remove the local copies; revoke nothing at Heroku
    #[arg(long)]
    pub(crate) local_only: bool,
    /// The account to log out; defaults to the one in use
    #[arg(long, value_name = "EMAIL", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Copy it to the clipboard for 30 seconds instead of printing it
    #[arg(long)]
    pub(crate) copy: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Where to move the token
    #[arg(value_enum, value_name = "STORE")]
    pub(crate) to: StoreArg,
    /// Print the steps without performing them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Leave a copy in netrc, for programs that look nowhere else; only with `keychain`
    #[arg(long)]
    pub(crate) keep_copy: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Where the copy is stored
    #[arg(value_enum)]
    pub(crate) store: StoreArg,
    /// The account whose copy to remove; defaults to the one in use (keychain) or every Heroku record (netrc)
    #[arg(long, value_name = "EMAIL", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StoreArg {
    /// The system's keychain
    Keychain,
    /// The netrc file
    Netrc,
}

impl From<StoreArg> for Store {
    fn from(store: StoreArg) -> Self {
        match store {
            StoreArg::Keychain => Self::Keychain,
            StoreArg::Netrc => Self::Netrc,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("there").args(["here", "below"]))]
pub(crate) struct Use {
    /// The account's email
    #[arg(value_name = "EMAIL", required_unless_present = "remove", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// Use it only in this repository, for git and `herokey exec`
    #[arg(long, conflicts_with = "below")]
    pub(crate) here: bool,
    /// Use it in every repository below FOLDER
    #[arg(long = "includeIf", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder))]
    pub(crate) below: Option<PathBuf>,
    /// Use the account in use there again
    #[arg(long, requires = "there", conflicts_with = "account")]
    pub(crate) remove: bool,
}
