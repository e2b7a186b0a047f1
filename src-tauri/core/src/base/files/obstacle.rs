//! What keeps a file from being replaced, found out before anything changes.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use super::{folder_of, system};

/// Why a file cannot be replaced.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// A device, a pipe, a socket or a folder has this name.
    NotRegular,
    /// The file is mounted by itself, as in a container: it can be written, but not replaced.
    Mounted,
    /// Nobody may write the file, or this process may not.
    ReadOnly,
    /// The same holds for its folder.
    FolderReadOnly,
    /// The file or its folder cannot be looked at.
    Unseen(io::Error),
}

/// Finds what keeps a file, which may not exist yet, from being replaced. Links must be resolved.
pub(crate) fn obstacle(path: &Path) -> Option<Obstacle> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Some(Obstacle::NotRegular),
        Ok(_) if system::is_mount_point(path) => return Some(Obstacle::Mounted),
        // A rename would replace such a file, but whoever protects it does not want that.
        Ok(_) if is_protected(path) => return Some(Obstacle::ReadOnly),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Some(Obstacle::Unseen(error)),
        _ => {}
    }
    match fs::metadata(folder_of(path)) {
        Err(error) => Some(Obstacle::Unseen(error)),
        Ok(_) => is_protected(folder_of(path)).then_some(Obstacle::FolderReadOnly),
    }
}

/// True if nobody may write a file or folder, or this process may not.
pub(crate) fn is_protected(path: &Path) -> bool {
    system::is_protected(path)
}

impl fmt::Display for Obstacle {
    /// Says why in half a sentence about the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegular => f.write_str("it is not a regular file"),
            Self::Mounted => f.write_str("it is mounted by itself, so no program can replace it"),
            Self::ReadOnly => f.write_str("it is read-only"),
            Self::FolderReadOnly => f.write_str("its folder is read-only"),
            Self::Unseen(error) => error.fmt(f),
        }
    }
}
