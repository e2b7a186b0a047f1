//! Undo: the last change put back.

use std::path::Path;

use super::super::{Done, Start};
use super::file;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files::Bytes;
use crate::ledger::undo;
use crate::ledger::undo::{Entries, Undo};
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::login_json;
use crate::stores::netrc::NetrcFile;
use crate::tools::git;

/// Takes the last change back that has not been taken back yet. Killed, it is finished by being done again.
///
/// [`Code::CannotUndo`](crate::base::error::Code::CannotUndo) where there is none, or where the machine is neither as it was
/// before the change nor as it was after.
pub(in crate::action) fn undo(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env().clone();
        let undo = undo::last(&env).ok_or_else(undo::nothing)?;
        let entries = undo.entries(&env)?;
        // Stored before the file changes, since that may remove the token there; removed behind it.
        if let Some(entries) = &entries {
            put_back(&env, &undo, entries)?;
            steps.done("The keychain has what it had")?;
        }
        if let Some(changed) = undo.file() {
            match changed.mode() {
                Some(mode) => mode_back(&env, &undo, &changed.path, mode)?,
                None => file_back(&env, &undo, &changed.path)?,
            }
        }
        if let Some(entries) = &entries {
            remove_added(&env, entries)?;
        }
        undo::forget_last(&env)?;
        Ok(Done { what: undo.what, note: String::new() })
    })
}

fn file_back(env: &Env, undo: &Undo, path: &Path) -> Result<()> {
    if path == git::global_config(env) {
        let there = path.exists();
        return git::replace(env, |now| undo.back(env, there.then_some(now)));
    }
    match NetrcFile::at(env, path) {
        Some(netrc) => netrc.change(env, |now| undo.back(env, Some(now))),
        None => file::change(env, path, |now| undo.back(env, now)),
    }
}

/// Where a kill came before the change, or when it had been taken back, the mode is the old one. Whoever has set a third
/// one since then wants that one.
fn mode_back(env: &Env, undo: &Undo, path: &Path, mode: u32) -> Result<()> {
    let now = file::mode(env, path)?;
    if now != mode && now != file::PRIVATE {
        return Err(undo.changed_since(env));
    }
    file::set_mode(env, path, mode)
}

/// Adds the entries that are not there any more, and leaves the one newest that was.
fn put_back(env: &Env, undo: &Undo, entries: &Entries) -> Result<()> {
    let Entries { account, before, after } = entries;
    let keychain = Keychain::open(env, Unlock::Ask)?;
    let mut now = keychain.secrets(account)?;
    if now.iter().any(|secret| !before.contains(secret) && !after.contains(secret)) {
        // A login since then, say.
        return Err(undo.changed_since(env));
    }
    let mut is_missing = |secret: &&Bytes| match now.iter().position(|there| there == *secret) {
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

/// Removes the entries that were not there before, unless the Heroku CLI has come to use them.
fn remove_added(env: &Env, entries: &Entries) -> Result<()> {
    let Entries { account, before, after } = entries;
    if after.len() <= before.len() || login_json::read(env)?.as_ref() == Some(account) {
        return Ok(());
    }
    Keychain::open(env, Unlock::Ask)?.keep_only(account, before)
}
