//! Walks through folders with several threads and searches every file on the way. The threads share a list of what is left
//! to do, whose length is limited.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::filesystem;
use super::output::Output;
use super::repository;
use super::stream::Searcher;
use crate::base::env::Env;
use crate::base::files;
use crate::tools::git::{ObjectKind, Objects};

/// How much may be left to do before a thread does by itself what it finds.
const MAX_LEFT: usize = 4096;
/// How many files of a folder one thread hands to another at once.
const FILES: usize = 64;

/// Something to search.
#[derive(Debug)]
pub(super) enum Work {
    /// A place that the user or Herokey named; a link counts as what it leads to.
    Named(PathBuf),
    Folder(PathBuf),
    Files(Arc<Path>, Vec<OsString>),
    /// The objects of the repository with this folder.
    Repository(PathBuf),
}

/// Searches everything with so many threads.
pub(super) fn walk<'a>(
    env: &Env,
    work: Vec<Work>,
    threads: usize,
    output: &'a Output<'a>,
    searcher: &(dyn Fn() -> Searcher<'a> + Sync),
) {
    let left = Left { state: Mutex::new(State { work, busy: 0 }), changed: Condvar::new(), threads };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut worker = Worker { env, left: &left, output, searcher: searcher() };
                while let Some(work) = left.take() {
                    let _done = Done(&left);
                    if output.is_stopped() {
                        continue;
                    }
                    worker.perform(work);
                }
            });
        }
    });
}

/// What is left to do.
struct Left {
    state: Mutex<State>,
    changed: Condvar,
    threads: usize,
}

struct State {
    work: Vec<Work>,
    busy: usize,
}

impl Left {
    /// Waits for something to do. `None` once everything is done.
    fn take(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.work.pop() {
                state.busy += 1;
                return Some(work);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Leaves work to any thread. Returns it if too much is left already.
    fn add(&self, work: Work) -> Option<Work> {
        let mut state = self.lock();
        if state.work.len() >= MAX_LEFT {
            return Some(work);
        }
        state.work.push(work);
        self.changed.notify_one();
        None
    }

    /// True if a thread has nothing to do.
    fn has_idle_thread(&self) -> bool {
        let state = self.lock();
        state.work.is_empty() && state.busy < self.threads
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a thread's piece of work, even if it panics, so that no other thread waits forever.
struct Done<'a>(&'a Left);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.busy -= 1;
        if state.busy == 0 && state.work.is_empty() {
            self.0.changed.notify_all();
        }
    }
}

struct Worker<'a, 'b> {
    env: &'b Env,
    left: &'b Left,
    output: &'a Output<'a>,
    searcher: Searcher<'a>,
}

impl Worker<'_, '_> {
    fn perform(&mut self, work: Work) {
        match work {
            Work::Named(path) => match fs::metadata(&path) {
                Ok(found) if found.is_dir() => {
                    match path.parent().filter(|_| repository::is_objects(&path)) {
                        Some(repository) => self.leave_repository(repository),
                        None => self.folder(&path),
                    }
                }
                Ok(found) if found.is_file() => {
                    self.repository_behind(&path);
                    self.file(&path);
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.output.failed(&path, &error),
            },
            Work::Folder(path) => self.folder(&path),
            Work::Files(folder, names) => {
                for name in names {
                    self.file(&folder.join(name));
                }
            }
            Work::Repository(path) => self.repository(&path),
        }
    }

    /// Leaves work to any thread, or does it at once if too much is left.
    fn leave(&mut self, work: Work) {
        if let Some(work) = self.left.add(work) {
            self.perform(work);
        }
    }

    fn folder(&mut self, path: &Path) {
        if filesystem::is_made_by_the_kernel(path) {
            return;
        }
        let Some(entries) = self.entries(path) else { return };
        let shared: Arc<Path> = path.into();
        let mut names = Vec::new();
        for entry in entries {
            let Some((entry, kind)) = self.entry(path, entry) else { continue };
            let name = entry.file_name();
            if name == "objects" && repository::is_objects(&entry.path()) {
                self.leave_repository(path);
            } else if kind.is_dir() {
                self.leave(Work::Folder(entry.path()));
            } else if kind.is_file() {
                if name == ".git" {
                    self.repository_behind(&entry.path());
                }
                names.push(name);
            }
            if names.len() == FILES {
                self.files(&shared, std::mem::take(&mut names));
            }
        }
        self.files(&shared, names);
    }

    fn files(&mut self, folder: &Arc<Path>, names: Vec<OsString>) {
        if !names.is_empty() && self.left.has_idle_thread() {
            self.leave(Work::Files(Arc::clone(folder), names));
        } else {
            for name in names {
                self.file(&folder.join(name));
            }
        }
    }

    fn file(&mut self, path: &Path) {
        if self.output.is_stopped() {
            return;
        }
        let mut search = || {
            let Some((mut file, size)) = files::open_with_size(path)? else { return Ok(None) };
            self.searcher.search(&mut file, Some(size)).map(Some)
        };
        match search() {
            Ok(Some(found)) => self.output.file(path, found),
            // Another program has removed it in the meantime.
            Ok(None) => {}
            Err(error) => self.output.failed(path, &error),
        }
    }

    /// Leaves the repository that a file `.git` points to.
    fn repository_behind(&mut self, path: &Path) {
        if path.file_name().is_some_and(|name| name == ".git")
            && let Some(repository) = repository::behind(path)
        {
            self.leave_repository(&repository);
        }
    }

    fn leave_repository(&mut self, path: &Path) {
        let Ok(real) = dunce::canonicalize(path) else { return };
        if self.output.is_new(&real) {
            self.leave(Work::Repository(real));
        }
    }

    fn repository(&mut self, path: &Path) {
        let mut search = || {
            let mut objects = Objects::of(self.env, path)?;
            while let Some(mut object) = objects.next()? {
                if self.output.is_stopped() {
                    break;
                }
                let (id, kind, size) = (object.id.clone(), object.kind, object.size);
                if kind != ObjectKind::Tree {
                    let found = self.searcher.search(&mut object, Some(size))?;
                    self.output.object(path, &id, kind, found);
                }
            }
            Ok(())
        };
        if let Err(error) = search() {
            self.output.failed(path, &error);
        }
    }

    /// The entries of a folder. `None` if it is gone or cannot be read.
    fn entries(&self, folder: &Path) -> Option<fs::ReadDir> {
        match fs::read_dir(folder) {
            Ok(entries) => Some(entries),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.output.failed(folder, &error);
                }
                None
            }
        }
    }

    fn entry(&self, folder: &Path, entry: io::Result<fs::DirEntry>) -> Option<(fs::DirEntry, fs::FileType)> {
        let entry = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind)));
        entry.map_err(|error| self.output.failed(folder, &error)).ok()
    }
}
