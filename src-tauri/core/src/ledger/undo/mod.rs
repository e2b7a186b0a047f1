//! How changes are taken back, the last one first: which bytes stood where in which file, and which entries the keychain
//! had.
//!
//! The record is one small file, and no secret is ever in it. What the file still holds after the change is only pointed
//! at; a secret that it does not hold any more is in the keychain, in an entry of Herokey's own. Where there is no
//! keychain to keep such a secret, nothing is changed: what cannot be taken back is not done.

mod diff;
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
use crate::base::files::{self, Bytes};
use crate::stores::keychain::{Keychain, Unlock};
use diff::{Hunk, rebuilt};

pub(crate) use diff::changes;

/// More than any change here.
const LIMIT: u64 = 1 << 20;
/// Changes that can be taken back; of older ones nobody needs to know.
const MOST: usize = 32;

/// What was changed, and what was there before.
#[derive(Debug, Serialize, Deserialize)]
pub struct Undo {
    /// What taking it back does, in a sentence.
    pub what: String,
    /// When the change was made.
    pub at: Timestamp,
    /// Whose token is kept for it; `None` where that is not known.
    account: Option<String>,
    file: Option<FileChange>,
    entries: Option<EntriesChange>,
}

/// A file that changed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FileChange {
    /// The file.
    pub(crate) path: PathBuf,
    before: Before,
}

/// What was there before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Before {
    /// Other permission bits.
    Mode(u32),
    /// Other bytes in these places. By their SHA-256, the file was `was` and is `after`; `None`: no file.
    Bytes { was: Option<String>, after: Option<String>, hunks: Vec<Hunk> },
}

/// An account's entries in the keychain, oldest first, as places in what is kept.
#[derive(Debug, Serialize, Deserialize)]
struct EntriesChange {
    account: String,
    before: Vec<Range<usize>>,
    after: Vec<Range<usize>>,
}

/// An account's entries in the keychain, before and after a change, oldest first.
#[derive(Debug)]
pub(crate) struct Entries {
    /// Whose.
    pub(crate) account: String,
    /// As they were.
    pub(crate) before: Vec<Bytes>,
    /// As they became.
    pub(crate) after: Vec<Bytes>,
}

/// A change that is about to be made.
pub(crate) struct Draft {
    undo: Undo,
    kept: Bytes,
}

/// The last change; `None` where there is none to take back, or where the record cannot be read: then no change is made
/// either.
pub fn last(env: &Env) -> Option<Undo> {
    all(env).ok()?.pop()
}

/// Where the record is.
pub fn path(env: &Env) -> PathBuf {
    env.state_dir().join("undo.json")
}

/// Forgets the last change, and what the keychain keeps for it.
pub(crate) fn forget_last(env: &Env) -> Result<()> {
    let mut undos = all(env)?;
    let last = undos.pop();
    // First, so that a kill leaves no secret that no record knows.
    last.map_or(Ok(()), |undo| undo.drop_secrets(env))?;
    write(env, &undos)
}

/// Forgets every change for which the keychain keeps a token that may be this account's: nobody wants it back once they
/// have logged out.
pub(crate) fn forget_account(env: &Env, account: &str) -> Result<()> {
    let may_be_theirs =
        |undo: &Undo| undo.keeps_secrets() && undo.account.as_deref().is_none_or(|whose| whose == account);
    let (gone, stay): (Vec<_>, Vec<_>) = all(env)?.into_iter().partition(may_be_theirs);
    if gone.is_empty() {
        return Ok(());
    }
    gone.iter().try_for_each(|undo| undo.drop_secrets(env))?;
    write(env, &stay)
}

/// True if an action that began at this moment has written down what it changes. What a kill has left half written is
/// forgotten.
pub(crate) fn is_noted_since(env: &Env, began: Timestamp) -> Result<bool> {
    match last(env).filter(|undo| undo.at >= began) {
        None => Ok(false),
        Some(undo) if !undo.keeps_secrets() || undo.kept(env)?.is_some() => Ok(true),
        Some(_) => forget_last(env).map(|()| false),
    }
}

/// True if this very change of a file is the last one written down: a kill came before it was made.
pub(crate) fn is_noted(env: &Env, path: &Path, before: &[u8], after: &[u8]) -> Result<bool> {
    let wanted = (Some(hash(before)), Some(hash(after)));
    let is_it = |undo: &Undo| match &undo.file {
        Some(FileChange { path: noted, before: Before::Bytes { was, after, .. } }) => {
            noted == path && (was, after) == (&wanted.0, &wanted.1)
        }
        _ => false,
    };
    match last(env).filter(is_it) {
        Some(undo) => Ok(!undo.keeps_secrets() || undo.kept(env)?.is_some()),
        None => Ok(false),
    }
}

