//! All files under a folder at one moment, for comparisons and for looking for a token.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What is at a path. A file's bytes are kept whole.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// A folder and its mode.
    Folder(u32),
    /// A file, its mode and its bytes.
    File(u32, Vec<u8>),
    /// A symbolic link and where it points.
    Link(PathBuf),
    /// A socket, FIFO or device.
    Other,
}

impl std::fmt::Debug for Entry {
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

/// All that is under a folder, by path from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(BTreeMap<PathBuf, Entry>);

impl Tree {
    /// Reads everything under `folder`.
    pub fn of(folder: &Path) -> Self {
        let mut entries = BTreeMap::new();
        read(folder, folder, &mut entries);
        Self(entries)
    }

    /// What is at this path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(Path::new(path))
    }

    /// The same without what is at or under this path: caches, or the keyring's own files.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.0.retain(|at, _| !at.starts_with(path));
        self
    }

    /// Makes `folder` what it was, but for what is at or under the path `but`.
    ///
    /// # Panics
    /// Where a file of a world cannot be written.
    pub fn restore(&self, folder: &Path, but: &str) {
        let (wanted, now) = (self.clone().without(but), Self::of(folder).without(but));
        let is_above = |path: &Path| Path::new(but).starts_with(path);
        for (path, entry) in now.0.iter().rev().filter(|(path, _)| !is_above(path)) {
            let at = folder.join(path);
            match entry {
                Entry::Folder(_) if wanted.0.contains_key(path) => {}
                Entry::Folder(_) => fs::remove_dir(at).expect("an empty folder can be removed"),
                other if wanted.0.get(path) == Some(other) => {}
                _ => fs::remove_file(at).expect("a file can be removed"),
            }
        }
        for (path, entry) in wanted.0.iter().filter(|(path, entry)| now.0.get(*path) != Some(*entry)) {
            let at = folder.join(path);
            match entry {
                Entry::Folder(mode) => {
                    fs::create_dir_all(&at).expect("a folder can be made");
                    fs::set_permissions(at, fs::Permissions::from_mode(*mode)).expect("its mode can be set");
                }
                Entry::File(mode, bytes) => {
                    fs::write(&at, bytes).expect("a file can be written");
                    fs::set_permissions(at, fs::Permissions::from_mode(*mode)).expect("its mode can be set");
                }
                Entry::Link(target) => std::os::unix::fs::symlink(target, at).expect("a link can be made"),
                Entry::Other => {}
            }
        }
    }

    /// Whether a file holds this text.
    pub fn holds(&self, text: &str) -> bool {
        !self.files_with(text).is_empty()
    }

    /// The path of everything there, folders included.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// The files with this text in them.
    pub fn files_with(&self, text: &str) -> Vec<&Path> {
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        let files = self.0.iter().filter(|(_, entry)| matches!(entry, Entry::File(_, bytes) if has(bytes)));
        files.map(|(path, _)| path.as_path()).collect()
    }

    /// One line for each path that differs in `later`: `+` new, `-` gone, `~` changed.
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

fn read(folder: &Path, root: &Path, entries: &mut BTreeMap<PathBuf, Entry>) {
    // What a running program removes meanwhile is not there; all else of a world can be read.
    let Ok(children) = fs::read_dir(folder) else { return };
    for path in children.flatten().map(|child| child.path()) {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        let mode = metadata.permissions().mode() & 0o7777;
        let kind = metadata.file_type();
        let entry = if kind.is_dir() {
            read(&path, root, entries);
            Entry::Folder(mode)
        } else if kind.is_file() {
            let Ok(bytes) = fs::read(&path) else { continue };
            Entry::File(mode, bytes)
        } else if kind.is_symlink() {
            let Ok(target) = fs::read_link(&path) else { continue };
            Entry::Link(target)
        } else {
            Entry::Other
        };
        let below = path.strip_prefix(root).expect("a path under its root");
        entries.insert(below.to_owned(), entry);
    }
}
