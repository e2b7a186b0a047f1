//! The lock that every `git config` takes, and the changed copy that replaces the configuration.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempPath;

use crate::base::env::Env;
use crate::base::files;
use crate::base::log;

/// git's lock, `<config>.lock`, which every `git config` takes.
///
/// Herokey's lock is a hard link to a temporary file of its own. That distinguishes a lock that a killed Herokey left
/// behind from git's own lock, which only git may remove. On file systems without hard links the lock is a new file with
/// the name of the temporary one in it.
pub(super) struct Lock {
    path: PathBuf,
    marker: TempPath,
}

impl Lock {
    /// Waits until another program releases the lock. Another Herokey cannot hold it: only one action runs at a time.
    pub(super) fn take(env: &Env, config: &Path) -> io::Result<Self> {
        let mut path = config.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        remove_stale(&path, config)?;
        files::sweep(config)?;
        let marker = files::temporary(config)?.into_temp_path();
        let started = Instant::now();
        loop {
            match link(&marker, &path) {
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
        // The marker goes last, so a lock never exists without the file that proves it is Herokey's.
        if let Err(error) = files::remove(&self.path) {
            log::notice(&format!(
                "{} could not be removed ({error}). Remove it and {}, or git cannot change its configuration.",
                self.path.display(),
                self.marker.display()
            ));
        }
    }
}

fn link(marker: &Path, lock: &Path) -> io::Result<()> {
    match fs::hard_link(marker, lock) {
        Err(error) if files::has_no_links(&error) => {
            let written = files::create_new(lock)?.write_all(name_of(marker).as_encoded_bytes());
            // Nobody else would remove a lock without the name.
            written.or_else(|error| files::remove(lock).and(Err(error)))
        }
        other => other,
    }
}

/// True if a lock is that of a temporary file.
fn is_link(marker: &Path, lock: &Path) -> io::Result<bool> {
    let name = name_of(marker);
    Ok(same_file::is_same_file(marker, lock)?
        || fs::metadata(lock)?.len() == name.len() as u64 && fs::read(lock)? == name.as_encoded_bytes())
}

fn name_of(marker: &Path) -> &OsStr {
    marker.file_name().unwrap_or_default()
}

/// Copies the configuration, with its permissions, to a temporary file. Only while holding the lock.
///
/// Without a configuration there is no file yet either, so that whoever writes it gives it the usual mode, as git does.
pub(super) fn copy_of(config: &Path) -> io::Result<TempPath> {
    let mut copy = files::temporary(config)?;
    match fs::File::open(config) {
        Ok(mut current) => {
            copy.as_file().set_permissions(current.metadata()?.permissions())?;
            io::copy(&mut current, &mut copy)?;
            Ok(copy.into_temp_path())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = copy.into_temp_path();
            files::remove(&path)?;
            Ok(path)
        }
        Err(error) => Err(error),
    }
}

/// Replaces the configuration with the changed copy. Only while holding the lock.
pub(super) fn replace_with(copy: &Path, config: &Path) -> io::Result<()> {
    let changed = files::reopen(copy)?;
    files::keep_owner(config, &changed)?;
    changed.sync_all()?;
    files::rename_with_retry(copy, config)?;
    files::flush_folder(files::folder_of(config))
}

/// Removes the lock if a killed Herokey left it behind.
fn remove_stale(lock: &Path, config: &Path) -> io::Result<()> {
    for marker in files::temporary_files(config)? {
        match is_link(&marker, lock) {
            Ok(true) => return files::remove(lock).map(drop),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
