//! Which change to undo: the last one whose file and entries are as that change left them, or the one that the user was
//! shown.

use std::io::ErrorKind::NotFound;

use jiff::Timestamp;

use super::{Before, FileChange, UndoableChange, hash, nothing_to_undo, record};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;
use crate::tools::shell::UserVariable;

/// More than any file that Herokey changes.
const MAX_BYTES: u64 = 4 << 20;

/// The change to undo next, and the later ones of other files, which cannot be undone, newest first. `has_changed` tells
/// whether the keychain's entries have changed since a change.
///
/// Fails with [`Code::CannotUndo`](crate::base::error::Code::CannotUndo) if there is none.
pub(crate) fn next(
    env: &Env,
    has_changed: impl Fn(&UndoableChange) -> Result<bool>,
) -> Result<(UndoableChange, Vec<UndoableChange>)> {
    let mut blocked: Vec<UndoableChange> = Vec::new();
    for change in record::read(env).into_iter().rev() {
        let is_blocked = is_blocked(&change) || blocked.iter().any(|later| is_same_file(later, &change));
        if !is_blocked && !has_changed(&change)? {
            return Ok((change, blocked));
        }
        blocked.push(change);
    }
    Err(blocked.first().map_or_else(nothing_to_undo, |last| last.changed_since(env)))
}

/// The change that was made at this time.
///
/// Fails as [`next`] does.
pub(crate) fn made_at(env: &Env, at: Timestamp) -> Result<UndoableChange> {
    record::read(env).into_iter().find(|change| change.at == at).ok_or_else(nothing_to_undo)
}

fn is_same_file(one: &UndoableChange, other: &UndoableChange) -> bool {
    let path = |change: &UndoableChange| change.file.as_ref().map(|file| file.path.clone());
    one.file.is_some() && path(one) == path(other)
}

/// True if the file has changed since. What cannot be told here, such as the content of an encrypted file, the undo itself
/// finds out.
fn is_blocked(change: &UndoableChange) -> bool {
    let Some(FileChange { path, before }) = &change.file else { return false };
    match before {
        Before::Mode(mode) => match files::mode(path) {
            Ok(now) => now != *mode && now != files::PRIVATE,
            Err(error) => error.kind() == NotFound,
        },
        Before::Bytes { .. } if path.extension().is_some_and(|extension| extension == "gpg") => false,
        Before::Bytes { was, after, .. } => {
            let now = UserVariable::at(path).map_or_else(|| files::read(path, MAX_BYTES), |it| it.read());
            now.is_ok_and(|now| {
                let now = now.as_ref().map(|bytes| hash(bytes));
                now != *was && now != *after
            })
        }
    }
}
