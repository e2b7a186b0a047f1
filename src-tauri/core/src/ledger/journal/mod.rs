//! Records what an action has done and still has to do, under a lock that lets one action run at a time on a machine.
//!
//! The journal is one small file without secrets. Every program watches it, so each shows what another one is doing. An
//! interrupted action stays in the journal until it is finished.

mod entry;
mod history;

pub use entry::{JournalEntry, Outcome, Program, Regeneration, Verb};
pub use history::{PastAction, history};
pub(super) use history::{is_damaged as is_history_damaged, path as history_path};

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files::{self, FileLock};
use crate::base::log;
use crate::base::state_folder;
use crate::base::text::{shown, shown_in};
use crate::base::token::Token;
use crate::ledger::damaged;
use crate::ledger::damaged::Content;
use crate::stores::Store;

const MAX_BYTES: u64 = 256 << 10;
/// The version of the journal's format. A Herokey that reads a higher one cannot know how to finish what it says.
const VERSION: u64 = 1;
const VERSION_KEY: &str = "version";

/// The state of the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Activity {
    /// No action is running, and none has ended.
    #[default]
    Idle,
    /// The last action has ended.
    Ended(JournalEntry),
    /// A program is running an action.
    Running(JournalEntry),
    /// A program was killed while running an action, which must be finished.
    Interrupted(JournalEntry),
    /// The same happened to a newer Herokey, which alone can finish the action.
    InterruptedNewer(Newer),
}

/// What the journal of a newer Herokey says about an action that must be finished.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Newer {
    /// What the action does: "move-token".
    pub verb: String,
    /// When it started, if that can be read.
    pub started_at: Option<Timestamp>,
    /// The file, as users write its path.
    pub shown: String,
}

/// A running action. Holds the lock until it is dropped.
pub struct Journal {
    env: Env,
    entry: JournalEntry,
    /// A sentence about each record that could not be read and was set aside.
    pub(crate) notices: Vec<String>,
    _lock: FileLock,
}

