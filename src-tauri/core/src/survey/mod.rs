//! Reads the whole machine at once into facts: what exists, what does not, and what could not be read and why. It draws
//! no conclusions and keeps no token in memory; facts hold traces.

mod folders;
mod git;
mod known;
mod program;
mod programs;
mod protected;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use netrc_edit::Credential;
use secrecy::zeroize::Zeroizing;

use crate::base::api_key::ApiKey;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry;
use crate::base::files;
use crate::base::state_folder;
use crate::base::terminal::{Direnv, VARIABLES};
use crate::base::text::shown;
use crate::base::token::{Token, Trace};
use crate::desktop::autostart;
use crate::heroku;
use crate::insight::facts::{
    BrokenAutostart, Facts, FolderFacts, HiddenToken, KeychainEntry, LeftLock, NamedNetrc, NetrcFacts,
    NetrcReading, NetrcRecord, Observed, Override, Overrides, ReadNetrc, Variable,
};
use crate::ledger::{damaged, journal, leases};
use crate::stores;
use crate::stores::docker;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::netrc::{NetrcFile, hidden, login_of, names_host, records_of, token_of};
use crate::stores::{accounts_files, login_json, netrc_choice};
use crate::tools::curl;
use crate::tools::curl::WhichNetrc;
use crate::tools::{self, shell};
use known::FoundTokens;

/// Reads everything but the login shell, whose answer `env` may already have. The parts are read in parallel, each with
/// a time limit.
pub fn survey(env: &Env) -> Facts {
    let hosts = env.hosts();
    let tokens = FoundTokens::new(env);
    let facts = std::thread::scope(|scope| {
        let keychain = scope.spawn(|| keychain(env, &tokens));
        let git = scope.spawn(|| git::configuration(env, &tokens));
        let netrc = scope.spawn(|| netrc(env, &tokens));
        let folders = scope.spawn(|| folders::folders(env));
        let programs = scope.spawn(|| programs::find(env, &tokens));
        let facts = Facts {
            overrides: overrides(env, &tokens),
            login_shell: login_shell(env, &tokens),
            known: Vec::new(),
            cli_reads_keychain: stores::cli_reads_keychain(env),
            login_state: Observed::of(login_json::read(env)),
            accounts: Observed::of(accounts_files::list(env)),
            docker: Observed::of(docker::login(env)),
            program: program::heroku(env),
            heroku_alias: alias(env),
            folder: None,
            folders: folders.join().unwrap_or_default(),
            time_zone: TimeZone::system(),
            programs: Vec::new(),
            unread_configurations: Vec::new(),
            docker_helper_found: env.find_program(docker::PROGRAM).is_some(),
            autostart: autostart::is_on(env),
            broken_autostart: broken_autostart(env),
            ignored_certificates: heroku::ignored_roots(env),
            unwritable: state_folder::unwritable(env),
            git_unwritable: tools::git::program(env).and_then(|_| tools::git::unwritable(env)),
            protected: Vec::new(),
            left_leases: leases::left(env),
            damaged: damaged::find(env),
            activity: journal::activity(env),
            api_host: hosts.api.clone(),
            git_host: hosts.git.clone(),
            netrc: netrc.join().unwrap_or_else(|_| unknown_netrc(env)),
            keychain: Observed::Absent,
            keychain_missed: None,
            git_helpers: Observed::Absent,
            git_routes: Vec::new(),
            git_tokens: Vec::new(),
        }
        .with_git(git.join().unwrap_or_else(|_| Err(panicked())));
        let (keychain, keychain_missed) =
            keychain.join().unwrap_or_else(|_| (Observed::Unknown(panicked()), None));
        let (programs, unread_configurations) = programs.join().unwrap_or_default();
        Facts { keychain, keychain_missed, programs, unread_configurations, ..facts }
    });
    let facts = Facts { protected: protected::find(env, &facts), ..facts };
    Facts { known: tokens.into_known(), ..facts }
}

