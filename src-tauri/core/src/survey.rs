//! Looks everywhere at once and brings back facts: what is there, what is not, and what could not be seen and why.
//! Nothing here decides anything, and no token stays in memory: facts hold traces.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use netrc_edit::Credential;

use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::expiry::{Expiry, Life, Stage};
use crate::git::{self, Helper};
use crate::host::Refused;
use crate::journal::{self, Activity};
use crate::shell::{self, SetIn};
use crate::store::keychain::{Keychain, Unlock};
use crate::store::lives::Lives;
use crate::store::netrc::{NetrcFile, login_of, token_of};
use crate::store::{self, login_state};
use crate::token::{Token, Trace};

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

    fn of(result: Result<Option<T>>) -> Self {
        match result {
            Ok(Some(value)) => Self::Present(value),
            Ok(None) => Self::Absent,
            Err(error) => Self::Unknown(error),
        }
    }
}

/// The facts of a machine at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The environment of this process.
    pub overrides: Overrides,
    /// The keychain's entries of the Heroku CLI.
    pub keychain: Look<Vec<KeychainEntry>>,
    /// The Heroku CLI would look into the keychain.
    pub cli_reads_keychain: bool,
    /// The account in `login.json`.
    pub login_state: Look<String>,
    /// The netrc file.
    pub netrc: NetrcFacts,
    /// The helpers that git asks, first one first.
    pub git_helpers: Look<Vec<Helper>>,
    /// What Heroku has said about the tokens that were seen.
    pub known: Vec<KnownToken>,
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
}

/// A token that Heroku has said something about.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownToken {
    /// Which.
    pub trace: Trace,
    /// Its name in the file of [`store::lives`].
    pub name: String,
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
    pub renews_at: Option<jiff::Timestamp>,
    /// When the words or what is due will change.
    pub next: Option<jiff::Timestamp>,
}

/// Variables that change which credential is used.
#[derive(Clone, Debug, PartialEq)]
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
}

/// A token in the environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The token's trace; `None` where the value cannot be a token.
    pub trace: Option<Trace>,
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
    /// It is `.netrc.gpg`.
    pub encrypted: bool,
    /// Permission bits; `None` where there are none.
    pub mode: Option<u32>,
    /// Its records of Heroku's hosts.
    pub records: Look<Vec<NetrcRecord>>,
}

/// What netrc says about one of Heroku's hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct NetrcRecord {
    /// The host.
    pub host: String,
    /// The login of the first record, as curl reads it.
    pub login: Option<String>,
    /// The token that curl and git use for it.
    pub curl: Option<Trace>,
    /// The token that the Heroku CLI sees.
    pub cli: Option<Trace>,
    /// How many records name this host; none where a `default` record answers for it.
    pub records: usize,
}

/// Looks at everything. Takes as long as its slowest look, each of which has a limit.
pub fn survey(env: &Env) -> Facts {
    let hosts = env.hosts();
    let seen = Seen { env, lives: Lives::read(env), known: Mutex::default() };
    let facts = std::thread::scope(|looks| {
        let keychain = looks.spawn(|| Look::of(keychain(env, &seen)));
        let git_helpers = looks.spawn(|| Look::of(git_helpers(env)));
        let netrc = netrc(env, &seen);
        Facts {
            overrides: overrides(env, &seen),
            cli_reads_keychain: store::cli_reads_keychain(env),
            login_state: Look::of(login_state::read(env)),
            netrc,
            known: Vec::new(),
            activity: journal::activity(env),
            api_host: hosts.api.clone(),
            git_host: hosts.git.clone(),
            keychain: keychain.join().unwrap_or_else(|_| Look::Unknown(broken())),
            git_helpers: git_helpers.join().unwrap_or_else(|_| Look::Unknown(broken())),
        }
    });
    Facts { known: seen.into_known(), ..facts }
}

/// The tokens that a survey comes upon: of each a trace, and what is known of its life.
struct Seen<'a> {
    env: &'a Env,
    lives: Lives,
    known: Mutex<Vec<KnownToken>>,
}

