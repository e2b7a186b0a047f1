//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use herokey_core::heroku::login::password::MAX_LIFETIME_SECONDS;
use herokey_core::stores::Store;

use super::complete;
use super::help::examples;

/// Manage Heroku credentials: who is logged in, where the token is stored, and which one heroku, git and curl use.
///
/// Without a command, this shows the status.
#[derive(Debug, Parser)]
#[command(name = "herokey", version, max_term_width = 100)]
#[command(after_help = examples(["herokey login", "herokey exec -- npm run deploy    # with a token of its own"]))]
pub(crate) struct Cli {
    /// The command to run; without one, Herokey shows the status.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the account, the token (masked), where it is stored, and what each tool uses
    #[command(after_help = examples(["herokey status", "herokey status --offline --json    # for scripts"]))]
    Status(Status),
    /// Log in to Heroku
    #[command(after_help = examples(["herokey login", "herokey login --no-browser                     # on a machine without a browser", "herokey login --method token < token.txt"]))]
    Login(Login),
    /// Revoke the token and remove every local copy
    #[command(after_help = examples(["herokey logout", "herokey logout --account me@example.com"]))]
    Logout(Logout),
    /// Replace the token with a new one and revoke the old one
    #[command(after_help = examples(["herokey regenerate"]))]
    Regenerate {
        /// Do not ask for confirmation, even if other programs use the token
        #[arg(long)]
        yes: bool,
    },
    /// Print the token in use, and nothing else
    #[command(after_help = examples(["herokey token --copy", "curl -H \"Authorization: Bearer $(herokey token)\" https://api.heroku.com/account"]))]
    Token(Token),
    /// Move the token in use between the keychain and netrc
    #[command(after_help = examples(["herokey move keychain --dry-run    # what would change", "herokey move keychain"]))]
    Move(Move),
    /// Remove one local copy of a token without revoking it
    #[command(after_help = examples(["herokey forget netrc    # `herokey doctor --undo` brings it back"]))]
    Forget(Forget),
    /// Point the Heroku CLI at a token in the keychain
    #[command(after_help = examples(["herokey link me@example.com"]))]
    Link {
        /// The account's email
        #[arg(value_name = "EMAIL", add = ArgValueCandidates::new(complete::accounts))]
        account: String,
    },
    /// List the accounts with a token on this machine; `*` marks the one in use
    #[command(after_help = examples(["herokey accounts"]))]
    Accounts(Accounts),
    /// Switch to another account with a token on this machine, everywhere or in one folder; all accounts stay logged in
    #[command(after_help = examples(["herokey use me@example.com", "herokey use work@example.com --here    # only in this repository"]))]
    Use(Use),
    /// Find problems with your Heroku credentials and how to fix them
    #[command(after_help = examples(["herokey doctor", "herokey doctor --fix netrc-plain-token"]))]
    Doctor(Doctor),
    /// List what Herokey did on this machine, newest first
    #[command(after_help = examples(["herokey history"]))]
    History(History),
    /// Find tokens in files, shell histories and git objects
    ///
    /// Without FOLDER, this searches the places where tokens end up: shell histories, start-up files of shells, `.env` files
    /// in the home folder, the settings and transcripts of editors and assistants, and what git and the Heroku CLI write. It
    /// also searches the current folder, if that is below the home folder.
    ///
    /// With FOLDER, it searches every file there, those that git ignores too, and the objects of each git repository there:
    /// also what was deleted from the files long ago. It follows no links. `git cat-file` reads the objects, and runs nothing
    /// that a repository names.
    ///
    /// A token is found if this machine holds it, or if it has the shape of one (HRKU-…). Nobody is asked to unlock the
    /// keychain. The files where tokens are stored, such as `~/.netrc`, are not listed for that.
    ///
    /// The exit code is 6 if a token was found that Heroku may still accept, else 0.
    #[command(after_help = examples(["herokey scan              # where tokens usually end up", "herokey scan .            # this folder, with git's objects"]))]
    Scan(Scan),
    /// List the authorizations and sessions that can act as the account
    #[command(after_help = examples(["herokey authorizations", "herokey authorizations --team my-team"]))]
    Authorizations(Authorizations),
    /// Revoke an authorization or end a session
    #[command(after_help = examples(["herokey revoke 01234567-89ab-cdef-0123-456789abcdef"]))]
    Revoke(Revoke),
    /// Run a command with a token of its own in `HEROKU_API_KEY`, and revoke the token when it ends
    #[command(after_help = examples(["herokey exec -- npm run deploy", "herokey exec --scope read --for 10m -- ./report.sh"]))]
    Exec(Exec),
    /// List, add and remove the account's SSH keys
    #[command(after_help = examples(["herokey keys", "herokey keys add ~/.ssh/id_ed25519.pub"]))]
    Keys(Keys),
    /// Set, remove or show git's credential helpers for Heroku
    #[command(after_help = examples(["herokey git install"]))]
    #[command(subcommand)]
    Git(Git),
    /// Set, remove or show Docker's credential helper for Heroku's registry
    #[command(after_help = examples(["herokey docker install"]))]
    #[command(subcommand)]
    Docker(Docker),
    /// Give git the token as its password for Heroku; git runs this, see gitcredentials(7)
    #[command(after_help = examples(["printf 'protocol=https\\nhost=git.heroku.com\\n' | herokey git-credential get"]))]
    GitCredential(GitCredential),
    /// Print a completion script for a shell
    ///
    /// It completes commands, accounts, problems and authorizations by running `herokey`, which never prompts and never uses
    /// the network. Load it when the shell starts, so that it always fits the installed version.
    #[command(after_help = examples([
        "source <(herokey completions bash)                                 # in ~/.bashrc",
        "source <(herokey completions zsh)                                  # in ~/.zshrc, after compinit",
        "herokey completions fish | source                                  # in ~/.config/fish/config.fish",
        "herokey completions powershell | Out-String | Invoke-Expression    # in $PROFILE",
    ]))]
    Completions {
        /// The shell to complete commands in
        shell: clap_complete::Shell,
    },
    /// Copy standard input to the clipboard and serve it from there
    #[command(hide = true, after_help = examples(["pwd | herokey clipboard"]))]
    Clipboard {
        /// Keep it for 30 seconds and out of clipboard histories
        #[arg(long)]
        secret: bool,
    },
    /// Add this program's folder to the user's PATH, or remove it; the installer runs this
    #[cfg(windows)]
    #[command(hide = true)]
    PathEntry {
        #[arg(value_enum)]
        change: PathChange,
    },
}

