//! The file of the changes that can be undone.

use std::io;
use std::path::PathBuf;

use super::UndoableChange;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::state_folder;
use crate::ledger::damaged;
use crate::ledger::damaged::Content;

/// Larger than Herokey's changes ever need.
const MAX_BYTES: u64 = 1 << 20;
/// Older changes can no longer be undone.
const MAX_CHANGES: usize = 32;

/// The path of the record.
pub(in crate::ledger) fn path(env: &Env) -> PathBuf {
    env.state_dir().join("undo.json")
}

/// Reads the changes, oldest first. A record that cannot be read counts as empty.
pub(super) fn read(env: &Env) -> Vec<UndoableChange> {
    content(env).read().unwrap_or_default()
}

/// True if the record cannot be read.
pub(in crate::ledger) fn is_damaged(env: &Env) -> bool {
    content(env).is_damaged()
}

fn content(env: &Env) -> Content<Vec<UndoableChange>> {
    damaged::read(&path(env), MAX_BYTES)
}

/// Adds a change. Drops the last one of the same file if it can no longer be undone.
pub(super) fn push(env: &Env, undo: UndoableChange) -> Result<()> {
    let mut undos = read(env);
    let mut dropped = Vec::new();
    let path = |undo: &UndoableChange| undo.file.as_ref().map(|file| file.path.clone());
    let same = undos.iter().rposition(|old| old.file.is_some() && path(old) == path(&undo));
    if let Some(index) = same
        && undos[index].is_superseded_by(&undo)
    {
        dropped.push(undos.remove(index));
    }
    let too_many = (undos.len() + 1).saturating_sub(MAX_CHANGES);
    dropped.extend(undos.drain(..too_many));
    dropped.iter().try_for_each(|old| old.remove_secrets(env))?;
    undos.push(undo);
    write(env, &undos)
}

/// Writes the changes, oldest first.
pub(super) fn write(env: &Env, undos: &[UndoableChange]) -> Result<()> {
    let written = serde_json::to_vec(undos).map_err(io::Error::from).and_then(|bytes| {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        state_folder::write(env, &path(env), &bytes)
    });
    written.map_err(|error| {
        state_folder::failed(env, "Could not record how to undo the change.", &error)
            .means("Nothing was changed, since it could not be undone.")
    })
}
