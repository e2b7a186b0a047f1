//! The command line.

mod access;
mod helpers;
mod machine;
mod tokens;

use clap::{Parser, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::complete;
use crate::help::examples;
pub(crate) use access::{Authorizations, AuthorizationsCommand, Delivery, Exec, Keys, KeysCommand, Revoke};
pub(crate) use helpers::{Docker, Git, GitCredential, Operation};
pub(crate) use machine::{Doctor, History, Scan, Status};
pub(crate) use tokens::{Accounts, Forget, Login, Logout, Method, Move, StoreArg, Token, Use};

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
