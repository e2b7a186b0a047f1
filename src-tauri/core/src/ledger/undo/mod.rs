//! Records how to undo changes, the last one first: the old bytes of files, and the old entries of the keychain.
//!
//! The record is one small file that never contains a secret. For a secret that is still in the changed file, it holds
//! only the position; any other secret goes to an entry of Herokey's own in the keychain. Without a keychain for such a
//! secret, Herokey does not make the change, since it could not undo it.

mod diff;
mod draft;
mod next;
mod record;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use ring::digest;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::stores::keychain::{Keychain, Unlock};
use diff::{Hunk, rebuilt};

pub(crate) use diff::{Secrets, changes};
pub(crate) use draft::draft;
pub(crate) use next::{made_at, next};
pub(super) use record::{is_damaged, path};

/// What was changed, and what was there before.
#[derive(Debug, Serialize, Deserialize)]
pub struct UndoableChange {
    /// What undoing the change does, in one sentence.
    pub what: String,
    /// When the change was made.
    pub at: Timestamp,
    /// The account of the stored secrets, if it is known.
    account: Option<String>,
    file: Option<FileChange>,
    entries: Option<EntriesChange>,
}

/// A change of a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FileChange {
    /// The file.
    pub(crate) path: PathBuf,
    before: Before,
}

/// What a file was like before a change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Before {
    /// It had these permission bits.
    Mode(u32),
    /// It had other bytes in `hunks`. `was` and `after` are its SHA-256 before and after the change; `None` if there was
    /// no file.
    Bytes { was: Option<String>, after: Option<String>, hunks: Vec<Hunk> },
}

/// An account's entries in the keychain, oldest first, as ranges of the stored secrets.
#[derive(Debug, Serialize, Deserialize)]
struct EntriesChange {
    account: String,
    before: Vec<Range<usize>>,
    after: Vec<Range<usize>>,
}

/// An account's entries in the keychain, before and after a change, oldest first.
#[derive(Debug)]
pub(crate) struct Entries {
    /// The account.
    pub(crate) account: String,
    /// The secrets before the change.
    pub(crate) before: Vec<Bytes>,
    /// The secrets after the change.
    pub(crate) after: Vec<Bytes>,
}

impl Entries {
    /// True if an entry of the account is neither from before the change nor from after it.
    pub(crate) fn have_changed(&self, now: &[Bytes]) -> bool {
        now.iter().any(|secret| !self.before.contains(secret) && !self.after.contains(secret))
    }
}

/// The last change that can be undone, unless the keychain's entries have changed since, which is not looked at here.
///
/// Fails with [`Code::CannotUndo`] if there is none, or if the record cannot be read.
pub fn last(env: &Env) -> Result<UndoableChange> {
    next(env, |_| Ok(false)).map(|(change, _)| change)
}

/// The last change, whether it can be undone or not.
pub fn newest(env: &Env) -> Option<UndoableChange> {
    record::read(env).pop()
}

/// Removes a change from the record, and its secrets from the keychain.
pub(crate) fn remove(env: &Env, change: &UndoableChange) -> Result<()> {
    // The secrets go first, so that an interruption leaves no secret without a record.
    change.remove_secrets(env)?;
    let mut undos = record::read(env);
    undos.retain(|undo| undo.at != change.at);
    record::write(env, &undos)
}

/// Removes every change with stored secrets that may belong to this account: after a logout nobody wants them back.
pub(crate) fn remove_account(env: &Env, account: &str) -> Result<()> {
    let may_belong = |undo: &UndoableChange| {
        undo.has_secrets() && undo.account.as_deref().is_none_or(|owner| owner == account)
    };
    let (removed, kept): (Vec<_>, Vec<_>) = record::read(env).into_iter().partition(may_belong);
    if removed.is_empty() {
        return Ok(());
    }
    removed.iter().try_for_each(|undo| undo.remove_secrets(env))?;
    record::write(env, &kept)
}

/// True if an action that started at this time has recorded its change. Removes a record that an interruption left
/// incomplete.
pub(crate) fn is_recorded_since(env: &Env, started_at: Timestamp) -> Result<bool> {
    match newest(env).filter(|undo| undo.at >= started_at) {
        None => Ok(false),
        Some(undo) if undo.is_complete(env)? => Ok(true),
        Some(undo) => remove(env, &undo).map(|()| false),
    }
}

/// True if the last recorded change is this change of a file: an action was interrupted before it made the change.
pub(crate) fn is_recorded(env: &Env, path: &Path, before: &[u8], after: &[u8]) -> Result<bool> {
    let hashes = (Some(hash(before)), Some(hash(after)));
    let is_same = |undo: &UndoableChange| match &undo.file {
        Some(FileChange { path: recorded, before: Before::Bytes { was, after, .. } }) => {
            recorded == path && (was, after) == (&hashes.0, &hashes.1)
        }
        _ => false,
    };
    newest(env).filter(is_same).map_or(Ok(false), |undo| undo.is_complete(env))
}

