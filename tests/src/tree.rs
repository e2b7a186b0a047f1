//! A snapshot of all files under a folder, to compare it with another one and to search it for a token.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What is at a path.
#[derive(Clone, PartialEq, Eq)]
pub enum TreeEntry {
    /// A folder with its mode.
    Folder(u32),
    /// A file with its mode and all its bytes.
    File(u32, Vec<u8>),
    /// A symbolic link with its target.
    Link(PathBuf),
    /// A socket, FIFO or device.
    Other,
}

impl std::fmt::Debug for TreeEntry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(mode) => write!(formatter, "folder {mode:03o}"),
            Self::File(mode, bytes) => {
                write!(formatter, "file {mode:03o} {:?}", String::from_utf8_lossy(bytes))
            }
            Self::Link(target) => write!(formatter, "link to {}", target.display()),
            Self::Other => write!(formatter, "socket or the like"),
        }
    }
}

/// Everything under a folder, by its path relative to that folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(BTreeMap<PathBuf, TreeEntry>);

impl Tree {
    /// Reads everything under `folder`.
    pub fn of(folder: &Path) -> Self {
        let mut entries = BTreeMap::new();
        read(folder, folder, &mut entries);
        Self(entries)
    }

    /// What is at this path.
    pub fn get(&self, path: &str) -> Option<&TreeEntry> {
        self.0.get(Path::new(path))
    }

    /// The same tree without this path and everything under it, such as caches or the keyring's files.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.0.retain(|at, _| !at.starts_with(path));
        self
    }

    /// Restores `folder` to this snapshot, except for the path `except` and everything under it.
    ///
    /// # Panics
    /// If a file of a world cannot be written.
    pub fn restore(&self, folder: &Path, except: &str) {
        let (wanted, now) = (self.clone().without(except), Self::of(folder).without(except));
        let is_above = |path: &Path| Path::new(except).starts_with(path);
        for (path, entry) in now.0.iter().rev().filter(|(path, _)| !is_above(path)) {
            let at = folder.join(path);
            match entry {
                TreeEntry::Folder(_) if wanted.0.contains_key(path) => {}
                TreeEntry::Folder(_) => fs::remove_dir(at).expect("an empty folder can be removed"),
                other if wanted.0.get(path) == Some(other) => {}
                _ => fs::remove_file(at).expect("a file can be removed"),
            }
        }
        for (path, entry) in wanted.0.iter().filter(|(path, entry)| now.0.get(*path) != Some(*entry)) {
            let at = folder.join(path);
            match entry {
                TreeEntry::Folder(mode) => {
                    fs::create_dir_all(&at).expect("a folder can be created");
                    fs::set_permissions(at, fs::Permissions::from_mode(*mode)).expect("its mode can be set");
                }
                TreeEntry::File(mode, bytes) => {
                    fs::write(&at, bytes).expect("a file can be written");
                    fs::set_permissions(at, fs::Permissions::from_mode(*mode)).expect("its mode can be set");
                }
                TreeEntry::Link(target) => symlink(target, at).expect("a link can be created"),
                TreeEntry::Other => {}
            }
        }
    }

    /// Whether a file contains this text.
    pub fn contains(&self, text: &str) -> bool {
        !self.files_containing(text).is_empty()
    }

    /// All paths in the tree, including those of folders.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// The files that contain this text.
    pub fn files_containing(&self, text: &str) -> Vec<&Path> {
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        let files =
            self.0.iter().filter(|(_, entry)| matches!(entry, TreeEntry::File(_, bytes) if has(bytes)));
        files.map(|(path, _)| path.as_path()).collect()
    }

    /// One line for each path that differs in `later`: `+` if it is new, `-` if it is gone, `~` if it has changed.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let mut paths: Vec<&PathBuf> = self.0.keys().chain(later.0.keys()).collect();
        paths.sort();
        paths.dedup();
        let change = |path: &PathBuf| match (self.0.get(path), later.0.get(path)) {
            (None, Some(_)) => Some(format!("+ {}", path.display())),
            (Some(_), None) => Some(format!("- {}", path.display())),
            (before, after) if before != after => Some(format!("~ {}", path.display())),
            _ => None,
        };
        paths.into_iter().filter_map(change).collect()
    }
}

fn read(folder: &Path, root: &Path, entries: &mut BTreeMap<PathBuf, TreeEntry>) {
    // A running program may remove a file in the meantime. Everything else in a world can be read.
    let Ok(children) = fs::read_dir(folder) else { return };
    for path in children.flatten().map(|child| child.path()) {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        let mode = metadata.permissions().mode() & 0o7777;
        let kind = metadata.file_type();
        let entry = if kind.is_dir() {
            read(&path, root, entries);
            TreeEntry::Folder(mode)
        } else if kind.is_file() {
            let Ok(bytes) = fs::read(&path) else { continue };
            TreeEntry::File(mode, bytes)
        } else if kind.is_symlink() {
            let Ok(target) = fs::read_link(&path) else { continue };
            TreeEntry::Link(target)
        } else {
            TreeEntry::Other
        };
        let below = path.strip_prefix(root).expect("a path under its root");
        entries.insert(below.to_owned(), entry);
    }
}
