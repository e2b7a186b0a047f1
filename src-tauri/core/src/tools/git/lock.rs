//! The lock that every `git config` takes, and the copy that takes the configuration's place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::{NamedTempFile, TempPath};

use crate::base::env::Env;
use crate::base::files;

/// git's lock, `<config>.lock`, which every `git config` takes.
///
/// It is a second name of a file of Herokey's beside it. So a lock that a killed Herokey left can be told from
/// git's own, which nobody but git may remove.
pub(super) struct Lock {
    path: PathBuf,
    marker: TempPath,
}

impl Lock {
    /// Waits for its turn. Only one action runs at a time, so no other Herokey can be at it.
    pub(super) fn take(env: &Env, config: &Path) -> io::Result<Self> {
        let mut path = config.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        remove_own(&path, config)?;
        files::sweep(config)?;
        let marker = files::temporary(config)?.into_temp_path();
        let started = Instant::now();
        loop {
            match fs::hard_link(&marker, &path) {
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists
                        && started.elapsed() < env.limits.git_lock =>
                {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(Self { path, marker }),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The marker is removed after it, so a lock never stands without its proof.
        if let Err(error) = files::remove(&self.path) {
            tracing::warn!(path = %self.path.display(), marker = %self.marker.display(), %error, "could not remove git's lock");
        }
    }
}

/// A copy of the configuration to be changed, with its permissions. For who has the lock.
pub(super) fn copy_of(config: &Path) -> io::Result<NamedTempFile> {
    let mut copy = files::temporary(config)?;
    match fs::File::open(config) {
        Ok(mut current) => {
            copy.as_file().set_permissions(current.metadata()?.permissions())?;
            io::copy(&mut current, &mut copy)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(copy)
}

/// Puts the changed copy in the place of the configuration. For who has the lock.
pub(super) fn put_in_place(copy: &NamedTempFile, config: &Path) -> io::Result<()> {
    // git has put another file in the place of the one that was made.
    let changed = fs::File::open(copy.path())?;
    files::keep_owner(config, &changed)?;
    changed.sync_all()?;
    files::rename_patiently(copy.path(), config)?;
    files::flush_folder(files::folder_of(config))
}

/// Removes the lock if it is one that a killed Herokey left.
fn remove_own(lock: &Path, config: &Path) -> io::Result<()> {
    for left in files::temporary_files(config)? {
        match same_file::is_same_file(&left, lock) {
            Ok(true) => return files::remove(lock).map(drop),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
