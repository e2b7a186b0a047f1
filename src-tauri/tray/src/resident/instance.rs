//! Only one tray runs for each user.

use std::fs::{File, TryLockError};
use std::io;

use herokey_core::Env;
use herokey_core::base::files;

/// Locks `tray.lock` for as long as the file is open; `None` if another tray holds it. The kernel releases the lock when
/// the process ends, however it ends.
pub(crate) fn take(env: &Env) -> io::Result<Option<File>> {
    files::private_folder(&env.state_dir())?;
    let lock =
        File::options().create(true).truncate(false).write(true).open(env.state_dir().join("tray.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use herokey_core::Env;

    use super::take;

    #[test]
    fn the_lock_is_taken_once_and_released() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        let first = take(&env).unwrap();
        assert!(first.is_some());
        assert!(take(&env).unwrap().is_none());
        drop(first);
        assert!(take(&env).unwrap().is_some());
    }
}