/// Like [`survey`], and asks the login shell at the same time. The conclusions still use this process's own variables.
pub fn survey_with_shell(env: &Env) -> Facts {
    std::thread::scope(|scope| {
        let shell = scope.spawn(|| shell::ask(env));
        let facts = survey(env);
        let answer = shell.join().unwrap_or_else(|_| Err(panicked()));
        let env = env.with_terminal(Arc::new(answer));
        Facts { login_shell: login_shell(&env, &FoundTokens::new(&env)), heroku_alias: alias(&env), ..facts }
    })
}

/// Like [`survey_with_shell`], for programs that run in `folder`: with its git configuration and the variables that
/// direnv sets there. direnv is asked only if the user has allowed it to read the folder's `.envrc`.
pub fn survey_in(env: &Env, folder: &Path) -> Facts {
    let envrc = shell::envrc(folder);
    let (direnv, set) = match envrc.as_ref().map(|_| shell::ask_direnv(env, folder)) {
        None => (Direnv::Absent, None),
        Some(Ok(said)) => said,
        Some(Err(error)) => (Direnv::Failed(error), None),
    };
    let sets = shell::folder_variables(env, envrc.into_iter().chain([folder.join(".env")]));
    let env = env.in_folder(folder.to_owned(), set.as_ref());
    // If git cannot be asked, the survey reports that it cannot read its configuration, either.
    let git_refuses = tools::git::refuses_repository(&env).unwrap_or_default();
    let folder = FolderFacts { path: folder.to_owned(), git_refuses, direnv, sets };
    Facts { folder: Some(folder), ..survey_with_shell(&env) }
}

/// The paths that variables name, and that may therefore contain names of the user's own.
pub fn named_paths(env: &Env) -> Vec<PathBuf> {
    const VARIABLES: [&str; 8] = [
        "XDG_STATE_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "HEROKU_DATA_DIR",
        "GIT_CONFIG_GLOBAL",
        "DOCKER_CONFIG",
        "NETRC",
        "CURL_HOME",
    ];
    VARIABLES
        .into_iter()
        .filter_map(|name| env.os(name))
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .collect()
}

fn login_shell(env: &Env, tokens: &FoundTokens<'_>) -> Observed<Overrides> {
    match env.terminal() {
        None => Observed::Absent,
        Some(Err(error)) => Observed::Unknown(error.clone()),
        Some(Ok(_)) => Observed::Present(overrides(&env.in_terminal(), tokens)),
    }
}

fn alias(env: &Env) -> Option<String> {
    env.terminal()?.as_ref().ok()?.alias.clone()
}

fn overrides(env: &Env, tokens: &FoundTokens<'_>) -> Overrides {
    let variables: Vec<Variable> = VARIABLES
        .into_iter()
        .filter_map(|name| {
            let value = Trace::of(&env.os(name)?.to_string_lossy());
            Some(Variable { name, value, set_in: shell::set_in(env, name) })
        })
        .collect();
    let set_in =
        |name| variables.iter().find(|variable| variable.name == name).and_then(|found| found.set_in.clone());
    Overrides {
        api_key: env.os("HEROKU_API_KEY").map(|value| {
            let ApiKey { token, trace, first_line, flaw } = ApiKey::of(value);
            let token = token.map(|token| tokens.trace(&token));
            let only_if_token = |trace| token.is_some().then_some(trace);
            let (trace, from_cli) = (only_if_token(trace), only_if_token(first_line));
            Override { trace, from_cli, token, flaw, set_in: set_in("HEROKU_API_KEY") }
        }),
        api_token: env.os("HEROKU_API_TOKEN").is_some(),
        netrc_write: env.os("HEROKU_NETRC_WRITE").map(|value| shown(&value.to_string_lossy())),
        netrc_only: env.netrc_only(),
        refused_hosts: env.hosts().refused,
        variables,
    }
}

fn broken_autostart(env: &Env) -> Option<BrokenAutostart> {
    let autostart::Broken { path, program, replacement } = autostart::broken(env)?;
    Some(BrokenAutostart {
        shown: env.tilde(&path),
        path,
        program: shown(&env.tilde(Path::new(&program))),
        replacement: replacement.map(|program| env.tilde(&program)),
    })
}

