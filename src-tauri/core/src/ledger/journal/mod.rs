//! What an action has done and has left to do, and the lock that lets one action run at a time on a machine.
//!
//! The journal is one small file without secrets. Every program watches it, so each shows what another is at; what
//! a killed action left half done stands there until it is finished.

mod entry;
mod history;

pub use entry::{Entry, Outcome, Program, Regeneration, Verb};
pub use history::{Past, history};

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::token::Token;
use crate::stores::Place;

const LIMIT: u64 = 256 << 10;

/// What the journal says now.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Activity {
    /// No action under way.
    #[default]
    Idle,
    /// The last action ended.
    Ended(Entry),
    /// A program is at it.
    Running(Entry),
    /// A program was killed at it; what it left must be finished.
    HalfDone(Entry),
}

/// An action under way: the lock is held until this is dropped.
pub struct Journal {
    path: PathBuf,
    entry: Entry,
    _lock: File,
}

impl Journal {
    /// Begins an action; [`Code::Busy`] where another program is at one.
    pub fn begin(env: &Env, verb: Verb, by: Program) -> Result<Self> {
        let lock = open_lock(env).map_err(|error| failed(&error))?;
        if !files::lock(&lock, env.limits.journal_lock).map_err(|error| failed(&error))? {
            return Err(busy(read(env).as_ref()));
        }
        if let Some(last) = read(env)
            && let Err(error) = history::keep(env, last)
        {
            // Nothing depends on it.
            tracing::warn!(%error, "what was done before is not kept");
        }
        let entry = Entry {
            verb,
            by,
            started_at: env.now(),
            account: None,
            place: None,
            masked: None,
            done: Vec::new(),
            regeneration: None,
            must_finish: false,
            outcome: None,
            ended_at: None,
        };
        let journal = Self { path: path(env), entry, _lock: lock };
        files::sweep(&journal.path).map_err(|error| failed(&error))?;
        journal.write()?;
        Ok(journal)
    }

    /// Takes up what a killed action left; `None` where nothing was.
    pub fn take_up(env: &Env, by: Program) -> Result<Option<Self>> {
        let lock = open_lock(env).map_err(|error| failed(&error))?;
        if !files::lock(&lock, env.limits.journal_lock).map_err(|error| failed(&error))? {
            return Err(busy(read(env).as_ref()));
        }
        files::sweep(&path(env)).map_err(|error| failed(&error))?;
        let left = read(env).filter(|entry| entry.outcome.is_none() && entry.must_finish);
        Ok(left.map(|entry| Self { path: path(env), entry: Entry { by, ..entry }, _lock: lock }))
    }

    /// The entry so far.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Records whose token it is and where it goes, and that from here on the action must be finished.
    pub fn commit_to(&mut self, account: &str, place: Place) -> Result<()> {
        self.entry.account = Some(account.to_owned());
        self.entry.place = Some(place);
        self.entry.must_finish = true;
        self.write()
    }

    /// Records what a regeneration is about, and that from here on it must be finished.
    pub fn regenerate(&mut self, account: &str, regeneration: Regeneration) -> Result<()> {
        self.entry.account = Some(account.to_owned());
        self.entry.regeneration = Some(regeneration);
        self.entry.must_finish = true;
        self.write()
    }

    /// Notes which token it is; written with the next step.
    pub fn note_token(&mut self, token: &Token) {
        self.entry.masked = Some(token.trace().masked);
    }

    /// Records a step that is done.
    pub fn step(&mut self, done: &str) -> Result<()> {
        self.entry.done.push(done.to_owned());
        self.write()
    }

    /// Records how the action ended and gives the lock back.
    pub fn end(mut self, env: &Env, outcome: Outcome) -> Result<()> {
        self.entry.outcome = Some(outcome);
        self.entry.ended_at = Some(env.now());
        self.write()
    }

    fn write(&self) -> Result<()> {
        let bytes = serde_json::to_vec(&self.entry).map_err(|error| failed(&error.into()))?;
        files::write(&self.path, &bytes).map_err(|error| failed(&error))
    }
}

