//! Watches files with the system's own interface, folder by folder.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

pub(super) struct Files {
    watcher: RecommendedWatcher,
    folders: HashSet<PathBuf>,
    paths: Arc<Mutex<Vec<PathBuf>>>,
}

impl Files {
    pub(super) fn start(on_change: impl Fn(Option<&OsStr>) + Send + 'static) -> io::Result<Self> {
        let paths: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let watched = Arc::clone(&paths);
        let on_event = move |event: notify::Result<Event>| match event {
            // A read is no change, and each survey reads the watched files.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) if !is_about(&event, &watched.lock().unwrap_or_else(PoisonError::into_inner)) => {}
            // Events may be missing after an error, so an error counts as a change.
            Ok(event) => on_change(event.paths.first().and_then(|path| path.file_name())),
            Err(_) => on_change(None),
        };
        let watcher = notify::recommended_watcher(on_event).map_err(io::Error::other)?;
        Ok(Self { watcher, folders: HashSet::new(), paths })
    }

    /// Watches these paths alone. True if that differs from what was watched before.
    pub(super) fn refresh(&mut self, paths: &[PathBuf]) -> io::Result<bool> {
        let targets = paths.iter().filter_map(|path| dunce::canonicalize(path).ok());
        let paths: Vec<PathBuf> = paths.iter().cloned().chain(targets).collect();
        let folders: HashSet<PathBuf> = paths.iter().filter_map(|path| nearest_folder(path)).collect();
        let mut watched = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let differs = *watched != paths || self.folders != folders;
        *watched = paths;
        drop(watched);
        for folder in self.folders.difference(&folders) {
            // Fails if the folder was removed, which ended its watch.
            let _ = self.watcher.unwatch(folder);
        }
        let mut failure = Ok(differs);
        let (kept, new): (HashSet<_>, HashSet<_>) =
            folders.into_iter().partition(|folder| self.folders.contains(folder));
        self.folders = kept;
        for folder in new {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.folders.insert(folder)),
                Err(error) => failure = Err(io::Error::other(error)),
            }
        }
        failure
    }
}

/// True if an event names a watched path, a folder above one, or something directly in one.
fn is_about(event: &Event, paths: &[PathBuf]) -> bool {
    let is_watched = |path: &PathBuf| {
        paths.iter().any(|watched| watched.starts_with(path) || path.parent() == Some(watched))
    };
    event.need_rescan() || event.paths.iter().any(is_watched)
}

fn nearest_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| folder.is_dir()).map(Path::to_path_buf)
}
