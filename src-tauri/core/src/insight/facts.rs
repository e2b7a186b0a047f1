//! The result of a survey, as data.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use netrc_edit::Difference;

use crate::base::api_key::Flaw;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::{Expiry, Stage};
use crate::base::host::Refused;
use crate::base::terminal::{Direnv, FolderVariable, SetIn};
use crate::base::token::Trace;
use crate::insight::programs::{Program, UnreadConfiguration};
use crate::ledger::damaged::Damaged;
use crate::ledger::journal::Activity;
use crate::ledger::known_tokens::Known;
use crate::ledger::leases::Lease;
use crate::stores::accounts_files::AccountFile;
use crate::stores::docker::DockerLogin;
use crate::stores::netrc::MentionPlace;
use crate::tools::git::{ConfigToken, Direction, HelperLine, Route};

/// What a survey found on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The variables that the conclusions use: this process's, or those of a new terminal for a program without a
    /// terminal of its own (see [`Env::in_terminal`](crate::Env::in_terminal)).
    pub overrides: Overrides,
    /// The variables of a new terminal; absent until the login shell has been asked.
    pub login_shell: Observed<Overrides>,
    /// The Heroku CLI's entries in the keychain.
    pub keychain: Observed<Vec<KeychainEntry>>,
    /// Why [`keychain`](Self::keychain) may not have every entry: a part of the keychain is locked. `None` if nothing was
    /// missed, and if nothing could be read at all.
    pub keychain_missed: Option<Error>,
    /// The Heroku CLI can read the keychain.
    pub cli_reads_keychain: bool,
    /// The account that `login.json` names.
    pub login_state: Observed<String>,
    /// The netrc file.
    pub netrc: NetrcFacts,
    /// The files of `heroku accounts`.
    pub accounts: Observed<Vec<AccountFile>>,
    /// Docker's login for Heroku's registry.
    pub docker: Observed<DockerLogin>,
    /// The helpers that git asks, in its order; absent if git is not installed.
    pub git_helpers: Observed<Vec<HelperLine>>,
    /// Where git goes: first for Heroku's git host itself, then for the Heroku remotes of the folder's repository. Empty
    /// if git is not installed or cannot read its files.
    pub git_routes: Vec<Route>,
    /// The tokens for Heroku's git host in git's configuration.
    pub git_tokens: Vec<ConfigToken>,
    /// Why git's global configuration cannot be changed, with the lines to add by hand; `None` if it can.
    pub git_unwritable: Option<Error>,
    /// The tokens that a killed `herokey exec` has not revoked.
    pub left_leases: Vec<Lease>,
    /// The files of these facts that Herokey cannot change.
    pub protected: Vec<ProtectedFile>,
    /// The program `heroku`.
    pub program: Observed<HerokuProgram>,
    /// How the login shell describes `heroku`, if it is an alias or a function there.
    pub heroku_alias: Option<String>,
    /// What is different in the folder that the survey is about, if it is about one.
    pub folder: Option<FolderFacts>,
    /// The folders whose repositories have an account of their own.
    pub folders: Vec<FolderAccount>,
    /// The machine's time zone, for times in sentences.
    pub time_zone: TimeZone,
    /// What Heroku has said about the tokens that the survey found.
    pub known: Vec<KnownToken>,
    /// The other programs that read Heroku's credentials.
    pub programs: Vec<Program>,
    /// Docker finds the program `docker-credential-herokey`.
    pub docker_helper_found: bool,
    /// The configurations of assistants that cannot be read.
    pub unread_configurations: Vec<UnreadConfiguration>,
    /// Herokey starts at login.
    pub autostart: bool,
    /// The entry that should start Herokey at login, but cannot.
    pub broken_autostart: Option<BrokenAutostart>,
    /// The action that the journal holds, if any.
    pub activity: Activity,
    /// Why certificates that a variable names are ignored, if they are.
    pub ignored_certificates: Option<Error>,
    /// Why Herokey cannot write to its own folder, if it cannot.
    pub unwritable: Option<Error>,
    /// Herokey's records that cannot be read, and those that were set aside.
    pub damaged: Vec<Damaged>,
    /// The host name of Heroku's API in netrc.
    pub api_host: String,
    /// The host name of Heroku's git server in netrc.
    pub git_host: String,
}

