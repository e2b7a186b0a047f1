//! How an action runs: under the machine's lock, with each step in the journal.

use jiff::Timestamp;

use super::{Finished, finish_as};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::person::Person;
use crate::base::token::Token;
use crate::heroku::{Cancel, Heroku};
use crate::ledger::journal::{Journal, Outcome, Program, Verb};
use crate::stores::Place;

/// Who performs an action and where, how to cancel it, and who hears of its progress.
pub struct Runner<'a> {
    /// The machine.
    pub env: &'a Env,
    /// The program, for the journal.
    pub by: Program,
    /// Ends what the action is waiting for.
    pub cancel: Cancel,
    /// Called with each step of progress.
    pub progress: &'a dyn Fn(Progress),
    /// Answers what only the user knows.
    pub person: &'a dyn Person,
}

impl<'a> Runner<'a> {
    /// A client for Heroku that this action's cancellation ends.
    pub(super) fn heroku(&self) -> Result<Heroku<'a>> {
        Heroku::connect(self.env, self.cancel.clone(), self.person)
    }
}

/// The progress of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The action waits until the user has decided in the browser.
    Waiting {
        /// The page's address.
        address: String,
        /// When waiting ends.
        ends_at: Timestamp,
        /// False if no browser could be started.
        browser_opened: bool,
    },
    /// A step is done.
    Step(String),
}

/// What a finished action did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it did, in one sentence.
    pub what: String,
    /// More to know; may be empty.
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
        let mut left = String::new();
        match resume(runner) {
            Ok(Some(Finished::Done(done))) => (runner.progress)(Progress::Step(done.what)),
            Ok(None) => {}
            // Nobody else will say it: the journal is about to forget the interrupted action.
            Ok(Some(Finished::Gone(error))) if error.code == Code::NothingLeft => {
                tracing::warn!(%error, "nothing is left of an interrupted action");
            }
            Ok(Some(Finished::Gone(error))) => left = format!("{} {}", error.what, error.next_step),
            Err(error) if error.code == Code::Busy => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "an interrupted action could not be finished");
                if error.code == Code::PartlyDone {
                    left = format!("{} {}", error.what, error.next_step);
                }
            }
        }
        let journal = Journal::begin(runner.env, self.verb, runner.by)?;
        let mut steps = Steps { journal, runner, unfinished: false };
        let mut result = work(&mut steps);
        if let Ok(done) = &mut result
            && !left.is_empty()
        {
            done.note = format!("{} {left}", done.note).trim_start().into();
        }
        conclude(steps, result)
    }
}

/// Finishes an action that was killed half done; `None` if there is none. After an error it stays in the journal.
pub(super) fn resume(runner: &Runner<'_>) -> Result<Option<Finished>> {
    let Some(journal) = Journal::take_up(runner.env, runner.by)? else { return Ok(None) };
    let entry = journal.entry().clone();
    let mut steps = Steps { journal, runner, unfinished: false };
    match finish_as(entry.verb, &mut steps, &entry)? {
        Finished::Done(done) => conclude(steps, Ok(done)).map(|done| Some(Finished::Done(done))),
        Finished::Gone(error) => {
            steps.end(Outcome::Failed(error.clone()))?;
            Ok(Some(Finished::Gone(error)))
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

/// The steps of one action: each is written to the journal, then reported as progress.
pub(super) struct Steps<'a> {
    pub(super) journal: Journal,
    pub(super) runner: &'a Runner<'a>,
    /// Only a later try can finish the action.
    unfinished: bool,
}

impl Steps<'_> {
    pub(super) fn env(&self) -> &Env {
        self.runner.env
    }

    /// From here on the action must be finished if it is killed.
    pub(super) fn must_finish(&mut self, account: &str, place: Place) -> Result<()> {
        self.journal.commit_to(account, place)
    }

    /// The same for an action that must find this very token again.
    pub(super) fn must_finish_with(&mut self, account: &str, place: Place, token: &Token) -> Result<()> {
        self.journal.note_token(token);
        self.must_finish(account, place)
    }

    /// Marks the action as one that a later try must finish.
    pub(super) fn leave(&mut self, error: Error) -> Error {
        self.unfinished = true;
        error
    }

    pub(super) fn done(&mut self, step: &str) -> Result<()> {
        self.journal.step(step)?;
        (self.runner.progress)(Progress::Step(step.to_owned()));
        Ok(())
    }

    /// Records the outcome and releases the lock. An unfinished action keeps its entry, so the next start finds it.
    fn end(self, outcome: Outcome) -> Result<()> {
        if self.unfinished { Ok(()) } else { self.journal.end(self.runner.env, outcome) }
    }
}
