//! What a survey brings back, as data.

use std::path::PathBuf;

use jiff::Timestamp;
use netrc_edit::Difference;

use crate::base::error::Result;
use crate::base::expiry::{Expiry, Stage};
use crate::base::terminal::{Direnv, FolderVariable, SetIn};
use crate::ledger::known_tokens::Known;
use crate::stores::docker::DockerLogin;

use crate::base::error::Error;
use crate::base::host::Refused;
use crate::base::token::Trace;
use crate::ledger::journal::Activity;
use crate::stores::accounts_files::AccountFile;
use crate::tools::git::HelperLine;

/// The facts of a machine at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The variables that the answers are about: this process's, or those of a new terminal for a program that has
    /// none of its own (see [`Env::in_terminal`](crate::Env::in_terminal)).
    pub overrides: Overrides,
    /// The variables of a new terminal of this person; absent while the login shell has not been asked.
    pub login_shell: Look<Overrides>,
    /// The keychain's entries of the Heroku CLI.
    pub keychain: Look<Vec<KeychainEntry>>,
    /// The Heroku CLI would look into the keychain.
    pub cli_reads_keychain: bool,
    /// The account in `login.json`.
    pub login_state: Look<String>,
    /// The netrc file.
    pub netrc: NetrcFacts,
    /// The files of `heroku accounts`.
    pub accounts: Look<Vec<AccountFile>>,
    /// Docker's login at Heroku's registry.
    pub docker: Look<DockerLogin>,
    /// The helpers that git asks, first one first; absent where there is no git.
    pub git_helpers: Look<Vec<HelperLine>>,
    /// The program `heroku`.
    pub program: Look<HerokuProgram>,
    /// What `heroku` means in a new terminal, where it is an alias or a function: what its shell says.
    pub heroku_alias: Option<String>,
    /// The folder that was asked about, by [`survey_in`](super::survey_in).
    pub folder: Option<FolderFacts>,
    /// What Heroku has said about the tokens that were seen.
    pub known: Vec<KnownToken>,
    /// Herokey starts at login.
    pub autostart: bool,
    /// What the journal says.
    pub activity: Activity,
    /// The API's name in netrc.
    pub api_host: String,
    /// git's name in netrc.
    pub git_host: String,
}

impl Facts {
    /// What is known of a token; `None`: Heroku has not been asked about it.
    pub fn known(&self, trace: Option<&Trace>) -> Option<&KnownToken> {
        self.known.iter().find(|known| Some(&known.trace) == trace)
    }

    /// The Heroku CLI finds a token in the keychain here, if there is one for it.
    pub fn cli_uses_keychain(&self) -> bool {
        self.cli_reads_keychain && !self.overrides.netrc_only && self.keychain.present().is_some()
    }

    /// The variables of which the answers are about other values than a new terminal has, as far as both are known.
    pub fn differing(&self) -> Vec<&str> {
        let Some(terminal) = self.login_shell.present() else { return Vec::new() };
        let (here, there) = (&self.overrides.variables, &terminal.variables);
        let same = |one: &Variable, others: &[Variable]| {
            others.iter().any(|other| other.name == one.name && other.value == one.value)
        };
        let only_there = there.iter().filter(|one| !here.iter().any(|other| other.name == one.name));
        let mut names: Vec<&str> =
            here.iter().filter(|one| !same(one, there)).chain(only_there).map(|one| one.name).collect();
        names.sort_unstable();
        names
    }
}

/// Variables that change which credential is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `HEROKU_API_KEY`.
    pub api_key: Option<Override>,
    /// `HEROKU_API_TOKEN` is set, which the CLI ignores with a warning.
    pub api_token: bool,
    /// The value of `HEROKU_NETRC_WRITE`.
    pub netrc_write: Option<String>,
    /// That value is one that counts.
    pub netrc_only: bool,
    /// Variables that name a host which is not Heroku's.
    pub refused_hosts: Vec<Refused>,
    /// Each of [`shell::VARIABLES`](crate::base::terminal::VARIABLES) that is set, in that order.
    pub variables: Vec<Variable>,
}

impl Overrides {
    /// The file and line that set a variable, where they were found.
    pub fn set_in(&self, name: &str) -> Option<&SetIn> {
        self.variables.iter().find(|variable| variable.name == name)?.set_in.as_ref()
    }
}

/// A token in the environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The token's trace; `None` where the value cannot be a token.
    pub trace: Option<Trace>,
    /// The file and line that set it; `None` where it comes from elsewhere.
    pub set_in: Option<SetIn>,
}

/// A variable that is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What tells its value from another one, whether it is a secret or not.
    pub value: Trace,
    /// The file and line that set it; `None` where it comes from elsewhere.
    pub set_in: Option<SetIn>,
}

/// One entry of the keychain.
#[derive(Clone, Debug, PartialEq)]
pub struct KeychainEntry {
    /// Whose.
    pub account: String,
    /// The token's trace; `None` where what is there is no token.
    pub trace: Option<Trace>,
}

