//! Runs an action: holds the machine's lock and records each step in the journal.

use jiff::Timestamp;

use super::{Finished, finish_as, take_back_left};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::log;
use crate::base::person::Person;
use crate::base::token::Token;
use crate::heroku::{Cancel, Heroku};
use crate::ledger::journal::{Journal, Outcome, Program, Verb};
use crate::stores::Store;

/// The context in which an action runs.
pub struct Runner<'a> {
    /// The machine's environment.
    pub env: &'a Env,
    /// The program that performs the action, for the journal.
    pub by: Program,
    /// Cancels whatever the action is waiting for.
    pub cancel: Cancel,
    /// Called with each step of progress.
    pub progress: &'a dyn Fn(Progress),
    /// Answers questions that only the user can answer.
    pub person: &'a dyn Person,
}

impl<'a> Runner<'a> {
    /// A Heroku client that stops when the action is cancelled.
    pub(super) fn heroku(&self) -> Result<Heroku<'a>> {
        Heroku::connect(self.env, self.cancel.clone(), self.person)
    }
}

/// The progress of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The action is waiting for the user to decide in the browser.
    Waiting {
        /// The page's address.
        address: String,
        /// When the action stops waiting.
        ends_at: Timestamp,
        /// False if no browser could be started.
        browser_opened: bool,
    },
    /// A completed step, or what happens next.
    Step(String),
}

/// The result of a completed action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What the action did, in one sentence.
    pub what: String,
    /// More that the user should know; may be empty.
    pub note: String,
}

/// An action that is about to start.
pub(super) struct Start<'a> {
    pub(super) runner: &'a Runner<'a>,
    pub(super) verb: Verb,
}

impl<'a> Start<'a> {
    /// Runs the action's work under the machine's lock and records the outcome. An interrupted action is finished
    /// first; if that fails, the new action replaces it.
    pub(super) fn run(&self, work: impl FnOnce(&mut Steps<'a>) -> Result<Done>) -> Result<Done> {
        let runner = self.runner;
        let mut unfinished = String::new();
        match resume(runner) {
            Ok(Some(Finished::Done(done))) => (runner.progress)(Progress::Step(done.what)),
            Ok(None) => {}
            Ok(Some(Finished::Abandoned(error))) if error.code == Code::NothingLeft => {
                tracing::info!(%error, "an interrupted action had nothing left to finish");
            }
            // The last chance to tell the user: the journal is about to forget the interrupted action.
            Ok(Some(Finished::Abandoned(error))) => {
                unfinished = format!("{} {}", error.what, error.next_step);
            }
            Err(error) if error.code == Code::Busy => return Err(error),
            Err(error) => {
                if error.code == Code::PartlyDone {
                    unfinished = format!("{} {}", error.what, error.next_step);
                } else {
                    log::notice(&format!("An interrupted action could not be finished. {error}"));
                }
            }
        }
        match take_back_left(runner) {
            Ok(None) => {}
            Ok(Some(done)) => (runner.progress)(Progress::Step(done.what)),
            // Its record stays for the next program.
            Err(error) => log::notice(&error.to_string()),
        }
        let journal = Journal::begin(runner.env, self.verb, runner.by)?;
        let mut steps = Steps { journal, runner, unfinished: false };
        let notices = std::mem::take(&mut steps.journal.notices);
        drop(runner.env.take_remarks());
        let mut result = work(&mut steps);
        if let Ok(done) = &mut result {
            let mut notes = vec![std::mem::take(&mut done.note)];
            notes.extend(runner.env.take_remarks());
            notes.extend(notices);
            notes.push(unfinished);
            notes.retain(|note| !note.is_empty());
            done.note = notes.join(" ");
        }
        conclude(steps, result)
    }
}

/// Finishes an interrupted action; `None` if there is none. After an error the action stays in the journal.
pub(super) fn resume(runner: &Runner<'_>) -> Result<Option<Finished>> {
    let Some(journal) = Journal::resume(runner.env, runner.by)? else { return Ok(None) };
    let entry = journal.entry().clone();
    let mut steps = Steps { journal, runner, unfinished: false };
    match finish_as(entry.verb, &mut steps, &entry)? {
        Finished::Done(done) => conclude(steps, Ok(done)).map(|done| Some(Finished::Done(done))),
        Finished::Abandoned(error) => {
            steps.end(Outcome::Failed(error.clone()))?;
            Ok(Some(Finished::Abandoned(error)))
        }
    }
}

fn conclude(steps: Steps<'_>, result: Result<Done>) -> Result<Done> {
    steps.end(match &result {
        Ok(done) => Outcome::Done { what: done.what.clone(), note: done.note.clone() },
        Err(error) => Outcome::Failed(error.clone()),
    })?;
    result
}

/// A running action, which records its steps in the journal and reports them as progress.
pub(super) struct Steps<'a> {
    pub(super) journal: Journal,
    pub(super) runner: &'a Runner<'a>,
    /// True if a later try must finish the action.
    unfinished: bool,
}

impl Steps<'_> {
    pub(super) fn env(&self) -> &Env {
        self.runner.env
    }

    /// Records the account and the store. From here on an interrupted action must be finished.
    pub(super) fn commit_to(&mut self, account: &str, place: Store) -> Result<()> {
        self.journal.commit_to(account, place)
    }

    /// Like [`commit_to`](Self::commit_to), for an action that must recognize the token when it is finished.
    pub(super) fn commit_to_token(&mut self, account: &str, place: Store, token: &Token) -> Result<()> {
        self.journal.set_token(token);
        self.commit_to(account, place)
    }

    /// Records a step after which an interrupted action must be finished, without an account or a store.
    pub(super) fn commit(&mut self, step: &str) -> Result<()> {
        self.journal.commit(step)
    }

    /// Marks the action as one that a later try must finish, and returns the error.
    pub(super) fn keep_unfinished(&mut self, error: Error) -> Error {
        self.unfinished = true;
        error
    }

    /// Records a completed step and reports it as progress.
    pub(super) fn done(&mut self, step: &str) -> Result<()> {
        self.journal.record_step(step)?;
        (self.runner.progress)(Progress::Step(step.to_owned()));
        Ok(())
    }

    /// Records the outcome and releases the lock. An unfinished action stays in the journal for the next start.
    fn end(self, outcome: Outcome) -> Result<()> {
        if self.unfinished { Ok(()) } else { self.journal.end(self.runner.env, outcome) }
    }
}
