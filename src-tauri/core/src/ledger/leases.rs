//! The tokens that `herokey exec` has made and not yet revoked. Each has a record without secrets, locked by the program
//! that made it for as long as that runs. A record that nobody locks was left behind by a killed program.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::damaged;
use super::damaged::Record;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::files::{self, FileLock};
use crate::base::state_folder;
use crate::base::text::{Text, shown_in};

const PREFIX: &str = "exec-";
const MAX_BYTES: u64 = 64 << 10;

/// What must be known to revoke a token without having it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The description of its authorization.
    pub description: Text,
    /// The API host that made it.
    pub host: String,
    /// The account's email; `None` if the token in use names none.
    pub account: Option<String>,
    /// When Heroku was asked for it.
    pub asked_at: Timestamp,
    /// When it ends by itself; `None` if never.
    pub ends_at: Option<Timestamp>,
    /// The authorization's id; `None` until Heroku has answered.
    pub id: Option<Text>,
}

/// A record that this process has locked.
#[derive(Debug)]
pub(crate) struct HeldLease {
    env: Env,
    path: PathBuf,
    lease: Lease,
    _lock: FileLock,
}

/// What other programs have lent.
#[derive(Debug, Default)]
pub(crate) struct Others {
    /// What was left behind, now locked by this process.
    pub(crate) left: Vec<HeldLease>,
    /// What a running program has lent.
    pub(crate) held: Vec<Lease>,
}

impl HeldLease {
    /// Writes and locks a new record.
    pub(crate) fn begin(env: &Env, lease: Lease) -> Result<Self> {
        let begin = || {
            let _guard = guard(env)?;
            let name = format!("{PREFIX}{}-{}", std::process::id(), env.now().as_nanosecond());
            let path = env.state_dir().join(name + ".json");
            let lock = state_folder::open_lock(env, &lock_name(&path))?;
            let lock = FileLock::take(lock, Duration::ZERO)?.ok_or_else(held)?;
            let held = Self { env: env.clone(), path, lease, _lock: lock };
            held.write()?;
            Ok(held)
        };
        begin().map_err(|error| failed(env, &error))
    }

    /// The record.
    pub(crate) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Records the authorization's id, its end, and its account, if Heroku names it.
    pub(crate) fn made(
        &mut self,
        id: &Text,
        ends_at: Option<Timestamp>,
        account: Option<String>,
    ) -> Result<()> {
        self.lease.id = Some(id.clone());
        self.lease.ends_at = ends_at;
        self.lease.account = account.or(self.lease.account.take());
        self.write().map_err(|error| failed(&self.env, &error))
    }

    /// Removes the record: the token is revoked, or has never been made.
    pub(crate) fn close(self) -> Result<()> {
        files::sweep(&self.path)
            .and_then(|()| files::remove(&self.path))
            .and_then(|_| files::remove(&lock_path(&self.path)))
            .map(drop)
            .map_err(|error| failed(&self.env, &error))
    }

    fn write(&self) -> io::Result<()> {
        let mut record = serde_json::to_value(&self.lease)?;
        shown_in(&mut record);
        state_folder::write(&self.env, &self.path, record.to_string().as_bytes())
    }
}

/// The records that killed programs left behind, of tokens that have not ended yet.
pub fn left(env: &Env) -> Vec<Lease> {
    let is_left = |path: &PathBuf| {
        // Without its lock file, it is being removed.
        let lock = fs::File::open(lock_path(path));
        lock.is_ok_and(|lock| lock.try_lock_shared().is_ok())
    };
    let leases = paths(env).into_iter().filter(is_left).filter_map(|path| read(&path));
    leases.filter(|lease| lease.ends_at.is_none_or(|end| end > env.now())).collect()
}

/// Locks what killed programs left behind, and tells what running ones have lent.
pub(crate) fn of_others(env: &Env) -> Result<Others> {
    let mut others = Others::default();
    if paths(env).is_empty() {
        return Ok(others);
    }
    let io_failed = |error: io::Error| failed(env, &error);
    let _guard = guard(env).map_err(io_failed)?;
    for path in paths(env) {
        let lock = state_folder::open_lock(env, &lock_name(&path))
            .and_then(|lock| FileLock::take(lock, Duration::ZERO))
            .map_err(io_failed)?;
        match (lock, read(&path)) {
            (Some(lock), Some(lease)) => {
                others.left.push(HeldLease { env: env.clone(), path, lease, _lock: lock });
            }
            (None, Some(lease)) => others.held.push(lease),
            // Its program was killed while it wrote or removed the record, or something has damaged it.
            (Some(_), None) => {
                if is_damaged(&path) {
                    env.remark(damaged::set_aside(env, Record::Lease, &path).map_err(io_failed)?);
                }
                files::sweep(&path).and_then(|()| files::remove(&lock_path(&path))).map_err(io_failed)?;
            }
            (None, None) => {}
        }
    }
    Ok(others)
}

