//! Finds repositories, and the folders that have their objects.

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::files;

/// A file of git's with a path in it.
const MAX_BYTES: u64 = 64 << 10;
/// More alternates than anybody has. git itself follows them five times.
const MAX_FOLDERS: usize = 64;

/// True for the folder `objects` of a repository.
pub(in crate::scan) fn is_objects(folder: &Path) -> bool {
    let beside = |name: &str| folder.with_file_name(name);
    folder.file_name().is_some_and(|name| name == "objects")
        && fs::symlink_metadata(beside("HEAD")).is_ok_and(|head| !head.is_dir())
        && beside("refs").is_dir()
        && folder.is_dir()
}

/// The folder with the objects of the repository that a file `.git` points to: that of a linked worktree or a submodule.
pub(in crate::scan) fn objects_behind(git_file: &Path) -> Option<PathBuf> {
    let folder = path_in(git_file, "gitdir: ")?;
    let common = path_in(&folder.join("commondir"), "").unwrap_or(folder);
    Some(common.join("objects")).filter(|objects| is_objects(objects))
}

/// A folder with objects, and those that it borrows from, directly or not (gitrepository-layout(5), "alternates"). Each
/// is a path without links.
pub(in crate::scan) fn with_alternates(objects: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::canonicalize(objects).into_iter().collect();
    let mut read = 0;
    while let Some(folder) = folders.get(read).cloned() {
        let bytes =
            files::read(&folder.join("info/alternates"), MAX_BYTES).ok().flatten().unwrap_or_default();
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end_matches('\r');
            if line.is_empty() || line.starts_with('#') || folders.len() == MAX_FOLDERS {
                continue;
            }
            if let Ok(alternate) = fs::canonicalize(folder.join(line))
                && alternate.is_dir()
                && !folders.contains(&alternate)
            {
                folders.push(alternate);
            }
        }
        read += 1;
    }
    folders
}

/// The path in a file of git's, relative to the file's folder.
fn path_in(file: &Path, start: &str) -> Option<PathBuf> {
    let bytes = files::read(file, MAX_BYTES).ok()??;
    let text = String::from_utf8_lossy(&bytes);
    let path = text.strip_prefix(start)?.trim_end_matches(['\n', '\r']);
    fs::canonicalize(file.parent()?.join(path)).ok()
}
