//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use herokey_core::heroku::login::password::LONGEST;
use herokey_core::stores::Place;

/// Heroku credentials: who is logged in, where the token lives, and what heroku, git and curl will really use.
#[derive(Debug, Parser)]
#[command(name = "herokey", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the account, the token (masked), where it lives, and what each tool will use
    Status(Status),
    /// Log in to Heroku
    Login(Login),
    /// Revoke the token and remove every local copy of it
    Logout(Logout),
    /// Put a new token in the place of the old one, and revoke the old one
    Regenerate {
        /// Go ahead without a question, also where other programs use the token
        #[arg(long)]
        yes: bool,
    },
    /// Print the token in use, and nothing else
    Token(Token),
    /// Move the token in use between the keychain and netrc
    Move(Move),
    /// Remove one local copy of a token; nothing is revoked
    Forget(Forget),
    /// Point the Heroku CLI at a token that is in the keychain
    Link {
        /// The account's email
        #[arg(value_name = "EMAIL")]
        account: String,
    },
    /// List the accounts with a token on this machine; `*` marks the one in use
    Accounts(Accounts),
    /// Switch to another account with a token on this machine; nobody is logged out
    Use {
        /// The account's email
        #[arg(value_name = "EMAIL")]
        account: String,
    },
    /// Say what is wrong here and what mends it
    Doctor(Doctor),
    /// List what Herokey did on this machine, the newest first
    History(History),
    /// List what can act as the account
    Authorizations(Authorizations),
    /// Revoke an authorization, or end a session
    Revoke(Revoke),
    /// List, add and remove the account's SSH keys
    Keys(Keys),
    /// Set, remove or show git's helper lines for Heroku
    #[command(subcommand)]
    Git(Git),
    /// Answer git's questions for a password (gitcredentials(7))
    GitCredential(GitCredential),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Hold standard input on the clipboard
    #[command(hide = true)]
    Clipboard {
        /// For 30 seconds, and not for clipboard histories
        #[arg(long)]
        secret: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Ask nothing of the network
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print JSON, schema 1
    #[arg(long)]
    pub(crate) json: bool,
    /// What the tools use in this folder: its git configuration, and what direnv sets there
    #[arg(long = "in", value_name = "FOLDER", value_parser = folder)]
    pub(crate) folder: Option<PathBuf>,
}

/// A folder that exists, as a whole path without links; on Windows with them, since git does not take the other kind.
fn folder(text: &str) -> Result<PathBuf, String> {
    let whole = if cfg!(windows) { std::path::absolute(text) } else { std::fs::canonicalize(text) };
    match whole {
        Ok(path) if path.is_dir() => Ok(path),
        Ok(_) => Err("it is not a folder".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// How to log in
    #[arg(long, value_enum, default_value_t = Method::Browser)]
    pub(crate) method: Method,
    /// Where the token goes; auto: where the Heroku CLI will look
    #[arg(long, value_enum, default_value_t = Store::Auto)]
    pub(crate) store: Store,
    /// Only print the address of the login page
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// How long the token of a password login lives, at most 2592000 (30 days), which it is otherwise
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=LONGEST))]
    pub(crate) expires_in: Option<u64>,
    /// Whose single sign-on
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Method {
    /// On a page of Heroku's
    Browser,
    /// With email and password: typed, or two lines on standard input, and a code of a second factor as the third
    Password,
    /// With a token: typed, or on standard input
    Token,
    /// On a page of your organization's, which shows a token to paste here
    Sso,
    /// Through an OAuth client of your own: tokens for eight hours that renew themselves
    Oauth,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Store {
    /// Where the Heroku CLI will look
    Auto,
    /// The system's keychain
    Keychain,
    /// The netrc file, in plain text
    Netrc,
}

impl Store {
    pub(crate) fn place(self) -> Option<Place> {
        match self {
            Self::Auto => None,
            Self::Keychain => Some(Place::Keychain),
            Self::Netrc => Some(Place::Netrc),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// Remove the local copies only; the token stays valid at Heroku
    #[arg(long)]
    pub(crate) local_only: bool,
    /// Whose token; without it, the one in use
    #[arg(long, value_name = "EMAIL")]
    pub(crate) account: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Put it on the clipboard for 30 seconds in place of printing it
    #[arg(long)]
    pub(crate) copy: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Where to
    #[arg(value_enum)]
    pub(crate) to: Where,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Where the copy is
    #[arg(value_enum)]
    pub(crate) place: Where,
    /// Whose; without it, in the keychain the account in use, in netrc all of Heroku's records
    #[arg(long, value_name = "EMAIL")]
    pub(crate) account: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Where {
    /// The system's keychain
    Keychain,
    /// The netrc file
    Netrc,
}

impl From<Where> for Place {
    fn from(place: Where) -> Self {
        match place {
            Where::Keychain => Self::Keychain,
            Where::Netrc => Self::Netrc,
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
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of the command line")]
pub(crate) struct Doctor {
    /// Mend what can be mended without a loss and without a decision; with CODE, mend that problem
    #[arg(long, value_name = "CODE", num_args = 0..=1, conflicts_with_all = ["undo", "report"])]
    #[expect(clippy::option_option, reason = "how clap tells a switch with a value from one without")]
    pub(crate) fix: Option<Option<String>>,
    /// Take the last fix back
    #[arg(long, conflicts_with_all = ["report", "json", "offline"])]
    pub(crate) undo: bool,
    /// Print the diagnosis for a bug report: no token, no email
    #[arg(long, conflicts_with = "json")]
    pub(crate) report: bool,
    /// Look without the network; a fix that must ask Heroku still does
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// What is wrong for tools that run in this folder
    #[arg(long = "in", value_name = "FOLDER", value_parser = folder, conflicts_with_all = ["fix", "undo"])]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Authorizations {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Which, as `herokey authorizations` shows it
    pub(crate) id: String,
    /// Ask nothing, also where it is this machine's own or the dashboard's API key
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) command: Option<KeysCommand>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Add a public key
    Add {
        /// Its file: `~/.ssh/id_ed25519.pub`
        file: PathBuf,
    },
    /// Remove a key
    Remove {
        /// Which, as `herokey keys` shows it
        fingerprint: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Git {
    /// Write the helper lines: Herokey first, the Heroku CLI's own last
    Install,
    /// Remove Herokey's line
    Remove,
    /// Show which helpers git asks for Heroku
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Ask git itself which password a push would use
        #[arg(long, conflicts_with = "json")]
        test: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GitCredential {
    /// What git asks for
    #[arg(value_enum)]
    pub(crate) operation: Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// A password
    Get,
    /// To keep a password: does nothing
    Store,
    /// To forget a password: does nothing
    Erase,
}