/// The netrc file.
#[derive(Clone, Debug, PartialEq)]
pub struct NetrcFacts {
    /// Where it is, whether it exists or not.
    pub path: PathBuf,
    /// The path as a person writes it.
    pub shown: String,
    /// The line that curl and git stop reading at, if they come so far.
    pub syntax_error: Option<usize>,
    /// It is `.netrc.gpg`.
    pub encrypted: bool,
    /// The plain file that curl and git read, as a person writes it.
    pub plain_shown: String,
    /// Permission bits; `None` where there are none.
    pub mode: Option<u32>,
    /// The person has said that the token shall be there.
    pub chosen: bool,
    /// Its records of Heroku's hosts, and those of the plain file beside an encrypted one.
    pub records: Look<Vec<NetrcRecord>>,
}

/// What netrc says about one of Heroku's hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct NetrcRecord {
    /// The host.
    pub host: String,
    /// The token that curl and git use for it.
    pub curl: Option<Trace>,
    /// The login that curl and git use for it.
    pub curl_login: Option<String>,
    /// The record that curl and git come to has no login, or no password: versions of curl differ on what they send.
    pub curls_differ: bool,
    /// The token that the Heroku CLI reads.
    pub cli: Option<Trace>,
    /// The login that the Heroku CLI reads.
    pub cli_login: Option<String>,
    /// Why the Heroku CLI and curl do not read the same there; `None` too where each reads a file of its own.
    pub difference: Option<Difference>,
    /// [`shown_token`](Self::shown_token) has the shape of a token that Heroku issues.
    pub is_token: bool,
    /// How many records name this host for the same login; none where a `default` record answers for it.
    pub records: usize,
}

impl NetrcRecord {
    /// The token to show for this host: the one that the Heroku CLI reads, or, where it reads none, curl's.
    pub fn shown_token(&self) -> Option<&Trace> {
        self.cli.as_ref().or(self.curl.as_ref())
    }

    /// The login to show beside [`shown_token`](Self::shown_token), from the same reading.
    pub fn shown_login(&self) -> Option<&str> {
        let login = if self.cli.is_some() { &self.cli_login } else { &self.curl_login };
        login.as_deref()
    }
}

/// The program `heroku` that a terminal starts.
#[derive(Clone, Debug, PartialEq)]
pub struct HerokuProgram {
    /// Where it is on PATH.
    pub path: PathBuf,
    /// The version of the package it is in; `None` where that cannot be told without running it.
    pub version: Option<String>,
}

/// What a folder adds when a tool runs in it, beside its git configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderFacts {
    /// The folder.
    pub path: PathBuf,
    /// What direnv does there.
    pub direnv: Direnv,
    /// Lines of `.env` (read by `heroku local`) and `.envrc` (read by direnv) that set Heroku's variables.
    pub sets: Vec<FolderVariable>,
}

/// A token that Heroku has said something about.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownToken {
    /// Which.
    pub trace: Trace,
    /// Its name in the file of [`lives`](crate::ledger::known_tokens).
    pub name: String,
    /// The email of the account that it acts as, as Heroku said it.
    pub account: Option<String>,
    /// When it ends.
    pub expiry: Expiry,
    /// The same in words, as of the moment of the look.
    pub words: String,
    /// How near the end was then.
    pub stage: Option<Stage>,
    /// What a person must be told of.
    pub due: Option<Stage>,
    /// Heroku refuses it.
    pub refused: bool,
    /// When it is to be renewed, if it renews itself.
    pub renews_at: Option<Timestamp>,
    /// When the words or what is due will change.
    pub next: Option<Timestamp>,
}

impl KnownToken {
    pub(crate) fn of(trace: Trace, known: &Known, now: Timestamp) -> Self {
        let life = &known.life;
        Self {
            trace,
            name: known.name.clone(),
            account: known.account.clone(),
            expiry: life.expiry,
            words: life.words(now),
            stage: life.stage(now),
            due: life.due(now),
            refused: life.refused_at.is_some(),
            renews_at: life.renews_at(),
            next: life.next(now),
        }
    }
}

/// What one look brought back.
#[derive(Clone, Debug, PartialEq)]
pub enum Look<T> {
    /// It is there.
    Present(T),
    /// It is not.
    Absent,
    /// It could not be seen.
    Unknown(Error),
}

impl<T> Look<T> {
    /// What is there.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    pub(crate) fn of(result: Result<Option<T>>) -> Self {
        match result {
            Ok(Some(value)) => Self::Present(value),
            Ok(None) => Self::Absent,
            Err(error) => Self::Unknown(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{record, trace};

    #[test]
    fn netrc_shows_the_token_that_the_heroku_cli_reads() {
        let mut record = record("api.heroku.com", "cli");
        record.curl = Some(trace("curl"));
        record.curl_login = Some("curl@example.com".to_owned());
        assert_eq!(record.shown_token(), Some(&trace("cli")));
        assert_eq!(record.shown_login(), Some("me@example.com"));
        record.cli = None;
        assert_eq!(record.shown_token(), Some(&trace("curl")));
        assert_eq!(record.shown_login(), Some("curl@example.com"));
    }
}