impl Journal {
    /// Begins an action. Fails with [`Code::Busy`] while another program runs one.
    pub fn begin(env: &Env, verb: Verb, by: Program) -> Result<Self> {
        let lock = take_lock(env)?;
        if let Some(left) = newer(env) {
            return Err(newer_is_left(&left));
        }
        let notices = damaged::set_aside_all(env).map_err(|error| failed(env, &error))?;
        if let Some(last) = read(env)
            && let Err(error) = history::append(env, last)
        {
            // No action depends on the history.
            log::notice(&format!(
                "`herokey history` does not list the last action, which could not be recorded ({error})."
            ));
        }
        let entry = JournalEntry {
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
        let journal = Self { env: env.clone(), entry, notices, _lock: lock };
        journal.write()?;
        Ok(journal)
    }

    /// Resumes an interrupted action; `None` if there is none.
    pub(crate) fn resume(env: &Env, by: Program) -> Result<Option<Self>> {
        let lock = take_lock(env)?;
        files::sweep(&path(env)).map_err(|error| failed(env, &error))?;
        let interrupted = read(env).filter(|entry| entry.outcome.is_none() && entry.must_finish);
        Ok(interrupted.map(|entry| Self {
            env: env.clone(),
            entry: JournalEntry { by, ..entry },
            notices: Vec::new(),
            _lock: lock,
        }))
    }

    /// The entry so far.
    pub(crate) fn entry(&self) -> &JournalEntry {
        &self.entry
    }

    /// Records the account and the store, and that from here on the action must be finished.
    pub(crate) fn commit_to(&mut self, account: &str, place: Store) -> Result<()> {
        self.entry.account = Some(account.to_owned());
        self.entry.place = Some(place);
        self.entry.must_finish = true;
        self.write()
    }

    /// Records a regeneration, and that from here on it must be finished.
    pub(crate) fn commit_to_regeneration(&mut self, account: &str, regeneration: Regeneration) -> Result<()> {
        self.entry.account = Some(account.to_owned());
        self.entry.regeneration = Some(regeneration);
        self.entry.must_finish = true;
        self.write()
    }

    /// Records a step, and that from here on the action must be finished.
    pub(crate) fn commit(&mut self, step: &str) -> Result<()> {
        self.entry.must_finish = true;
        self.record_step(step)
    }

    /// Sets the token's mask, which is written with the next step.
    pub(crate) fn set_token(&mut self, token: &Token) {
        self.entry.masked = Some(token.trace().masked);
    }

    /// Records a completed step.
    pub(crate) fn record_step(&mut self, done: &str) -> Result<()> {
        self.entry.done.push(done.to_owned());
        self.write()
    }

    /// Records how the action ended, and releases the lock.
    pub fn end(mut self, env: &Env, outcome: Outcome) -> Result<()> {
        self.entry.outcome = Some(outcome);
        self.entry.ended_at = Some(env.now());
        self.write()
    }

    fn write(&self) -> Result<()> {
        let entry = serde_json::to_value(&self.entry).map(|mut entry| {
            shown_in(&mut entry);
            entry[VERSION_KEY] = VERSION.into();
            entry.to_string()
        });
        let bytes = entry.map_err(|error| failed(&self.env, &error.into()))?.into_bytes();
        state_folder::write(&self.env, &path(&self.env), &bytes).map_err(|error| failed(&self.env, &error))
    }
}

/// The path of the journal.
pub(crate) fn path(env: &Env) -> PathBuf {
    env.state_dir().join("journal.json")
}

/// Reads the journal, and checks whether the program that wrote it is still running its action.
pub fn activity(env: &Env) -> Activity {
    let Some(entry) = read(env) else {
        // While it runs, a newer Herokey is not interrupted.
        return newer(env).filter(|_| !is_locked(env)).map_or(Activity::Idle, Activity::InterruptedNewer);
    };
    if entry.outcome.is_some() {
        return Activity::Ended(entry);
    }
    if is_locked(env) {
        Activity::Running(entry)
    } else if entry.must_finish {
        Activity::Interrupted(entry)
    } else {
        // It was killed before it changed anything.
        Activity::Idle
    }
}

/// True while a program runs an action.
fn is_locked(env: &Env) -> bool {
    matches!(open_lock(env).map(|lock| lock.try_lock_shared()), Ok(Err(TryLockError::WouldBlock)))
}

/// Blocks until another program's action has ended. This includes a killed program, which writes nothing but loses its
/// lock.
pub fn wait_for_end(env: &Env) -> Result<()> {
    let lock = open_lock(env).map_err(|error| failed(env, &error))?;
    lock.lock_shared().map_err(|error| failed(env, &error))
}

/// True if the journal cannot be read. It then counts as empty.
pub(super) fn is_damaged(env: &Env) -> bool {
    content(env).is_damaged() && newer(env).is_none()
}

/// The interrupted action of a newer Herokey: the journal has a higher version, or something that this Herokey does not
/// know.
fn newer(env: &Env) -> Option<Newer> {
    let entry: Value = damaged::read(&path(env), MAX_BYTES).read()?;
    let must_finish = entry["must_finish"] == true && entry["outcome"].is_null();
    if !must_finish || !parse(entry.clone()).is_damaged() {
        return None;
    }
    let started_at = entry["started_at"].as_str().and_then(|time| time.parse().ok());
    let verb = entry["verb"].as_str().map_or_else(|| "unknown".to_owned(), shown);
    Some(Newer { verb, started_at, shown: env.tilde(&path(env)) })
}

fn newer_is_left(left: &Newer) -> Error {
    Error::new(
        Code::JournalFailed,
        "A newer version of Herokey was interrupted, and only it can finish its action.",
    )
    .means(format!("Nothing was changed. {} shows how far it got.", left.shown))
    .next_step("Install the newest Herokey and start it.")
}

fn read(env: &Env) -> Option<JournalEntry> {
    content(env).read()
}

fn content(env: &Env) -> Content<JournalEntry> {
    damaged::read(&path(env), MAX_BYTES).and_then(parse)
}

fn parse(mut entry: Value) -> Content<JournalEntry> {
    if entry[VERSION_KEY].as_u64().is_some_and(|version| version > VERSION) {
        return Content::Damaged;
    }
    shown_in(&mut entry);
    serde_json::from_value(entry).map_or(Content::Damaged, Content::Read)
}

/// Takes the lock. Fails with [`Code::Busy`] while another program has it.
fn take_lock(env: &Env) -> Result<FileLock> {
    let lock = open_lock(env).and_then(|lock| FileLock::take(lock, env.limits.journal_lock));
    lock.map_err(|error| failed(env, &error))?.ok_or_else(|| busy(read(env).as_ref()))
}

fn open_lock(env: &Env) -> io::Result<File> {
    state_folder::open_lock(env, "action.lock")
}

fn busy(other: Option<&JournalEntry>) -> Error {
    let (who, what) =
        other.map_or(("another program", "running an action"), |entry| (entry.by.name(), entry.verb.doing()));
    Error::new(Code::Busy, format!("Wait a moment: {who} is {what} on this machine."))
        .means("Nothing was changed here.")
        .next_step("Finish or cancel it there, then try again.")
}

fn failed(env: &Env, error: &io::Error) -> Error {
    state_folder::failed(env, "Could not write the journal.", error)
        .means("Herokey starts nothing that it could not finish after a crash.")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::ledger) fn machine() -> (tempfile::TempDir, Env) {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        (home, env)
    }