/// What the installer does to the user's PATH.
#[cfg(windows)]
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum PathChange {
    Add,
    Remove,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Status {
    /// Do not use the network
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print JSON (schema 1)
    #[arg(long)]
    pub(crate) json: bool,
    /// Show what the tools use in FOLDER, with its git configuration and what direnv sets there
    #[arg(long = "in", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder))]
    pub(crate) folder: Option<PathBuf>,
}

/// Parses an existing folder into an absolute path. Resolves links, except on Windows, where git does not accept the
/// resolved form (`\\?\C:\…`).
fn folder(path: OsString) -> Result<PathBuf, String> {
    let absolute = if cfg!(windows) { std::path::absolute(path) } else { std::fs::canonicalize(path) };
    match absolute {
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

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line switch")]
pub(crate) struct Doctor {
    /// Fix every problem that needs no decision and loses nothing; with CODE, fix only that problem
    #[arg(long, value_name = "CODE", num_args = 0..=1, conflicts_with_all = ["undo", "report"], add = ArgValueCandidates::new(complete::problems))]
    #[expect(clippy::option_option, reason = "how clap represents a switch with an optional value")]
    pub(crate) fix: Option<Option<String>>,
    /// Undo the last fix
    #[arg(long, conflicts_with_all = ["report", "json", "offline"])]
    pub(crate) undo: bool,
    /// Print a diagnosis to attach to a bug report, without tokens or emails
    #[arg(long, conflicts_with = "json")]
    pub(crate) report: bool,
    /// Do not use the network, except for a fix that needs Heroku
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Find problems for tools that run in FOLDER
    #[arg(long = "in", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder), conflicts_with = "undo")]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Folders and files to search
    #[arg(value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(existing))]
    pub(crate) folders: Vec<PathBuf>,
    /// Also count UUIDs and runs of 40 hexadecimal digits beside the word `heroku`, which may be old tokens
    #[arg(long)]
    pub(crate) unsure: bool,
    /// Print JSON (schema 1)
    #[arg(long)]
    pub(crate) json: bool,
}

/// Parses the path of something that exists into an absolute path. Keeps links.
fn existing(path: OsString) -> Result<PathBuf, String> {
    let absolute = std::path::absolute(path).and_then(|path| std::fs::metadata(&path).map(|_| path));
    absolute.map_err(|error| error.to_string())
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum Git {
    /// Set git's helpers: Herokey first, the Heroku CLI's own last
    #[command(after_help = examples(["herokey git install"]))]
    Install,
    /// Remove Herokey from git's helpers
    #[command(after_help = examples(["herokey git remove"]))]
    Remove,
    /// Show which helpers git uses for Heroku
    #[command(after_help = examples(["herokey git status --test"]))]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Ask git which password a push would use
        #[arg(long, conflicts_with = "json")]
        test: bool,
        /// Look at the repository in this folder
        #[arg(long = "in", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder))]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Docker {
    /// Let Docker ask Herokey for registry.heroku.com, instead of keeping a token in plain text
    #[command(after_help = examples(["herokey docker install"]))]
    Install,
    /// Take Herokey out of Docker's configuration
    #[command(after_help = examples(["herokey docker remove"]))]
    Remove,
    /// Show what Docker uses for registry.heroku.com
    #[command(after_help = examples(["herokey docker status"]))]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GitCredential {
    /// What git wants
    #[arg(value_enum)]
    pub(crate) operation: Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// Print the password
    Get,
    /// Save a password; Herokey ignores this
    Store,
    /// Remove a password; Herokey ignores this
    Erase,
}