/// Keeps others from seeing a record before it is locked.
fn guard(env: &Env) -> io::Result<FileLock> {
    let lock = state_folder::open_lock(env, "exec.lock")?;
    FileLock::take(lock, env.limits.file_lock)?.ok_or_else(held)
}

fn held() -> io::Error {
    io::Error::other("another program has its lock")
}

/// True if there is a record that cannot be read.
pub(super) fn is_damaged(path: &Path) -> bool {
    path.symlink_metadata().is_ok() && read(path).is_none()
}

/// The paths of the records, of which a killed program may have left only the lock, or which may have been set aside.
pub(super) fn paths(env: &Env) -> BTreeSet<PathBuf> {
    // Without the folder there are none.
    let Ok(entries) = fs::read_dir(env.state_dir()) else { return BTreeSet::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let record = |name: String| {
        let (stem, _) = name.strip_prefix(PREFIX)?.split_once('.')?;
        Some(env.state_dir().join(format!("{PREFIX}{stem}.json")))
    };
    names.filter_map(record).collect()
}

fn read(path: &Path) -> Option<Lease> {
    let bytes = files::read(path, MAX_BYTES).ok().flatten()?;
    let mut record = serde_json::from_slice(&bytes).ok()?;
    shown_in(&mut record);
    serde_json::from_value(record).ok()
}

fn lock_path(record: &Path) -> PathBuf {
    record.with_extension("lock")
}

fn lock_name(record: &Path) -> String {
    lock_path(record).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn failed(env: &Env, error: &io::Error) -> Error {
    state_folder::failed(env, "Could not record the token of `herokey exec`.", error)
        .means("Herokey makes no token that it could not revoke after a crash.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::Text;
    use crate::ledger::journal::tests::machine;

    fn lease(env: &Env) -> Lease {
        Lease {
            description: Text::of("herokey exec: make on here"),
            host: "api.heroku.com".to_owned(),
            account: None,
            asked_at: env.now(),
            ends_at: None,
            id: None,
        }
    }

    #[test]
    fn a_record_is_left_when_its_program_ends_without_closing_it() {
        let (_home, env) = machine();
        let mut held = HeldLease::begin(&env, lease(&env)).unwrap();
        assert_eq!(left(&env), []);
        assert_eq!(of_others(&env).unwrap().held.len(), 1);
        held.made(&Text::of("some-id"), None, None).unwrap();
        let expected = held.lease().clone();
        drop(held);
        assert_eq!(left(&env), [expected]);
        let others = of_others(&env).unwrap();
        assert_eq!((others.left.len(), others.held.len()), (1, 0));
        assert_eq!(left(&env), [], "somebody cares for it");
        others.left.into_iter().for_each(|held| held.close().unwrap());
        assert_eq!(left(&env), []);
        let names = fs::read_dir(env.state_dir()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["exec.lock"]);
    }

    #[test]
    fn a_damaged_record_is_told_and_set_aside() {
        let (_home, env) = machine();
        let held = HeldLease::begin(&env, lease(&env)).unwrap();
        fs::write(&held.path, "half of a rec").unwrap();
        drop(held);
        let told = |set_aside| {
            let found = damaged::find(&env);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((found[0].record, found[0].set_aside), (Record::Lease, set_aside), "{found:?}");
        };
        told(false);
        for _ in 0..2 {
            assert_eq!(of_others(&env).unwrap().left.len(), 0);
            told(true);
        }
    }

    #[test]
    fn two_of_the_same_moment_are_two() {
        let (_home, env) = machine();
        let one = HeldLease::begin(&env, lease(&env)).unwrap();
        let two = HeldLease::begin(&env, lease(&env)).unwrap();
        one.close().unwrap();
        assert_eq!(of_others(&env).unwrap().held.len(), 1);
        two.close().unwrap();
    }
}