impl Facts {
    /// What Heroku has said about a token; `None` if Heroku has not been asked about it.
    pub fn known(&self, trace: Option<&Trace>) -> Option<&KnownToken> {
        self.known.iter().find(|known| Some(&known.trace) == trace)
    }

    /// Why the keychain may have an entry that the survey did not see; `None` if it has none.
    pub fn keychain_unseen(&self) -> Option<&Error> {
        match &self.keychain {
            Observed::Unknown(error) if error.code != Code::KeychainMissing => Some(error),
            Observed::Unknown(_) | Observed::Absent => None,
            Observed::Present(_) => self.keychain_missed.as_ref(),
        }
    }

    /// Why the user would see more of the keychain if they unlocked it: it, or a part of it, is locked or not started.
    pub fn keychain_to_unlock(&self) -> Option<&Error> {
        use Code::{KeychainLocked, KeychainNotStarted};
        self.keychain_unseen().filter(|error| matches!(error.code, KeychainLocked | KeychainNotStarted))
    }

    /// The Heroku CLI uses the keychain on this machine.
    pub fn cli_uses_keychain(&self) -> bool {
        self.cli_reads_keychain && !self.overrides.netrc_only && self.keychain.present().is_some()
    }

    /// The route that `git push` takes: of the remote `heroku`, of the first Heroku remote, or of the host itself.
    pub(crate) fn git_route(&self) -> Option<&Route> {
        let mut pushed = self.git_routes.iter().filter(|route| route.direction != Direction::Fetch);
        let of_remote = |name: &str| pushed.clone().find(|route| route.remote.as_deref() == Some(name));
        let first = || pushed.clone().find(|route| route.remote.is_some());
        of_remote("heroku").or_else(first).or_else(|| pushed.next())
    }

    /// The names of the variables that have another value in a new terminal, sorted; empty until the login shell has
    /// been asked.
    pub fn differing_variables(&self) -> Vec<&str> {
        let Some(terminal) = self.login_shell.present() else { return Vec::new() };
        let (here, there) = (&self.overrides.variables, &terminal.variables);
        let is_same_there =
            |one: &&Variable| there.iter().any(|other| other.name == one.name && other.value == one.value);
        let is_set_here = |one: &&Variable| here.iter().any(|other| other.name == one.name);
        let only_there = there.iter().filter(|one| !is_set_here(one));
        let mut names: Vec<&str> =
            here.iter().filter(|one| !is_same_there(one)).chain(only_there).map(|one| one.name).collect();
        names.sort_unstable();
        names
    }
}

/// A folder whose repositories have an account of their own, as git's configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderAccount {
    /// Its path.
    pub path: PathBuf,
    /// Its path for display.
    pub shown: String,
    /// The account's email.
    pub account: String,
    /// True for all repositories below the folder, false for its own.
    pub is_tree: bool,
}

impl FolderAccount {
    /// "~/app", "the repositories below ~/work".
    pub fn name(&self) -> String {
        if self.is_tree { format!("the repositories below {}", self.shown) } else { self.shown.clone() }
    }
}

/// An entry that should start Herokey at login and names a program that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenAutostart {
    /// Its path.
    pub path: PathBuf,
    /// Its path for display.
    pub shown: String,
    /// The program that it names.
    pub program: String,
    /// The program of this Herokey, for display; `None` if there is none.
    pub replacement: Option<String>,
}

/// The variables that change which credential is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `HEROKU_API_KEY`.
    pub api_key: Option<Override>,
    /// `HEROKU_API_TOKEN` is set; the Heroku CLI ignores it with a warning.
    pub api_token: bool,
    /// The value of `HEROKU_NETRC_WRITE`.
    pub netrc_write: Option<String>,
    /// That value makes the Heroku CLI use netrc only.
    pub netrc_only: bool,
    /// The variables that name a host that is not Heroku's.
    pub refused_hosts: Vec<Refused>,
    /// Each of [`VARIABLES`](crate::base::terminal::VARIABLES) that is set, in that order.
    pub variables: Vec<Variable>,
}

