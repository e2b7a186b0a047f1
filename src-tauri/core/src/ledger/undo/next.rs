//! Which change to undo next: the last one whose file is as that change left it.

use super::{Before, FileChange, UndoableChange, hash, record};
use crate::base::env::Env;
use crate::base::files;

/// More than any file that Herokey changes.
const MAX_BYTES: u64 = 4 << 20;
/// The bits of a file that only its owner can use.
const PRIVATE: u32 = 0o600;

/// The change to undo next, and the later ones of other files, which cannot be undone, newest first. If none can be
/// undone, the last one. `None` if there is no change.
pub(crate) fn next(env: &Env) -> Option<(UndoableChange, Vec<UndoableChange>)> {
    let mut blocked: Vec<UndoableChange> = Vec::new();
    for change in record::read(env).into_iter().rev() {
        let is_blocked = is_blocked(&change) || blocked.iter().any(|later| is_same_file(later, &change));
        if !is_blocked {
            return Some((change, blocked));
        }
        blocked.push(change);
    }
    blocked.into_iter().next().map(|last| (last, Vec::new()))
}

fn is_same_file(one: &UndoableChange, other: &UndoableChange) -> bool {
    let path = |change: &UndoableChange| change.file.as_ref().map(|file| file.path.clone());
    one.file.is_some() && path(one) == path(other)
}

/// True if the file has changed since. What cannot be told here, such as the content of an encrypted file, the undo
/// itself finds out.
fn is_blocked(change: &UndoableChange) -> bool {
    let Some(FileChange { path, before }) = &change.file else { return false };
    match before {
        Before::Mode(mode) => files::mode(path).is_ok_and(|now| now != *mode && now != PRIVATE),
        Before::Bytes { .. } if path.extension().is_some_and(|extension| extension == "gpg") => false,
        Before::Bytes { was, after, .. } => files::read(path, MAX_BYTES).is_ok_and(|now| {
            let now = now.as_ref().map(|bytes| hash(bytes));
            now != *was && now != *after
        }),
    }
}
