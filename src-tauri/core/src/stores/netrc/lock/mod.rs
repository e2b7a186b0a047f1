//! `<path>.lock`, the lock that programs take while they write netrc for Heroku (INTEROP.md, "The netrc lock").

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

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::files::{self, FileLock};
use crate::base::log;
use crate::base::text::shown;

/// How often to check the lock of another program, which is held for milliseconds.
const POLL: Duration = Duration::from_millis(20);
const MAX_BYTES: u64 = 4 << 10;
/// How many milliseconds two programs' readings of one process's start time may differ by.
const START_TOLERANCE: u64 = 2_000;

/// The lock, held until it is dropped.
pub(super) struct NetrcLock {
    path: PathBuf,
    nonce: String,
    /// The locked netrc file itself, where no other file can be created.
    netrc: Option<FileLock>,
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
    /// Waits for the lock and takes it. A lock that another program holds is removed only if that program ran on this
    /// machine and has ended. The lock is named after `netrc`, even if that is a link to `target`.
    ///
    /// Where no file can be created beside `netrc`, only programs of Herokey's wait for each other.
    pub(super) fn take(netrc: &Path, target: &Path, env: &Env) -> io::Result<Self> {
        let path = lock_path(netrc);
        let started = Instant::now();
        let mut empty_since = None;
        loop {
            let holder = Holder::this_process(env);
            match holder.link(&path, env) {
                Ok(true) => {
                    let lock = Self { path, nonce: holder.nonce, netrc: None };
                    files::sweep(&lock.path)?;
                    return Ok(lock);
                }
                Ok(false) => {}
                Err(error) if is_denied(&error) => return Self::take_file(path, target, env, error),
                Err(error) => return Err(error),
            }
            let is_forgotten = is_forgotten(&path, &mut empty_since, env);
            match remove_if_abandoned(env, &path, is_forgotten) {
                Ok(true) => continue,
                // The holder has the file open, or is about to remove it.
                Err(error) if files::is_held(&error) => {}
                other => drop(other?),
            }
            if started.elapsed() > env.limits.netrc_lock {
                let text = format!(
                    "{} is held by another program{}; if none is running, remove that file",
                    path.display(),
                    LeftLock::find(env, netrc).map(|left| left.machine()).unwrap_or_default()
                );
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            std::thread::sleep(POLL);
        }
    }

    fn take_file(path: PathBuf, target: &Path, env: &Env, denied: io::Error) -> io::Result<Self> {
        let netrc = match files::open_to_overwrite(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(denied),
            other => other?,
        };
        let Some(netrc) = FileLock::take(netrc, env.limits.netrc_lock)? else {
            let text = "another program of Herokey's is writing it";
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        };
        Ok(Self { path, nonce: String::new(), netrc: Some(netrc) })
    }
}

/// True if a lock has been empty for so long that whoever created it cannot be about to write into it: a program that was
/// killed between the two, where no hard link makes them one step.
fn is_forgotten(lock: &Path, empty_since: &mut Option<Instant>, env: &Env) -> bool {
    if !fs::metadata(lock).is_ok_and(|lock| lock.len() == 0) {
        *empty_since = None;
        return false;
    }
    empty_since.get_or_insert_with(Instant::now).elapsed() > env.limits.netrc_writer
}

/// True if the folder lets nobody create a file.
fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

impl Drop for NetrcLock {
    fn drop(&mut self) {
        if self.netrc.is_some() {
            return;
        }
        let is_ours = read(&self.path).ok().flatten().is_some_and(|holder| holder.nonce == self.nonce);
        if is_ours && let Err(error) = files::remove(&self.path) {
            log::notice(&format!(
                "{} could not be removed ({error}). Remove it, or each program that writes the netrc file waits for it.",
                self.path.display()
            ));
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

    /// Creates the lock as a hard link, so that no reader ever sees it without its content. False if it exists. On file
    /// systems without hard links it is created first and filled then, which is weaker.
    fn link(&self, lock: &Path, env: &Env) -> io::Result<bool> {
        let mut content = files::temporary(lock)?;
        content.write_all(&serde_json::to_vec(self)?)?;
        match fs::hard_link(content.path(), lock) {
            Ok(()) => Ok(true),
            // Not found: the lock's holder has swept away the temporary file.
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {
                Ok(false)
            }
            Err(error) if files::is_held(&error) => Ok(false),
            Err(error) if files::has_no_links(&error) => {
                let created = self.create(lock)?;
                if created {
                    env.remark(format!(
                        "The file system of {} has no hard links. If Herokey is killed in the instant between creating \
                         that lock and filling it, other programs may wait for it until Herokey runs again.",
                        env.tilde(lock)
                    ));
                }
                Ok(created)
            }
            Err(error) => Err(error),
        }
    }

    fn create(&self, lock: &Path) -> io::Result<bool> {
        let mut file = match files::create_new(lock) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            other => other?,
        };
        if let Err(error) = file.write_all(&serde_json::to_vec(self)?) {
            files::remove(lock)?;
            return Err(error);
        }
        Ok(true)
    }

    /// True if the process has ended. Its pid may have passed to a process with another start time.
    fn is_gone(&self) -> bool {
        let is_reused = || {
            system::started_at(self.pid)
                .is_some_and(|started| started.abs_diff(self.process_started_at) > START_TOLERANCE)
        };
        self.hostname.eq_ignore_ascii_case(&system::hostname()) && (system::is_gone(self.pid) || is_reused())
    }
}

/// A lock that stays until somebody removes it: its holder ran on another machine, or cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeftLock {
    /// The lock file.
    pub path: PathBuf,
    /// The machine's name, safe to show; `None` if the lock does not say.
    pub machine: Option<String>,
    /// When it was taken, by that machine's clock.
    pub since: Option<Timestamp>,
}

impl LeftLock {
    /// The lock beside `netrc` that no program on this machine will release; `None` if there is none, or only for as long
    /// as a program may hold it.
    pub(crate) fn find(env: &Env, netrc: &Path) -> Option<Self> {
        let path = lock_path(netrc);
        let modified = fs::metadata(&path).ok()?.modified().ok()?;
        let holder = read(&path).ok().flatten();
        let since = match &holder {
            Some(holder) if holder.hostname.eq_ignore_ascii_case(&system::hostname()) => return None,
            Some(holder) => Timestamp::from_millisecond(holder.created_at).ok(),
            None => Timestamp::try_from(modified).ok(),
        };
        let age = since.map(|since| env.now().duration_since(since).unsigned_abs());
        let machine = holder.map(|holder| shown(&holder.hostname));
        age.is_none_or(|age| age > env.limits.netrc_lock).then_some(Self { path, machine, since })
    }

