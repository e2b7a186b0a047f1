//! Fix: one thing that `diagnose` found, mended in one step, and taken back as long as nothing has changed since.

mod file;
mod keychain;
mod line;
mod netrc;
mod undo;

pub(super) use netrc::passwords;
pub(super) use undo::undo;

use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use super::{Done, Start};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::files::Bytes;
use crate::base::masking::hide;
use crate::insight::diagnose::diagnose;
use crate::insight::readers::resolve;
use crate::insight::remedy::{Fix, Remedy};
use crate::ledger::undo as record;
use crate::stores::keychain::Unlock;
use crate::stores::netrc::NetrcFile;
use crate::stores::{accounts_files, docker};
use crate::survey::survey;

/// Larger than any file that is mended here.
const LIMIT: u64 = 4 << 20;

/// A place where a fix changes a file, for a person to read. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file, as a person writes it.
    pub file: String,
    /// The first line that changes, counted from 1.
    pub line: usize,
    /// The lines as they are.
    pub before: String,
    /// The lines as they will be.
    pub after: String,
}

/// Applies a fix.
///
/// [`Code::CannotFix`] where the machine is not as it was when the fix was offered; [`Code::CannotUndo`] where it
/// would remove a secret for good. Then nothing is changed.
pub(super) fn fix(start: &Start<'_>, fix: &Fix) -> Result<Done> {
    start.run(|steps| {
        refuse_unless_offered(steps.env(), fix)?;
        match fix {
            Fix::PrivateNetrc => private_netrc(steps.env()),
            Fix::OneKeychainEntry { account } => keychain::one_entry(steps, account),
            Fix::AccountsToken { path, account } => keychain::accounts_token(steps, fix, path, account),
            _ => change_file(steps.env(), fix),
        }
    })
}

/// What a fix would change in which file; nothing where it changes no file's bytes.
pub fn plan(env: &Env, fix: &Fix) -> Result<Vec<Change>> {
    let Some(path) = fix.file(env) else { return Ok(Vec::new()) };
    let before = if let Some(netrc) = NetrcFile::at(env, &path) {
        netrc.read(env, Unlock::Never)?.map(|netrc| Zeroizing::new(netrc.into_bytes()))
    } else {
        files::read(&path, LIMIT).map_err(|error| file::failed(env, &path, &error))?
    };
    let Some(before) = before else { return Err(not_as_it_was()) };
    let after = fix.applied(env, &before)?;
    let secrets = [fix.secrets(env, &before), fix.secrets(env, &after)].concat();
    let change = |(old, new): (std::ops::Range<usize>, std::ops::Range<usize>)| Change {
        file: env.tilde(&path),
        line: before[..old.start].split(|byte| *byte == b'\n').count(),
        before: masked(&before[old], &secrets),
        after: masked(&after[new], &secrets),
    };
    Ok(record::changes(&before, &after).into_iter().map(change).collect())
}

impl Fix {
    /// The one file whose bytes it changes.
    fn file(&self, env: &Env) -> Option<PathBuf> {
        match self {
            Self::CommentOut { path, .. }
            | Self::AccountsToken { path, .. }
            | Self::NoDockerLogin { path } => Some(path.clone()),
            Self::OneNetrcRecord { .. }
            | Self::ReadableNetrcRecord { .. }
            | Self::MatchingNetrcHosts
            | Self::NoNetrcRecords { .. } => Some(NetrcFile::locate(env).path),
            Self::PrivateNetrc | Self::OneKeychainEntry { .. } => None,
        }
    }

    /// The file's bytes, mended.
    fn applied(&self, env: &Env, bytes: &[u8]) -> Result<Bytes> {
        match self {
            Self::CommentOut { path, line, variable } => line::comment_out(bytes, *line, variable, path),
            Self::OneNetrcRecord { host } => netrc::one_record(bytes, host),
            Self::ReadableNetrcRecord { host } => netrc::readable_record(bytes, host),
            Self::MatchingNetrcHosts => netrc::matching_hosts(bytes, &env.hosts()),
            Self::NoNetrcRecords { hosts } => netrc::no_records(bytes, hosts),
            Self::AccountsToken { .. } => accounts_files::without_password(bytes).ok_or_else(not_as_it_was),
            Self::NoDockerLogin { .. } => docker::without_login(bytes).ok_or_else(not_as_it_was),
            Self::PrivateNetrc | Self::OneKeychainEntry { .. } => Err(not_as_it_was()),
        }
    }

    /// What must neither be shown nor written down of the file.
    fn secrets(&self, env: &Env, bytes: &[u8]) -> Vec<Bytes> {
        match self {
            Self::CommentOut { line, variable, .. } => line::values(bytes, *line, variable),
            Self::AccountsToken { .. } => accounts_files::password_in(bytes).into_iter().collect(),
            Self::NoDockerLogin { .. } => docker::secrets(bytes),
            _ if self.file(env).is_some() => netrc::passwords(bytes),
            _ => Vec::new(),
        }
    }