    #[test]
    fn runs_one_action_at_a_time() {
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
    fn forgets_an_action_killed_before_it_changed_anything() {
        let (_home, env) = machine();
        drop(Journal::begin(&env, Verb::LogIn, Program::Window).unwrap());
        assert_eq!(activity(&env), Activity::Idle);
        assert!(Journal::resume(&env, Program::Tray).unwrap().is_none());
    }

    #[test]
    fn leaves_the_half_done_action_of_a_newer_herokey_alone() {
        let (_home, env) = machine();
        let mut killed = Journal::begin(&env, Verb::MoveToken, Program::Window).unwrap();
        killed.commit_to("me@example.com", Store::Keychain).unwrap();
        drop(killed);
        let text = std::fs::read_to_string(path(&env)).unwrap();
        for newer in [
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("move-token", "fake-verb").replace("\"version\":1", "\"version\":2"),
            text.replace("move-token", "fake-verb"),
            text.replace("\"move-token\"", "{\"move\":1}").replace("\"version\":1", "\"version\":2"),
        ] {
            assert_ne!(newer, text);
            std::fs::write(path(&env), &newer).unwrap();
            let running = take_lock(&env).unwrap();
            assert_eq!(activity(&env), Activity::Idle, "it may still be running");
            drop(running);
            assert!(matches!(activity(&env), Activity::InterruptedNewer(left) if left.started_at.is_some()));
            assert!(Journal::resume(&env, Program::Tray).unwrap().is_none());
            let refused = Journal::begin(&env, Verb::LogOut, Program::Tray).map(drop).unwrap_err();
            assert_eq!(refused.code, Code::JournalFailed);
            assert!(!is_damaged(&env));
            assert_eq!(std::fs::read_to_string(path(&env)).unwrap(), newer);
        }
        let outcome = "\"outcome\":{\"done\":{\"what\":\"Done.\",\"note\":\"\"}}";
        let done = text.replace("move-token", "fake-verb").replace("\"outcome\":null", outcome);
        std::fs::write(path(&env), done).unwrap();
        assert_eq!(activity(&env), Activity::Idle);
        Journal::begin(&env, Verb::LogOut, Program::Tray).unwrap();
    }

    #[test]
    fn resumes_an_action_killed_later() {
        let (_home, env) = machine();
        let mut killed = Journal::begin(&env, Verb::LogIn, Program::Window).unwrap();
        killed.commit_to("me@example.com", Store::Keychain).unwrap();
        killed.record_step("stored").unwrap();
        drop(killed);
        assert!(matches!(activity(&env), Activity::Interrupted(_)));
        let resumed = Journal::resume(&env, Program::Tray).unwrap().unwrap();
        assert_eq!(resumed.entry().account.as_deref(), Some("me@example.com"));
        assert_eq!(resumed.entry().done, ["stored"]);
    }
}