/// The entries, and why they may not be all of them.
fn keychain(env: &Env, tokens: &FoundTokens<'_>) -> (Observed<Vec<KeychainEntry>>, Option<Error>) {
    let read = || {
        let keychain = Keychain::open(env, Unlock::Never)?;
        let entries = keychain.entries()?;
        Ok((entries, keychain.missed()))
    };
    let (entries, missed) = match read() {
        Ok(read) => read,
        Err(error) => return (Observed::Unknown(error), None),
    };
    let entry = |(account, token): (String, Option<Token>)| KeychainEntry {
        account: shown(&account),
        trace: token.as_ref().map(|token| tokens.trace(token)),
    };
    (Observed::Present(entries.into_iter().map(entry).collect()), missed)
}

fn netrc(env: &Env, tokens: &FoundTokens<'_>) -> NetrcFacts {
    let file = NetrcFile::locate(env);
    NetrcFacts {
        syntax_error: syntax_error(env),
        shown: env.tilde(&file.path),
        plain_shown: env.tilde(&NetrcFile::plain(env).path),
        mode: files::mode(&file.path).ok(),
        chosen_by_user: netrc_choice::is_chosen(env),
        records: Observed::of(netrc_records(env, &file, tokens)),
        hidden: hidden_tokens(env, tokens),
        curl: read_netrc(env, curl::netrc_of_curl(env), &env.hosts().api, tokens),
        git: read_netrc(env, curl::netrc_of_git(env), &env.hosts().git, tokens),
        lock: left_lock(env, &file),
        encrypted: file.encrypted,
        path: file.path,
    }
}

fn unknown_netrc(env: &Env) -> NetrcFacts {
    let NetrcFile { path, encrypted } = NetrcFile::locate(env);
    let (shown, plain_shown) = (env.tilde(&path), env.tilde(&NetrcFile::plain(env).path));
    let records = Observed::Unknown(panicked());
    NetrcFacts {
        path,
        shown,
        encrypted,
        plain_shown,
        syntax_error: None,
        mode: None,
        chosen_by_user: false,
        records,
        hidden: Vec::new(),
        lock: None,
        curl: ReadNetrc::Home,
        git: ReadNetrc::Home,
    }
}

fn netrc_records(env: &Env, file: &NetrcFile, tokens: &FoundTokens<'_>) -> Result<Option<Vec<NetrcRecord>>> {
    let netrc = file.read(env, Unlock::Never);
    // curl and git do not decrypt: they read the plain file beside the encrypted one, even if gpg cannot open that one.
    let plain = if file.encrypted { NetrcFile::plain(env).read(env, Unlock::Never)? } else { None };
    let netrc = match netrc {
        Err(_) if plain.is_some() => None,
        other => other?,
    };
    if netrc.is_none() && plain.is_none() {
        return Ok(None);
    }
    let curl_file = if file.encrypted { plain.as_ref() } else { netrc.as_ref() };
    let trace = |record: &Credential| password(record, tokens);
    let hosts = env.hosts();
    let record = |host: &str| {
        let count = |netrc: &netrc_edit::Netrc| {
            let mut of_host = records_of(netrc, host);
            let Some(first) = of_host.next() else { return 0 };
            let login = first.credential.login();
            // A record with another login is for `curl -u` and git, which ask for that login.
            1 + of_host
                .filter(|entry| entry.credential.login().is_none_or(|other| Some(other) == login))
                .count()
        };
        let records = netrc.as_ref().map_or(0, count);
        let curl = curl_file.and_then(|netrc| netrc.curl(host));
        let cli = netrc.as_ref().and_then(|netrc| netrc.heroku_cli(host));
        let mut readings = [cli.as_ref(), curl.as_ref()].into_iter().flatten();
        let shown = readings.find(|reading| trace(reading).is_some());
        (records > 0 || curl.is_some() || cli.is_some()).then(|| NetrcRecord {
            host: host.to_owned(),
            curl: curl.as_ref().and_then(trace),
            curl_login: curl.as_ref().and_then(login_of),
            curl_versions_differ: curl_file.is_some_and(|netrc| curl_versions_differ(netrc, host)),
            cli: cli.as_ref().and_then(trace),
            cli_login: cli.as_ref().and_then(login_of),
            difference: netrc.as_ref().filter(|_| !file.encrypted).and_then(|netrc| netrc.difference(host)),
            is_token: shown.and_then(token_of).is_some_and(|token| token.has_heroku_shape()),
            records,
        })
    };
    Ok(Some(hosts.in_netrc().into_iter().filter_map(record).collect()))
}

