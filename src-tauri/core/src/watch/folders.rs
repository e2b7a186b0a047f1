//! Watches by the system's own means, folder by folder.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

pub(super) struct Files {
    watcher: RecommendedWatcher,
    folders: HashSet<PathBuf>,
    wanted: Arc<Mutex<Vec<PathBuf>>>,
}

impl Files {
    pub(super) fn start(changed: impl Fn(Option<&OsStr>) + Send + 'static) -> io::Result<Self> {
        let wanted: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let concerns = Arc::clone(&wanted);
        let heard = move |event: notify::Result<Event>| match event {
            // Reading is not changing, and survey reads what is watched.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) if !concern(&event, &concerns.lock().unwrap_or_else(PoisonError::into_inner)) => {}
            // After an error events may be missing, so it counts as a change.
            Ok(event) => changed(event.paths.first().and_then(|path| path.file_name())),
            Err(_) => changed(None),
        };
        let watcher = notify::recommended_watcher(heard).map_err(io::Error::other)?;
        Ok(Self { watcher, folders: HashSet::new(), wanted })
    }

    pub(super) fn refresh(&mut self, wanted: &[PathBuf]) -> io::Result<()> {
        let led_to = wanted.iter().filter_map(|path| dunce::canonicalize(path).ok());
        let wanted: Vec<PathBuf> = wanted.iter().cloned().chain(led_to).collect();
        let folders: HashSet<PathBuf> = wanted.iter().filter_map(|path| nearest_folder(path)).collect();
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        for gone in self.folders.difference(&folders) {
            // A folder that was removed took its watch along.
            let _ = self.watcher.unwatch(gone);
        }
        let mut failure = Ok(());
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

/// An event concerns a file if it names the file, a folder above it, or something in it.
fn concern(event: &Event, wanted: &[PathBuf]) -> bool {
    let about =
        |path: &PathBuf| wanted.iter().any(|file| file.starts_with(path) || path.parent() == Some(file));
    event.need_rescan() || event.paths.iter().any(about)
}

fn nearest_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| folder.is_dir()).map(Path::to_path_buf)
}
