//! Files that programs lock.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{POLL, system};

/// Opens a file to lock, and creates it if it is missing. Only its owner may open it. Fails for a link, for anything but a
/// regular file, and for a file of another user.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    system::private_lock(&mut options);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(format!("{} is not a regular file", path.display())));
    }
    system::keep_private(&file, path)?;
    Ok(file)
}

/// A file whose exclusive lock is held until this is dropped.
#[derive(Debug)]
pub(crate) struct FileLock(File);

impl FileLock {
    /// Takes the lock, and waits at most `timeout` while another program holds it. `None` if it still does then.
    pub(crate) fn take(file: File, timeout: Duration) -> io::Result<Option<Self>> {
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::WouldBlock) if started.elapsed() < timeout => std::thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl Deref for FileLock {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for FileLock {
    /// Closing the file is not enough: a program that another thread is starting has it open too, until it has started.
    fn drop(&mut self) {
        // Closing it releases the lock anyway, only perhaps later.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_though_the_file_is_open_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let open = || open_lock(&folder.path().join("a.lock")).unwrap();
        let locked = FileLock::take(open(), Duration::ZERO).unwrap().unwrap();
        // As in a program that another thread is starting.
        let _elsewhere = locked.try_clone().unwrap();
        assert!(FileLock::take(open(), Duration::ZERO).unwrap().is_none());
        drop(locked);
        assert!(FileLock::take(open(), Duration::ZERO).unwrap().is_some());
    }
}