    fn machine(&self) -> String {
        self.machine.as_ref().map(|machine| format!(" on the machine {machine}")).unwrap_or_default()
    }
}

fn read(lock: &Path) -> io::Result<Option<Holder>> {
    Ok(files::read(lock, MAX_BYTES)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Removes a lock whose holder has ended. True if it did.
///
/// If two programs try it, only the one that holds the system's lock on the file removes it, and only if the name still
/// leads to that file: by then, the name may belong to the next holder's lock.
fn remove_if_abandoned(env: &Env, lock: &Path, is_forgotten: bool) -> io::Result<bool> {
    let abandoned = match File::open(lock) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    if !is_forgotten && !read(lock)?.is_some_and(|holder| holder.is_gone()) {
        return Ok(false);
    }
    let Some(abandoned) = FileLock::take(abandoned, env.limits.file_lock)? else { return Ok(false) };
    let abandoned = same_file::Handle::from_file(abandoned.try_clone()?)?;
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
    fn only_one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(".netrc");
        let held = NetrcLock::take(&target, &target, &env()).unwrap();
        let refused = NetrcLock::take(&target, &target, &env()).map(drop).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        drop(held);
        drop(NetrcLock::take(&target, &target, &env()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_the_lock_of_an_ended_process_of_this_machine_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(".netrc");
        let lock = lock_path(&target);
        let me = std::process::id();

        leave(&lock, me, system::started_at(me).unwrap(), system::hostname());
        assert!(NetrcLock::take(&target, &target, &env()).is_err(), "the holder is running");
        leave(&lock, u32::MAX >> 2, 0, "elsewhere".to_owned());
        assert!(NetrcLock::take(&target, &target, &env()).is_err(), "the holder is on another machine");

        leave(&lock, u32::MAX >> 2, 0, system::hostname());
        assert!(NetrcLock::take(&target, &target, &env()).is_ok(), "the holder has ended");
        leave(&lock, me, 1_000, system::hostname());
        assert!(NetrcLock::take(&target, &target, &env()).is_ok(), "another process has the holder's pid");
    }
}