impl Overrides {
    /// The file and line that set a variable, if the survey found them.
    pub fn set_in(&self, name: &str) -> Option<&SetIn> {
        self.variables.iter().find(|variable| variable.name == name)?.set_in.as_ref()
    }
}

/// A token in the environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// What heroku sends to Heroku, which is not the token if the value has a flaw; `None` if there is no token in it.
    pub trace: Option<Trace>,
    /// What Herokey gives git: the token without the white space around it.
    pub token: Option<Trace>,
    /// What git reads from the Heroku CLI's helper; `None` if there is no token in the value.
    pub from_cli: Option<Trace>,
    /// Why heroku or git cannot use the value.
    pub flaw: Option<Flaw>,
    /// The file and line that set it; `None` if another program did.
    pub set_in: Option<SetIn>,
}

/// A variable that is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The variable's name.
    pub name: &'static str,
    /// The trace of its value, by which values can be compared.
    pub value: Trace,
    /// The file and line that set it; `None` if another program did.
    pub set_in: Option<SetIn>,
}

/// An entry of the keychain.
#[derive(Clone, Debug, PartialEq)]
pub struct KeychainEntry {
    /// The account's email.
    pub account: String,
    /// The token; `None` if the entry holds something else.
    pub trace: Option<Trace>,
}

/// The netrc file that the Heroku CLI reads, and the plain one that curl and git read.
#[derive(Clone, Debug, PartialEq)]
pub struct NetrcFacts {
    /// The file's path, whether it exists or not.
    pub path: PathBuf,
    /// The path as users write it, such as `~/.netrc`.
    pub shown: String,
    /// The line with the syntax error at which curl and git stop reading, if there is one.
    pub syntax_error: Option<usize>,
    /// The file is `.netrc.gpg`.
    pub encrypted: bool,
    /// The path of the plain file that curl and git read, as users write it.
    pub plain_shown: String,
    /// The file's permission bits; `None` if there are none.
    pub mode: Option<u32>,
    /// The user chose to keep the token there.
    pub chosen_by_user: bool,
    /// The records for Heroku's hosts; for an encrypted file, also those of the plain file beside it.
    pub records: Observed<Vec<NetrcRecord>>,
    /// The tokens that no program finds by itself.
    pub hidden: Vec<HiddenToken>,
    /// A lock that no program on this machine will release.
    pub lock: Option<LeftLock>,
    /// The file that `curl -n` reads, with what it finds there for the API's host.
    pub curl: ReadNetrc,
    /// The file that git reads, with what it finds there for git's host.
    pub git: ReadNetrc,
}

/// A file that Herokey cannot change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedFile {
    /// The file.
    pub path: PathBuf,
    /// The path as users write it.
    pub shown: String,
    /// Why, as half a sentence: `it is read-only`.
    pub why: String,
}

/// The netrc file that curl or git reads.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadNetrc {
    /// The plain one in the home folder.
    Home,
    /// Another one.
    Named(NamedNetrc),
    /// Herokey cannot tell, for this reason.
    Unknown(String),
}

/// A netrc file that a variable or curl's configuration names.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedNetrc {
    /// The file as users write it.
    pub shown: String,
    /// What names it: the variable, or the configuration's path as users write it.
    pub by: String,
    /// What the program finds there.
    pub reading: Observed<NetrcReading>,
}

/// What curl or git finds in a netrc file.
#[derive(Clone, Debug, PartialEq)]
pub struct NetrcReading {
    /// The token or password.
    pub trace: Option<Trace>,
    /// The login.
    pub login: Option<String>,
    /// The record has no login or no password, so what is sent depends on the version of curl.
    pub versions_differ: bool,
}

/// A lock of netrc that another machine's program holds, or left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftLock {
    /// The lock file as users write it.
    pub shown: String,
    /// The machine's name; `None` if the lock does not say.
    pub machine: Option<String>,
    /// How long ago it was taken, in words; `None` if that machine's clock is ahead.
    pub age: Option<String>,
}

