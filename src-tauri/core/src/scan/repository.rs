//! Finds the repositories whose objects are searched.

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::files;

/// A file of git's with a path in it.
const MAX_BYTES: u64 = 64 << 10;

/// True for the folder `objects` of a repository.
pub(super) fn is_objects(folder: &Path) -> bool {
    let beside = |name: &str| folder.with_file_name(name);
    folder.file_name().is_some_and(|name| name == "objects")
        && fs::symlink_metadata(beside("HEAD")).is_ok_and(|head| !head.is_dir())
        && beside("refs").is_dir()
        && folder.is_dir()
}

/// The repository that a file `.git` points to: that of a linked worktree or a submodule (gitrepository-layout(5)).
pub(super) fn behind(git_file: &Path) -> Option<PathBuf> {
    let folder = path_in(git_file, "gitdir: ")?;
    let common = path_in(&folder.join("commondir"), "").unwrap_or(folder);
    is_objects(&common.join("objects")).then_some(common)
}

/// The path in a file of git's, relative to the file's folder.
fn path_in(file: &Path, start: &str) -> Option<PathBuf> {
    let bytes = files::read(file, MAX_BYTES).ok()??;
    let text = String::from_utf8_lossy(&bytes);
    let path = text.strip_prefix(start)?.trim_end_matches(['\n', '\r']);
    dunce::canonicalize(file.parent()?.join(path)).ok()
}
