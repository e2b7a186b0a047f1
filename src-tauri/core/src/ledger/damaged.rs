//! Records that Herokey cannot read: they are empty, damaged, from a newer version, or not readable. Nothing fails because
//! of them. The next program that writes such a record renames it first, so that nothing in it is lost.

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::{journal, known_tokens, leases, undo};
use crate::base::env::Env;
use crate::base::files;

/// Stands between the name of a record and the number of a damaged one that was set aside.
pub(super) const SET_ASIDE: &str = ".damaged-";
/// How many damaged files of one record are kept. The newest replaces the last one.
const MAX_KEPT: usize = 9;

/// One of Herokey's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// `journal.json`.
    Journal,
    /// `history.json`.
    History,
    /// `undo.json`.
    Undo,
    /// `tokens.json`.
    KnownTokens,
    /// One of `exec-….json`.
    Lease,
}

/// A record that Herokey cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// What it records.
    pub record: Record,
    /// The file, as users write its path.
    pub shown: String,
    /// It was renamed, and Herokey uses a new file instead.
    pub set_aside: bool,
}

impl Record {
    const ALL: [Self; 5] = [Self::Journal, Self::History, Self::Undo, Self::KnownTokens, Self::Lease];

    fn paths(self, env: &Env) -> Vec<PathBuf> {
        match self {
            Self::Journal => vec![journal::path(env)],
            Self::History => vec![journal::history_path(env)],
            Self::Undo => vec![undo::path(env)],
            Self::KnownTokens => vec![known_tokens::path(env)],
            Self::Lease => leases::paths(env).into_iter().collect(),
        }
    }

    fn is_damaged(self, env: &Env, path: &Path) -> bool {
        match self {
            Self::Journal => journal::is_damaged(env),
            Self::History => journal::is_history_damaged(env),
            Self::Undo => undo::is_damaged(env),
            Self::KnownTokens => known_tokens::is_damaged(env),
            Self::Lease => leases::is_damaged(path),
        }
    }

    /// What is lost with it, in full sentences.
    pub fn loss(self) -> &'static str {
        match self {
            Self::Journal => {
                "It says what Herokey did last. If that was interrupted, Herokey does not know what is left to do."
            }
            Self::History => "It lists what Herokey did, and starts anew.",
            Self::Undo => {
                "It says how to undo earlier changes, which is no longer possible. The keychain may still hold what \
                 Herokey kept for that, in entries whose account starts with “undo”."
            }
            Self::KnownTokens => {
                "It holds what Heroku said about tokens, such as when they expire. Herokey asks again."
            }
            Self::Lease => {
                "It says which token `herokey exec` made for a command, so Herokey cannot revoke that one. Run \
                 `herokey authorizations` and revoke the ones that you do not use."
            }
        }
    }
}

/// Finds the records that cannot be read, and those that were set aside.
pub fn find(env: &Env) -> Vec<Damaged> {
    let damaged =
        |record: Record, path: &Path, set_aside| Damaged { record, shown: env.tilde(path), set_aside };
    let mut found = Vec::new();
    for record in Record::ALL {
        for path in record.paths(env) {
            if record.is_damaged(env, &path) {
                found.push(damaged(record, &path, false));
            }
            let kept = kept(&path).filter(|kept| kept.symlink_metadata().is_ok());
            found.extend(kept.map(|kept| damaged(record, &kept, true)));
        }
    }
    found
}

/// Sets aside the records that an action writes, if they cannot be read. Call it only while holding the journal's lock.
/// Returns a sentence about each.
pub(super) fn set_aside_all(env: &Env) -> io::Result<Vec<String>> {
    let mut notices = Vec::new();
    for record in [Record::Journal, Record::History, Record::Undo] {
        for path in record.paths(env).iter().filter(|path| record.is_damaged(env, path)) {
            notices.push(set_aside(env, record, path)?);
        }
    }
    Ok(notices)
}

/// Renames a record that cannot be read. Call it only while holding the lock of its writers. Returns a sentence about it.
pub(super) fn set_aside(env: &Env, record: Record, path: &Path) -> io::Result<String> {
    let is_free = |kept: &PathBuf| kept.symlink_metadata().is_err();
    let kept = kept(path).find(is_free).unwrap_or_else(|| numbered(path, MAX_KEPT));
    std::fs::rename(path, &kept)?;
    let (shown, kept) = (env.tilde(path), env.tilde(&kept));
    tracing::info!(path = shown, "a record could not be read and was set aside");
    Ok(format!("Herokey could not read {shown} and renamed it to {kept}. {}", record.loss()))
}

fn kept(path: &Path) -> impl Iterator<Item = PathBuf> {
    (1..=MAX_KEPT).map(|number| numbered(path, number))
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("{SET_ASIDE}{number}"));
    path.with_file_name(name)
}

/// The content of a record.
pub(super) enum Content<T> {
    /// There is no file.
    Missing,
    /// The file cannot be read.
    Damaged,
    /// This is in it.
    Read(T),
}

impl<T> Content<T> {
    pub(super) fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged)
    }

    pub(super) fn and_then<U>(self, parse: impl FnOnce(T) -> Content<U>) -> Content<U> {
        match self {
            Self::Missing => Content::Missing,
            Self::Damaged => Content::Damaged,
            Self::Read(content) => parse(content),
        }
    }

    /// The content, unless there is none.
    pub(super) fn read(self) -> Option<T> {
        if let Self::Read(content) = self { Some(content) } else { None }
    }
}

/// Reads a record of at most `max_bytes`.
pub(super) fn read<T: DeserializeOwned>(path: &Path, max_bytes: u64) -> Content<T> {
    let parsed = match files::read(path, max_bytes) {
        Ok(None) => return Content::Missing,
        Ok(Some(bytes)) => serde_json::from_slice(&bytes).map_err(io::Error::from),
        Err(error) => Err(error),
    };
    parsed.map_or_else(
        |error| {
            tracing::info!(path = %path.display(), %error, "a record cannot be read");
            Content::Damaged
        },
        Content::Read,
    )
}