/// Begins to write down a change; `what` says what taking it back does.
pub(crate) fn draft(env: &Env, what: &str) -> Draft {
    let undo = Undo { what: what.to_owned(), at: env.now(), account: None, file: None, entries: None };
    Draft { undo, kept: Bytes::default() }
}

impl Draft {
    /// A file's mode was this.
    pub(crate) fn mode(mut self, path: &Path, mode: u32) -> Self {
        self.undo.file = Some(FileChange { path: path.to_owned(), before: Before::Mode(mode) });
        self
    }

    /// A file's bytes go from `before` to `after`; `None`: no file. None of the `secrets` is written down.
    pub(crate) fn file(
        mut self,
        path: &Path,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
        secrets: &[Bytes],
    ) -> Self {
        let (was, now) = (before.unwrap_or_default(), after.unwrap_or_default());
        let hunks = Hunk::between(was, now, secrets, &mut self.kept);
        let before = Before::Bytes { was: before.map(hash), after: after.map(hash), hunks };
        self.undo.file = Some(FileChange { path: path.to_owned(), before });
        self
    }

    /// Whose secrets these are, where that is known.
    pub(crate) fn of(mut self, account: &str) -> Self {
        self.undo.account = (!account.is_empty()).then(|| account.to_owned());
        self
    }

    /// The keychain's entries of an account change.
    pub(crate) fn entries(self, entries: &Entries) -> Self {
        let mut draft = self.of(&entries.account);
        let mut place = |secret: &Bytes| diff::append(&mut draft.kept, secret);
        draft.undo.entries = Some(EntriesChange {
            account: entries.account.clone(),
            before: entries.before.iter().map(&mut place).collect(),
            after: entries.after.iter().map(&mut place).collect(),
        });
        draft
    }

    /// Writes it down, before anything is changed. [`Code::CannotUndo`] where a secret is nowhere to be kept.
    pub(crate) fn keep(self, env: &Env) -> Result<()> {
        let Self { undo, kept } = self;
        let entry = undo.entry();
        // The record first: a kill leaves no secret that no record knows.
        push(env, undo)?;
        if kept.is_empty() {
            return Ok(());
        }
        let stored = Keychain::open_own(env, Unlock::Ask).and_then(|own| own.set_own(&entry, kept));
        stored.or_else(|error| {
            let mut undos = all(env)?;
            undos.pop();
            write(env, &undos)?;
            Err(nowhere(error))
        })
    }
}

impl Undo {
    /// What it is about, as a person writes it: a file, or the keychain.
    pub fn place(&self, env: &Env) -> String {
        self.file.as_ref().map_or_else(|| "the keychain".to_owned(), |file| env.tilde(&file.path))
    }

    /// The file that is to be put back.
    pub(crate) fn file(&self) -> Option<&FileChange> {
        self.file.as_ref()
    }

    /// The file as it was before the change; `None` where there was none. It may be so already. Fails where the file is
    /// neither: then nobody knows what to take back.
    pub(crate) fn back(&self, env: &Env, now: Option<&[u8]>) -> Result<Option<Bytes>> {
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
        let kept = if hunks.iter().any(Hunk::keeps_secrets) { self.kept(env)? } else { None };
        let kept = kept.unwrap_or_default();
        let before = rebuilt(now.unwrap_or_default(), hunks, &kept);
        before.map(Some).ok_or_else(|| self.changed_since(env))
    }

    /// The keychain's entries as they were and as they became. `None` too where nothing is kept any more and there are as
    /// many as there were: a kill came before the change, or when it had been taken back.
    pub(crate) fn entries(&self, env: &Env) -> Result<Option<Entries>> {
        let Some(change) = &self.entries else { return Ok(None) };
        let Some(kept) = self.kept(env)? else {
            let now = Keychain::open(env, Unlock::Ask)?.secrets(&change.account)?;
            let as_before = now.len() == change.before.len();
            return if as_before { Ok(None) } else { Err(self.changed_since(env)) };
        };
        let secrets = |places: &[Range<usize>]| -> Option<Vec<Bytes>> {
            places.iter().map(|place| Some(Zeroizing::new(kept.get(place.clone())?.to_vec()))).collect()
        };
        let entries = secrets(&change.before).zip(secrets(&change.after));
        let (before, after) = entries.ok_or_else(|| self.changed_since(env))?;
        Ok(Some(Entries { account: change.account.clone(), before, after }))
    }

