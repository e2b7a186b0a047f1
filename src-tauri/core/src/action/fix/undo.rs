//! Undoes the last change.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use super::super::{Done, Start};
use super::file;
use crate::base::env::Env;
use crate::base::error::{Code, Result};
use crate::base::files;
use crate::base::files::Bytes;
use crate::ledger::undo;
use crate::ledger::undo::{Entries, UndoableChange};
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::login_json;
use crate::stores::netrc::NetrcFile;
use crate::tools::git;

/// Undoes the change that was made `at` this time, or else the last one that has not been undone yet and can be. If it is
/// interrupted, running it again finishes it.
///
/// Fails with [`Code::CannotUndo`](crate::base::error::Code::CannotUndo) if there is no such change, or if the machine is
/// neither as it was before the change nor as it was after.
pub(in crate::action) fn undo(start: &Start<'_>, at: Option<Timestamp>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env().clone();
        let (undo, passed) = match at {
            Some(at) => (undo::made_at(&env, at)?, Vec::new()),
            None => undo::next(&env, |change| have_entries_changed(&env, change))?,
        };
        let entries = undo.entries(&env)?;
        // Restore entries before the file changes, which may remove a token from it. Remove entries afterwards.
        if let Some(entries) = &entries {
            restore_entries(&env, &undo, entries)?;
            steps.done("Restored the keychain entries")?;
        }
        if let Some(changed) = undo.file() {
            match changed.mode() {
                Some(mode) => restore_mode(&env, &undo, &changed.path, mode)?,
                None => restore_file(&env, &undo, &changed.path)?,
            }
        }
        if let Some(entries) = &entries {
            remove_added_entries(&env, entries)?;
        }
        undo::remove(&env, &undo)?;
        Ok(Done { what: undo.what, note: note(&env, &passed) })
    })
}

/// Names the files of later changes that could not be undone.
fn note(env: &Env, passed: &[UndoableChange]) -> String {
    let places: BTreeSet<String> = passed.iter().map(|change| change.place(env)).collect();
    if places.is_empty() {
        return String::new();
    }
    let places: Vec<String> = places.into_iter().collect();
    format!(
        "A later change cannot be undone, because what it changed has changed again since: {}.",
        places.join(", ")
    )
}

/// Restores the content of a file.
fn restore_file(env: &Env, undo: &UndoableChange, path: &Path) -> Result<()> {
    if git::reads(env, path) {
        let exists = path.exists();
        return git::replace_in(env, path, |now| undo.bytes_before(env, exists.then_some(now)));
    }
    match NetrcFile::at(env, path) {
        Some(netrc) => netrc.change(env, |now| undo.bytes_before(env, Some(now))),
        None => file::change(env, path, |now| undo.bytes_before(env, now)),
    }
}

/// Restores a file's permission bits. They are already the old ones if the change was never made or is already undone.
/// Other bits were set on purpose since then, so they stay.
fn restore_mode(env: &Env, undo: &UndoableChange, path: &Path, mode: u32) -> Result<()> {
    let now = file::mode(env, path)?;
    if now != mode && now != files::PRIVATE {
        return Err(undo.changed_since(env));
    }
    file::set_mode(env, path, mode)
}

/// True if the entries of the keychain have changed since this change. For example, a login added one.
fn have_entries_changed(env: &Env, change: &UndoableChange) -> Result<bool> {
    match change.entries(env) {
        Ok(None) => Ok(false),
        Ok(Some(entries)) => {
            Ok(entries.have_changed(&Keychain::open(env, Unlock::Ask)?.secrets(&entries.account)?))
        }
        Err(error) if error.code == Code::CannotUndo => Ok(true),
        Err(error) => Err(error),
    }
}

/// Adds the entries that are missing, and makes the entry that was the newest the newest again.
fn restore_entries(env: &Env, undo: &UndoableChange, entries: &Entries) -> Result<()> {
    let Entries { account, before, .. } = entries;
    let keychain = Keychain::open(env, Unlock::Ask)?;
    let mut now = keychain.secrets(account)?;
    if entries.have_changed(&now) {
        return Err(undo.changed_since(env));
    }
    let mut is_missing = |secret: &&Bytes| match now.iter().position(|entry| entry == *secret) {
        Some(index) => {
            now.remove(index);
            false
        }
        None => true,
    };
    let missing: Vec<&Bytes> = before.iter().filter(&mut is_missing).collect();
    missing.iter().try_for_each(|secret| keychain.add(account, secret))?;
    match before.last() {
        Some(newest) if before.iter().any(|secret| secret != newest) => keychain.make_newest(account, newest),
        _ => Ok(()),
    }
}

/// Removes the entries that the change added, unless the Heroku CLI uses them by now.
fn remove_added_entries(env: &Env, entries: &Entries) -> Result<()> {
    let Entries { account, before, after } = entries;
    if after.len() <= before.len() || login_json::read(env)?.as_ref() == Some(account) {
        return Ok(());
    }
    Keychain::open(env, Unlock::Ask)?.keep_only(account, before)
}