fn left_lock(env: &Env, file: &NetrcFile) -> Option<LeftLock> {
    let left = file.left_lock(env)?;
    let age = left.since.and_then(|since| expiry::ago(since, env.now()));
    Some(LeftLock { shown: env.tilde(&left.path), machine: left.machine, age })
}

/// What curl or git finds for a host where it looks.
fn read_netrc(env: &Env, which: WhichNetrc, host: &str, tokens: &FoundTokens<'_>) -> ReadNetrc {
    match which {
        WhichNetrc::Home => ReadNetrc::Home,
        WhichNetrc::Unknown(reason) => ReadNetrc::Unknown(reason),
        WhichNetrc::Named { path, by } => {
            let shown = env.tilde(&path);
            let netrc = NetrcFile { path, encrypted: false }.read(env, Unlock::Never);
            let reading = netrc.map(|netrc| {
                netrc.map(|netrc| {
                    let found = netrc.curl(host);
                    NetrcReading {
                        trace: found.as_ref().and_then(|found| password(found, tokens)),
                        login: found.as_ref().and_then(login_of),
                        versions_differ: curl_versions_differ(&netrc, host),
                    }
                })
            });
            ReadNetrc::Named(NamedNetrc { shown, by, reading: Observed::of(reading) })
        }
    }
}

/// git and curl send any password, token or not; a carriage return at the end of a line is not part of it.
fn password(record: &Credential, tokens: &FoundTokens<'_>) -> Option<Trace> {
    if let Some(token) = token_of(record) {
        return Some(tokens.trace(&token));
    }
    let password = record.password().filter(|password| !password.is_empty())?;
    Some(Trace::of(&Zeroizing::new(String::from_utf8_lossy(password).trim().to_owned())))
}

/// The tokens that no program finds in the netrc files.
fn hidden_tokens(env: &Env, tokens: &FoundTokens<'_>) -> Vec<HiddenToken> {
    let mut found = Vec::new();
    for file in NetrcFile::all(env) {
        // If the file cannot be read, `netrc_records` reports the error.
        let Ok(Some(netrc)) = file.read(env, Unlock::Never) else { continue };
        found.extend(hidden::hidden(&netrc, &env.hosts()).into_iter().map(|hidden| HiddenToken {
            path: file.path.clone(),
            shown: env.tilde(&file.path),
            encrypted: file.encrypted,
            line: hidden.line,
            place: hidden.place,
            host: hidden.host,
            login: hidden.login,
            trace: tokens.trace(&hidden.token),
        }));
    }
    found
}

fn syntax_error(env: &Env) -> Option<usize> {
    // If the file cannot be read, `netrc_records` reports the error.
    NetrcFile::plain(env).read(env, Unlock::Never).ok().flatten()?.syntax_error_line()
}

/// True if the record that curl uses lacks a login or a password: newer versions stop there, but curl before 8.12 goes on
/// and mixes it with later records (INTEROP.md, "curl").
fn curl_versions_differ(netrc: &netrc_edit::Netrc, host: &str) -> bool {
    let is_set = |value: Option<&[u8]>| value.is_some_and(|value| !value.is_empty());
    netrc
        .records()
        .filter(|entry| entry.host.is_none() || names_host(entry, host))
        .map(|entry| (is_set(entry.credential.login()), is_set(entry.credential.password())))
        .find(|(login, password)| *login || *password)
        .is_some_and(|(login, password)| !(login && password))
}

fn panicked() -> Error {
    Error::new(Code::KeychainFailed, "Herokey crashed while it was reading this machine.")
        .next_step("Report this as a bug.")
}
