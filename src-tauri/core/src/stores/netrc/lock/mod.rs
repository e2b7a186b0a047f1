//! The lock that programs which write netrc for Heroku take: `<path>.lock` (INTEROP.md, "The netrc lock").

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(target_os = "macos")]
use self::macos as system;
#[cfg(windows)]
use self::windows as system;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::files;

/// How often a lock of another program is looked at; it is held for milliseconds.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const LIMIT: u64 = 4 << 10;
/// How far two programs' ideas of one moment may be apart, in milliseconds.
const SAME_START: u64 = 2_000;

/// Held from [`NetrcLock::take`] until it is dropped.
pub(super) struct NetrcLock {
    path: PathBuf,
    nonce: String,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Holder {
    created_at: i64,
    hostname: String,
    nonce: String,
    pid: u32,
    process_started_at: i64,
}

impl NetrcLock {
    /// Waits for its turn, at most for the limit of `env`; takes over only what a dead process of this machine left.
    /// `netrc` is the file as programs find it, which the lock is named after.
    pub(super) fn take(netrc: &Path, env: &Env) -> io::Result<Self> {
        let path = lock_path(netrc);
        let started = Instant::now();
        loop {
            let holder = Holder::this_process(env);
            if holder.link(&path)? {
                let lock = Self { path, nonce: holder.nonce };
                files::sweep(&lock.path)?;
                return Ok(lock);
            }
            match remove_if_abandoned(env, &path) {
                Ok(true) => continue,
                // Its holder is at it, or is about to give it back.
                Err(error) if files::is_held(&error) => {}
                other => drop(other?),
            }
            if started.elapsed() > env.limits.netrc_lock {
                let text = format!(
                    "{} is held by another program; if none is running, remove that file",
                    path.display()
                );
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for NetrcLock {
    fn drop(&mut self) {
        let ours = read(&self.path).ok().flatten().is_some_and(|holder| holder.nonce == self.nonce);
        if ours && let Err(error) = files::remove(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "could not remove the netrc lock");
        }
    }
}

impl Holder {
    fn this_process(env: &Env) -> Self {
        let now = env.now().as_millisecond();
        let nonce = format!("{:016x}", fastrand::u64(..));
        let pid = std::process::id();
        Self {
            created_at: now,
            hostname: system::hostname(),
            nonce,
            pid,
            process_started_at: system::started_at(pid).unwrap_or(now),
        }
    }

    /// A hard link is made or it is not: no reader ever sees a lock without its content.
    fn link(&self, lock: &Path) -> io::Result<bool> {
        let mut content = files::temporary(lock)?;
        content.write_all(&serde_json::to_vec(self)?)?;
        match fs::hard_link(content.path(), lock) {
            Ok(()) => Ok(true),
            // Not found: whoever has the lock took the file to be linked for one that a killed process left.
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {
                Ok(false)
            }
            Err(error) if files::is_held(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A pid that is in use is the holder's, or that of a process which started at another time.
    fn is_gone(&self) -> bool {
        let is_another = || {
            system::started_at(self.pid)
                .is_some_and(|started| started.abs_diff(self.process_started_at) > SAME_START)
        };
        self.hostname.eq_ignore_ascii_case(&system::hostname()) && (system::is_gone(self.pid) || is_another())
    }
}

fn read(lock: &Path) -> io::Result<Option<Holder>> {
    Ok(files::read(lock, LIMIT)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Removes a lock whose holder is gone; true if it did. Of two programs that see it, the one that holds the file's own
/// lock removes it, and only while its name still leads to it: a name, once looked up, may belong to the next holder.
fn remove_if_abandoned(env: &Env, lock: &Path) -> io::Result<bool> {
    let abandoned = match File::open(lock) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    if !read(lock)?.is_some_and(|holder| holder.is_gone()) {
        return Ok(false);
    }
    if !files::lock(&abandoned, env.limits.file_lock)? {
        return Ok(false);
    }
    let abandoned = same_file::Handle::from_file(abandoned)?;
    match same_file::Handle::from_path(lock) {
        Ok(current) if current == abandoned => files::remove(lock),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(false),
    }
}

fn lock_path(netrc: &Path) -> PathBuf {
    let mut path = OsString::from(netrc);
    path.push(".lock");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        let mut env = Env::new([("HOME", "/nonexistent")]);
        env.limits.netrc_lock = Duration::from_millis(60);
        env
    }

    fn leave(lock: &Path, pid: u32, started: i64, hostname: String) {
        let holder =
            Holder { created_at: 0, hostname, nonce: "n".to_owned(), pid, process_started_at: started };
        fs::write(lock, serde_json::to_vec(&holder).unwrap()).unwrap();
    }

    #[test]
    fn is_held_by_one_at_a_time_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(".netrc");
        let held = NetrcLock::take(&target, &env()).unwrap();
        let refused = NetrcLock::take(&target, &env()).map(drop).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        drop(held);
        drop(NetrcLock::take(&target, &env()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn is_taken_over_only_from_a_dead_process_of_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(".netrc");
        let lock = lock_path(&target);
        let me = std::process::id();

        leave(&lock, me, system::started_at(me).unwrap(), system::hostname());
        assert!(NetrcLock::take(&target, &env()).is_err(), "a living holder keeps it");
        leave(&lock, u32::MAX >> 2, 0, "elsewhere".to_owned());
        assert!(NetrcLock::take(&target, &env()).is_err(), "another machine's cannot be judged");

        leave(&lock, u32::MAX >> 2, 0, system::hostname());
        assert!(NetrcLock::take(&target, &env()).is_ok(), "a dead holder does not");
        leave(&lock, me, 1_000, system::hostname());
        assert!(NetrcLock::take(&target, &env()).is_ok(), "nor one whose pid another process has now");
    }
}