    /// What it did, and what taking it back does, each in a sentence.
    fn said(&self, env: &Env) -> (String, String) {
        let shown = self.file(env).map(|path| env.tilde(&path)).unwrap_or_default();
        match self {
            Self::CommentOut { line, variable, .. } => (
                format!("{variable} is not set in line {line} of {shown} any more; it is a comment now."),
                format!("Line {line} of {shown} sets {variable} again."),
            ),
            Self::OneNetrcRecord { host } => (
                format!("{shown} has one record of {host} now, the one that tools read."),
                format!("The other records of {host} are in {shown} again."),
            ),
            Self::ReadableNetrcRecord { host } => (
                format!("The Heroku CLI reads the record of {host} in {shown} now."),
                format!("The record of {host} in {shown} is as it was."),
            ),
            Self::MatchingNetrcHosts => (
                format!("Heroku's hosts have the same login and token in {shown} now."),
                format!("Heroku's hosts have the records in {shown} that they had."),
            ),
            Self::NoNetrcRecords { hosts } => {
                let hosts = hosts.join(" and ");
                (
                    format!("{shown} has no record of {hosts} any more."),
                    format!("The record of {hosts} is in {shown} again."),
                )
            }
            Self::AccountsToken { account, .. } => (
                format!("The token of {account} is in the keychain, and not in {shown} any more."),
                format!("The token of {account} is in {shown} again."),
            ),
            Self::NoDockerLogin { .. } => (
                format!("Docker's login at registry.heroku.com is gone from {shown}."),
                format!("Docker's login at registry.heroku.com is in {shown} again."),
            ),
            Self::PrivateNetrc | Self::OneKeychainEntry { .. } => (String::new(), String::new()),
        }
    }
}

/// Only what this machine's own diagnosis offers now is done: whoever asks cannot name another file.
fn refuse_unless_offered(env: &Env, fix: &Fix) -> Result<()> {
    let facts = survey(env);
    let wanted = Remedy::Fix(fix.clone());
    let problems = diagnose(&facts, &resolve(&facts));
    let offered = problems.iter().filter_map(|problem| problem.remedy.as_ref());
    if offered.into_iter().any(|remedy| *remedy == wanted) { Ok(()) } else { Err(not_as_it_was()) }
}

fn change_file(env: &Env, fix: &Fix) -> Result<Done> {
    let path = fix.file(env).ok_or_else(not_as_it_was)?;
    let (what, back) = fix.said(env);
    let change = |now: &[u8]| {
        let after = fix.applied(env, now)?;
        let secrets = fix.secrets(env, now);
        record::draft(env, &back).file(&path, Some(now), Some(&after), &secrets).keep(env)?;
        Ok(Some(after))
    };
    match NetrcFile::at(env, &path) {
        Some(netrc) => netrc.change(env, change)?,
        None => file::change(env, &path, |now| change(now.ok_or_else(not_as_it_was)?))?,
    }
    let note = match fix {
        Fix::CommentOut { .. } => "It counts in terminals that are opened from now on.",
        _ => "",
    };
    Ok(Done { what, note: note.to_owned() })
}

fn private_netrc(env: &Env) -> Result<Done> {
    let path = NetrcFile::locate(env).path;
    let shown = env.tilde(&path);
    let mode = file::mode(env, &path)?;
    record::draft(env, &format!("The mode of {shown} is {mode:04o} again.")).mode(&path, mode).keep(env)?;
    file::set_mode(env, &path, file::PRIVATE)?;
    Ok(Done { what: format!("Only you can read {shown} now."), note: String::new() })
}

/// The text with `…` and the last four characters in place of each secret.
fn masked(bytes: &[u8], secrets: &[Bytes]) -> String {
    let mask = |secret: &str| {
        crate::Token::parse(secret).map_or_else(|| "…".to_owned(), |token| token.trace().masked)
    };
    let secrets = secrets.iter().filter_map(|secret| std::str::from_utf8(secret).ok());
    let masks: Vec<(&str, String)> = secrets.map(|secret| (secret, mask(secret))).collect();
    let masks: Vec<(&str, &str)> = masks.iter().map(|(secret, mask)| (*secret, mask.as_str())).collect();
    hide(&String::from_utf8_lossy(bytes), &masks)
}

fn not_as_it_was() -> Error {
    Error::new(Code::CannotFix, "The machine is not as it was when this fix was offered.")
        .means("Nothing was changed.")
        .next_step("Look again: `herokey doctor` tells what is wrong now.")
}