impl Seen<'_> {
    fn trace(&self, token: &Token) -> Trace {
        let trace = token.trace();
        if let Some((name, life)) = self.lives.of(token) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.iter().all(|known| known.trace != trace) {
                known.push(KnownToken::of(trace.clone(), name, &life, self.env.now()));
            }
        }
        trace
    }

    /// In an order that does not depend on which look was faster.
    fn into_known(self) -> Vec<KnownToken> {
        let mut known = self.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        known.sort_by(|one, other| one.name.cmp(&other.name));
        known
    }
}

impl KnownToken {
    pub(crate) fn of(trace: Trace, name: String, life: &Life, now: jiff::Timestamp) -> Self {
        Self {
            trace,
            name,
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

fn overrides(env: &Env, seen: &Seen<'_>) -> Overrides {
    Overrides {
        api_key: env.os("HEROKU_API_KEY").map(|value| Override {
            trace: value.to_str().and_then(Token::parse).map(|token| seen.trace(&token)),
            set_in: shell::set_in(env, "HEROKU_API_KEY"),
        }),
        api_token: env.os("HEROKU_API_TOKEN").is_some(),
        netrc_write: env.text("HEROKU_NETRC_WRITE").map(str::to_owned),
        netrc_only: env.netrc_only(),
        refused_hosts: env.hosts().refused,
    }
}

fn keychain(env: &Env, seen: &Seen<'_>) -> Result<Option<Vec<KeychainEntry>>> {
    let entries = Keychain::open(env, Unlock::Never)?.entries()?;
    let entry = |(account, token): (String, Option<Token>)| KeychainEntry {
        account,
        trace: token.as_ref().map(|token| seen.trace(token)),
    };
    Ok(Some(entries.into_iter().map(entry).collect()))
}

fn git_helpers(env: &Env) -> Result<Option<Vec<Helper>>> {
    if env.find_program("git").is_none() { Ok(None) } else { git::helpers(env).map(Some) }
}

fn netrc(env: &Env, seen: &Seen<'_>) -> NetrcFacts {
    let file = NetrcFile::locate(env);
    NetrcFacts {
        shown: env.tilde(&file.path),
        mode: mode(&file.path),
        records: Look::of(netrc_records(env, &file, seen)),
        encrypted: file.encrypted,
        path: file.path,
    }
}

fn netrc_records(env: &Env, file: &NetrcFile, seen: &Seen<'_>) -> Result<Option<Vec<NetrcRecord>>> {
    let Some(netrc) = file.read(env, Unlock::Never)? else { return Ok(None) };
    // curl and git know nothing of gpg: they read the plain file beside it.
    let plain = if file.encrypted { NetrcFile::plain(env).read(env, Unlock::Never)? } else { None };
    let curls = if file.encrypted { plain.as_ref() } else { Some(&netrc) };
    let trace = |record: &Credential| token_of(record).map(|token| seen.trace(&token));
    let hosts = env.hosts();
    let record = |host: &str| {
        let is_of_host = |name: &Vec<u8>| name.eq_ignore_ascii_case(host.as_bytes());
        let records = netrc.entries().filter(|entry| entry.host.as_ref().is_some_and(is_of_host)).count();
        let curl = curls.and_then(|netrc| netrc.curl(host));
        let cli = netrc.heroku_cli(host);
        (records > 0 || curl.is_some() || cli.is_some()).then(|| NetrcRecord {
            host: host.to_owned(),
            login: curl.as_ref().or(cli.as_ref()).and_then(login_of),
            curl: curl.as_ref().and_then(trace),
            cli: cli.as_ref().and_then(trace),
            records,
        })
    };
    Ok(Some(hosts.in_netrc().into_iter().filter_map(record).collect()))
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_path: &std::path::Path) -> Option<u32> {
    None
}

fn broken() -> Error {
    Error::new(Code::KeychainFailed, "A look at this machine broke off.").fix("Report this as a bug.")
}