/// Where the journal is.
pub fn path(env: &Env) -> PathBuf {
    env.state_dir().join("journal.json")
}

/// What the journal says, and whether the program that wrote it is still at it.
pub fn activity(env: &Env) -> Activity {
    let Some(entry) = read(env) else { return Activity::Idle };
    if entry.outcome.is_some() {
        return Activity::Ended(entry);
    }
    match open_lock(env).map(|lock| lock.try_lock_shared()) {
        Ok(Err(TryLockError::WouldBlock)) => Activity::Running(entry),
        _ if entry.must_finish => Activity::HalfDone(entry),
        // Killed before anything was changed.
        _ => Activity::Idle,
    }
}

/// Blocks until the action that another program runs has ended, however it ended: a program that is killed writes
/// nothing, but its lock is gone.
pub fn wait_for_end(env: &Env) -> Result<()> {
    let lock = open_lock(env).map_err(|error| failed(&error))?;
    lock.lock_shared().map_err(|error| failed(&error))
}

fn read(env: &Env) -> Option<Entry> {
    // A journal that cannot be read tells nothing; the next action writes a new one.
    let bytes = files::read(&path(env), LIMIT).ok()??;
    serde_json::from_slice(&bytes).ok()
}

fn open_lock(env: &Env) -> io::Result<File> {
    files::private_folder(&env.state_dir())?;
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .read(true)
        .open(env.state_dir().join("action.lock"))
}

fn busy(other: Option<&Entry>) -> Error {
    let (who, what) =
        other.map_or(("another program", "at an action"), |entry| (entry.by.name(), entry.verb.doing()));
    Error::new(Code::Busy, format!("Wait a moment: {who} is {what} on this machine."))
        .means("Nothing was changed here.")
        .next_step("Finish or cancel it there, then try again.")
}

fn failed(error: &io::Error) -> Error {
    Error::new(Code::JournalFailed, "Could not write down what is being done.")
        .means("Nothing was begun, since it could not be finished after a crash.")
        .next_step("Check that Herokey's folder can be written to, then try again.")
        .detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn machine() -> (tempfile::TempDir, Env) {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        (home, env)
    }

    #[test]
    fn one_action_at_a_time() {
        let (_home, env) = machine();
        let first = Journal::begin(&env, Verb::LogIn, Program::Terminal).unwrap();
        assert!(matches!(activity(&env), Activity::Running(entry) if entry.by == Program::Terminal));
        let refused = Journal::begin(&env, Verb::LogOut, Program::Tray).map(drop).unwrap_err();
        assert_eq!(refused.code, Code::Busy);
        assert!(refused.what.contains("herokey in a terminal is logging in"), "{}", refused.what);
        let outcome = Outcome::Done { what: "Logged in.".to_owned(), note: String::new() };
        first.end(&env, outcome.clone()).unwrap();
        assert!(matches!(activity(&env), Activity::Ended(entry) if entry.outcome == Some(outcome)));
    }

    #[test]
    fn what_was_killed_before_it_changed_anything_is_forgotten() {
        let (_home, env) = machine();
        drop(Journal::begin(&env, Verb::LogIn, Program::Window).unwrap());
        assert_eq!(activity(&env), Activity::Idle);
        assert!(Journal::take_up(&env, Program::Tray).unwrap().is_none());
    }

    #[test]
    fn what_was_killed_later_is_taken_up() {
        let (_home, env) = machine();
        let mut killed = Journal::begin(&env, Verb::LogIn, Program::Window).unwrap();
        killed.commit_to("me@example.com", Place::Keychain).unwrap();
        killed.step("stored").unwrap();
        drop(killed);
        assert!(matches!(activity(&env), Activity::HalfDone(_)));
        let taken_up = Journal::take_up(&env, Program::Tray).unwrap().unwrap();
        assert_eq!(taken_up.entry().account.as_deref(), Some("me@example.com"));
        assert_eq!(taken_up.entry().done, ["stored"]);
    }
}
