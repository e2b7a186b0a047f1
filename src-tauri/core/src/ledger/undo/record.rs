//! The file of the changes that can be undone.

use std::io;
use std::path::PathBuf;

use super::UndoableChange;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;

/// Larger than Herokey's changes ever need.
const MAX_BYTES: u64 = 1 << 20;
/// Older changes can no longer be undone.
const MAX_CHANGES: usize = 32;

/// The path of the record.
pub(super) fn path(env: &Env) -> PathBuf {
    env.state_dir().join("undo.json")
}

/// Reads the changes, oldest first.
pub(super) fn read(env: &Env) -> Result<Vec<UndoableChange>> {
    let read = files::read(&path(env), MAX_BYTES).and_then(|bytes| match bytes {
        Some(bytes) => Ok(serde_json::from_slice(&bytes)?),
        None => Ok(Vec::new()),
    });
    read.map_err(|error| {
        Error::new(Code::JournalFailed, "Could not read how to undo earlier changes.")
            .means("Nothing was changed, since that would make it impossible to undo them.")
            .next_step(format!(
                "Fix {}, or move it away if earlier changes need not be undone.",
                env.tilde(&path(env))
            ))
            .detail(error)
    })
}

/// Adds a change. Drops the last one of the same file if it can no longer be undone.
pub(super) fn push(env: &Env, undo: UndoableChange) -> Result<()> {
    let mut undos = read(env)?;
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
        files::private_folder(&env.state_dir())?;
        files::sweep(&path(env))?;
        files::write(&path(env), &bytes)
    });
    written.map_err(|error| {
        Error::new(Code::JournalFailed, "Could not record how to undo the change.")
            .means("Nothing was changed, since it could not be undone.")
            .next_step("Check that Herokey can write to its folder, then try again.")
            .detail(error)
    })
}