    /// The account of Herokey's own keychain entry for what is kept; no email has this form.
    fn entry(&self) -> String {
        format!("undo {}", self.at)
    }

    fn kept(&self, env: &Env) -> Result<Option<Bytes>> {
        Keychain::open_own(env, Unlock::Ask)?.own(&self.entry())
    }

    fn drop_secrets(&self, env: &Env) -> Result<()> {
        if self.keeps_secrets() {
            Keychain::open_own(env, Unlock::Ask)?.remove_own(&self.entry())?;
        }
        Ok(())
    }

    fn keeps_secrets(&self) -> bool {
        let hunks = match &self.file {
            Some(FileChange { before: Before::Bytes { hunks, .. }, .. }) => hunks.as_slice(),
            _ => &[],
        };
        self.entries.is_some() || hunks.iter().any(Hunk::keeps_secrets)
    }

    /// True if this can never be taken back once the same file has changed by `next`: it is not what this made of it.
    fn is_over_by(&self, next: &Self) -> bool {
        let before = |undo: &'_ Self| match &undo.file {
            Some(FileChange { before: Before::Bytes { was, after, .. }, .. }) => {
                Some((was.clone(), after.clone()))
            }
            _ => None,
        };
        before(self).zip(before(next)).is_some_and(|((_, after), (was, _))| after != was)
    }

    /// The failure of finding another machine than the change has left.
    pub(crate) fn changed_since(&self, env: &Env) -> Error {
        let mut place = self.place(env);
        if let Some(first) = place.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Error::new(Code::CannotUndo, format!("{place} has changed since."))
            .means("Nothing was taken back, so that the later change is not lost.")
            .next_step("Change it by hand; `herokey doctor` tells what is wrong with it.")
    }
}

impl FileChange {
    /// The mode to be set again, where that is all.
    pub(crate) fn mode(&self) -> Option<u32> {
        if let Before::Mode(mode) = self.before { Some(mode) } else { None }
    }
}

/// The failure of having nothing to take back.
pub(crate) fn nothing() -> Error {
    Error::new(Code::CannotUndo, "There is nothing to take back.").means("Nothing was changed.")
}

fn hash(bytes: &[u8]) -> String {
    BASE64.encode(digest::digest(&digest::SHA256, bytes))
}

fn all(env: &Env) -> Result<Vec<Undo>> {
    let read = files::read(&path(env), LIMIT).and_then(|bytes| match bytes {
        Some(bytes) => Ok(serde_json::from_slice(&bytes)?),
        None => Ok(Vec::new()),
    });
    read.map_err(|error| {
        Error::new(Code::JournalFailed, "Could not read how earlier changes are taken back.")
            .means("Nothing was changed: what is kept for them would be forgotten.")
            .next_step(format!(
                "Mend {}, or move it away: then they are not taken back any more.",
                env.tilde(&path(env))
            ))
            .detail(error)
    })
}

/// Adds a change. The last one of the same file goes if it can never be taken back.
fn push(env: &Env, undo: Undo) -> Result<()> {
    let mut undos = all(env)?;
    let mut gone = Vec::new();
    let path = |undo: &Undo| undo.file.as_ref().map(|file| file.path.clone());
    let same = undos.iter().rposition(|old| old.file.is_some() && path(old) == path(&undo));
    if let Some(index) = same
        && undos[index].is_over_by(&undo)
    {
        gone.push(undos.remove(index));
    }
    let too_many = (undos.len() + 1).saturating_sub(MOST);
    gone.extend(undos.drain(..too_many));
    gone.iter().try_for_each(|old| old.drop_secrets(env))?;
    undos.push(undo);
    write(env, &undos)
}

fn write(env: &Env, undos: &[Undo]) -> Result<()> {
    let written = serde_json::to_vec(undos).map_err(std::io::Error::from).and_then(|bytes| {
        if bytes.len() as u64 > LIMIT {
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        files::private_folder(&env.state_dir())?;
        files::sweep(&path(env))?;
        files::write(&path(env), &bytes)
    });
    written.map_err(|error| failed(&error))
}

fn nowhere(error: Error) -> Error {
    Error::new(Code::CannotUndo, "It would remove a secret that is nowhere else on this machine.")
        .means("Without a keychain to keep it there would be no way back, so nothing was changed.")
        .next_step("Change the file by hand, if the secret is not needed any more.")
        .detail(error)
}

fn failed(error: &std::io::Error) -> Error {
    Error::new(Code::JournalFailed, "Could not write down how to take it back.")
        .means("Nothing was changed, since it could not be taken back.")
        .next_step("Check that Herokey's folder can be written to, then try again.")
        .detail(error)
}
