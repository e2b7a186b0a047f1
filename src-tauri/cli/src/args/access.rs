//! Commands for what else has access to the account, at Heroku.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::complete;
use crate::help::examples;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Authorizations {
    #[command(subcommand)]
    pub(crate) command: Option<AuthorizationsCommand>,
    /// List those that act for a team
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuthorizationsCommand {
    /// Make an authorization and print its token, which Heroku shows only once
    #[command(after_help = examples(["herokey authorizations create --scope read --expires-in 30d --copy", "herokey authorizations create --to -- gh secret set HEROKU_API_KEY"]))]
    Create {
        /// What the token may do: global (everything), identity, read, write, read-protected or write-protected
        #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
        scope: Vec<String>,
        /// How long the token lasts, in seconds or such as 12h or 30d; without it, until it is revoked
        #[arg(long, value_name = "DURATION", value_parser = seconds)]
        expires_in: Option<u64>,
        /// What it is for; shown in the list of authorizations
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// The team that the token acts for
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        #[command(flatten)]
        delivery: Delivery,
    },
    /// Make a new token for an authorization and print it; the old one stops working at once
    #[command(after_help = examples(["herokey authorizations regenerate 01234567-89ab-cdef-0123-456789abcdef --copy"]))]
    Regenerate {
        /// The id that `herokey authorizations` shows
        #[arg(add = ArgValueCandidates::new(complete::authorizations))]
        id: String,
        /// The team that it acts for
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        #[command(flatten)]
        delivery: Delivery,
    },
}

/// Where a new token goes: to standard output, unless one of these is given.
#[derive(Debug, Args)]
pub(crate) struct Delivery {
    /// Copy the token to the clipboard for 30 seconds
    #[arg(long, conflicts_with_all = ["file", "to"])]
    pub(crate) copy: bool,
    /// Write the token to a new file that only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub(crate) file: Option<PathBuf>,
    /// Pass the token to a command's standard input, such as `--to -- gh secret set HEROKU_API_KEY`
    #[arg(long, requires = "command")]
    pub(crate) to: bool,
    /// The command for --to, and its arguments
    #[arg(value_name = "COMMAND", last = true, requires = "to")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The id that `herokey authorizations` shows
    #[arg(add = ArgValueCandidates::new(complete::authorizations))]
    pub(crate) id: String,
    /// The team that the authorization acts for
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,
    /// Do not ask for confirmation, even for this machine's token or the dashboard's API key
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The account that the token acts for; defaults to the one in use
    #[arg(long, value_name = "EMAIL", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// What the token may do: global (everything), identity, read, write, read-protected or write-protected
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', conflicts_with = "own")]
    pub(crate) scope: Vec<String>,
    /// How long the token lasts at most, such as 90m, 12h or 30d; a command that runs longer loses it
    #[arg(long = "for", value_name = "DURATION", value_parser = seconds, default_value = "24h", conflicts_with = "own")]
    pub(crate) lifetime_seconds: u64,
    /// Give the command the token in use, and make none
    #[arg(long)]
    pub(crate) own: bool,
    /// The variable that gets the token
    #[arg(long = "as", value_name = "NAME", value_parser = variable, default_value = "HEROKU_API_KEY")]
    pub(crate) variable: String,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
}

/// Parses a duration into seconds: `90m`, `1d12h`, or a number of seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let invalid = || "it is no duration such as 90m, 12h or 30d".to_owned();
    if let Ok(seconds) = text.parse::<u64>() {
        return if seconds > 0 { Ok(seconds) } else { Err(invalid()) };
    }
    let span: jiff::Span = text.parse().map_err(|_| invalid())?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| invalid())?;
    u64::try_from(duration.as_secs()).ok().filter(|seconds| *seconds > 0).ok_or_else(invalid)
}

/// Checks the name of a variable (environ(7)).
fn variable(name: &str) -> Result<String, String> {
    let is_name = !name.is_empty() && !name.contains(['=', '\0']);
    if is_name { Ok(name.to_owned()) } else { Err("a variable cannot have this name".to_owned()) }
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
    #[command(after_help = examples(["herokey keys add ~/.ssh/id_ed25519.pub"]))]
    Add {
        /// The public key file, such as `~/.ssh/id_ed25519.pub`
        file: PathBuf,
    },
    /// Remove a key
    #[command(after_help = examples(["herokey keys remove 01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef"]))]
    Remove {
        /// The fingerprint that `herokey keys` shows
        fingerprint: String,
    },
}