/// A token in a netrc file that neither the Heroku CLI nor curl finds.
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenToken {
    /// The file.
    pub path: PathBuf,
    /// The file as users write it.
    pub shown: String,
    /// The file is `.netrc.gpg`.
    pub encrypted: bool,
    /// The line, counted from 1.
    pub line: usize,
    /// The part of the file that hides it.
    pub place: MentionPlace,
    /// The host of Heroku's that it is for, if the file says so.
    pub host: Option<String>,
    /// The login beside it.
    pub login: Option<String>,
    /// The token.
    pub trace: Trace,
}

/// What netrc holds for one of Heroku's hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct NetrcRecord {
    /// The host.
    pub host: String,
    /// The token or password that curl and git use for the host.
    pub curl: Option<Trace>,
    /// The login that curl and git use for the host.
    pub curl_login: Option<String>,
    /// The record that curl and git use has no login or no password, so what curl sends depends on its version.
    pub curl_versions_differ: bool,
    /// The token or password that the Heroku CLI uses for the host.
    pub cli: Option<Trace>,
    /// The login that the Heroku CLI uses for the host.
    pub cli_login: Option<String>,
    /// Why the Heroku CLI and curl read the record differently; always `None` if each reads its own file.
    pub difference: Option<Difference>,
    /// [`shown_token`](Self::shown_token) looks like a token that Heroku issues.
    pub is_token: bool,
    /// How many records name this host for the same login; 0 if only a `default` record applies to it.
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

/// The program `heroku` on `PATH`.
#[derive(Clone, Debug, PartialEq)]
pub struct HerokuProgram {
    /// The program's path.
    pub path: PathBuf,
    /// The version of its package; `None` if only running the program would tell.
    pub version: Option<String>,
}

/// What affects the readers in one folder, besides its git configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderFacts {
    /// The folder.
    pub path: PathBuf,
    /// git refuses to use the folder's repository, because it belongs to another user.
    pub git_refuses: bool,
    /// What direnv does in the folder.
    pub direnv: Direnv,
    /// The lines of `.env` (read by `heroku local`) and `.envrc` (read by direnv) that set Heroku's variables.
    pub sets: Vec<FolderVariable>,
}

/// What Heroku has said about a token.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownToken {
    /// The token.
    pub trace: Trace,
    /// The token's name in the file of [`known_tokens`](crate::ledger::known_tokens).
    pub name: String,
    /// The email of the account that the token belongs to.
    pub account: Option<String>,
    /// When the token expires.
    pub expiry: Expiry,
    /// The expiry in words, at the time of the survey.
    pub expiry_text: String,
    /// How close the expiry was at the time of the survey.
    pub stage: Option<Stage>,
    /// The stage that the user still needs to be notified of.
    pub due: Option<Stage>,
    /// Heroku refuses the token.
    pub refused: bool,
    /// When Herokey should renew the token; `None` if it cannot be renewed.
    pub renews_at: Option<Timestamp>,
    /// The clock was wrong when Heroku said when the token expires, so Heroku must be asked again.
    pub has_wrong_clock: bool,
    /// When `words` or `due` will change next.
    pub next: Option<Timestamp>,
}

impl KnownToken {
    pub(crate) fn of(trace: Trace, known: &Known, now: Timestamp) -> Self {
        let lifetime = &known.lifetime;
        Self {
            trace,
            name: known.name.clone(),
            account: known.account.clone().map(String::from),
            expiry: lifetime.expiry,
            expiry_text: lifetime.words(now),
            stage: lifetime.stage(now),
            due: lifetime.due(now),
            refused: lifetime.refused_at.is_some(),
            renews_at: lifetime.renews_at(now),
            has_wrong_clock: lifetime.has_wrong_clock(now),
            next: lifetime.next(now),
        }
    }
}

/// The result of looking for one thing on this machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed<T> {
    /// The value that was found.
    Present(T),
    /// It does not exist.
    Absent,
    /// The survey could not find out, because of this error.
    Unknown(Error),
}

impl<T> Observed<T> {
    /// The value, if it was found.
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