impl UndoableChange {
    /// What changed, as people write it: the path of a file, or "the keychain".
    pub fn place(&self, env: &Env) -> String {
        self.file.as_ref().map_or_else(|| "the keychain".to_owned(), |file| env.tilde(&file.path))
    }

    /// The file to restore, if a file changed.
    pub(crate) fn file(&self) -> Option<&FileChange> {
        self.file.as_ref()
    }

    /// The file's bytes before the change, from its bytes `now`, which may already be the old ones; `None` if there was no
    /// file. Fails if the file has changed since.
    pub(crate) fn bytes_before(&self, env: &Env, now: Option<&[u8]>) -> Result<Option<Bytes>> {
        let Some(FileChange { before: Before::Bytes { was, after, hunks }, .. }) = &self.file else {
            return Ok(now.map(|now| Zeroizing::new(now.to_vec())));
        };
        let hash = now.map(hash);
        if hash == *was {
            return Ok(now.map(|now| Zeroizing::new(now.to_vec())));
        }
        if hash != *after {
            return Err(self.changed_since(env));
        }
        if was.is_none() {
            return Ok(None);
        }
        let secrets = if hunks.iter().any(Hunk::has_secrets) { self.secrets(env)? } else { None };
        let secrets = secrets.unwrap_or_default();
        let before = rebuilt(now.unwrap_or_default(), hunks, &secrets);
        before.map(Some).ok_or_else(|| self.changed_since(env))
    }

    /// The keychain's entries before and after the change. `None` if no entries changed, or if the secrets are gone and
    /// the number of entries is the old one: an interruption came before the change, or after it was undone.
    pub(crate) fn entries(&self, env: &Env) -> Result<Option<Entries>> {
        let Some(change) = &self.entries else { return Ok(None) };
        let Some(stored) = self.secrets(env)? else {
            let now = Keychain::open(env, Unlock::Ask)?.secrets(&change.account)?;
            let as_before = now.len() == change.before.len();
            return if as_before { Ok(None) } else { Err(self.changed_since(env)) };
        };
        let secrets = |ranges: &[Range<usize>]| -> Option<Vec<Bytes>> {
            ranges.iter().map(|range| Some(Zeroizing::new(stored.get(range.clone())?.to_vec()))).collect()
        };
        let entries = secrets(&change.before).zip(secrets(&change.after));
        let (before, after) = entries.ok_or_else(|| self.changed_since(env))?;
        Ok(Some(Entries { account: change.account.clone(), before, after }))
    }

    /// The account name of Herokey's own keychain entry with the secrets. No email looks like this.
    fn entry(&self) -> String {
        format!("undo {}", self.at)
    }

    fn secrets(&self, env: &Env) -> Result<Option<Bytes>> {
        Keychain::open_own(env, Unlock::Ask)?.own(&self.entry())
    }

    fn remove_secrets(&self, env: &Env) -> Result<()> {
        if self.has_secrets() {
            Keychain::open_own(env, Unlock::Ask)?.remove_own(&self.entry())?;
        }
        Ok(())
    }

    /// True if the keychain is to hold secrets for this change.
    fn has_secrets(&self) -> bool {
        let hunks = match &self.file {
            Some(FileChange { before: Before::Bytes { hunks, .. }, .. }) => hunks.as_slice(),
            _ => &[],
        };
        self.entries.is_some() || hunks.iter().any(Hunk::has_secrets)
    }

    /// False if an interruption came between the record and its secrets.
    fn is_complete(&self, env: &Env) -> Result<bool> {
        Ok(!self.has_secrets() || self.secrets(env)?.is_some())
    }

    /// True if this change of a file can no longer be undone once `next` changes the same file: `next` did not start from
    /// the bytes that this change left.
    fn is_superseded_by(&self, next: &Self) -> bool {
        let hashes = |undo: &'_ Self| match &undo.file {
            Some(FileChange { before: Before::Bytes { was, after, .. }, .. }) => {
                Some((was.clone(), after.clone()))
            }
            _ => None,
        };
        hashes(self).zip(hashes(next)).is_some_and(|((_, after), (was, _))| after != was)
    }

    /// The error for a machine in a state that neither the change nor an undo leaves.
    pub(crate) fn changed_since(&self, env: &Env) -> Error {
        let mut place = self.place(env);
        if let Some(first) = place.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Error::new(Code::CannotUndo, format!("{place} has changed since Herokey changed it."))
            .means("Nothing was undone, so that the later change is not lost.")
            .next_step("Change it by hand. `herokey doctor` shows what is wrong with it.")
    }
}

impl FileChange {
    /// The mode to restore, if only the mode changed.
    pub(crate) fn mode(&self) -> Option<u32> {
        if let Before::Mode(mode) = self.before { Some(mode) } else { None }
    }
}

/// The error for having nothing to undo.
pub fn nothing_to_undo() -> Error {
    Error::new(Code::CannotUndo, "There is nothing to undo.").means("Nothing was changed.")
}

fn hash(bytes: &[u8]) -> String {
    BASE64.encode(digest::digest(&digest::SHA256, bytes))
}
