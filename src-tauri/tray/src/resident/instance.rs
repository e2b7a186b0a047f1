//! Only one tray runs for each user.

use std::fs::{File, TryLockError};
use std::io;

use herokey_core::Env;
use herokey_core::base::{files, state_folder};

/// Locks `tray.lock` for as long as the file is open; `None` if another tray holds it. The kernel releases the lock when
/// the process ends, however it ends.
pub(crate) fn take(env: &Env) -> io::Result<Option<File>> {
    let lock = state_folder::open_lock(env, "tray.lock").or_else(|error| {
        // The tray starts all the same, to show what is wrong with the folder.
        let folder = env.runtime_dir().ok_or(error)?;
        files::open_lock(&folder.join("herokey-tray.lock"))
    })?;
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

    #[test]
    fn the_lock_moves_to_the_sessions_folder_if_herokeys_own_cannot_be_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        std::fs::write(home.path().join(".local"), "").unwrap();
        let env = Env::new([("HOME", path), ("XDG_RUNTIME_DIR", path)]);
        let first = take(&env).unwrap();
        assert!(first.is_some() && take(&env).unwrap().is_none());
        assert!(take(&Env::new([("HOME", path)])).is_err());
    }
}
