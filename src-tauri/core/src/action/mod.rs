//! What changes something, one file per verb. Plan first, then apply, step by step; the journal knows each step, so
//! an action that was killed is finished later.

mod check;
mod fix;
mod forget;
mod git_helper;
mod link;
mod log_in;
mod log_out;
mod move_token;
mod obtain;
mod regenerate;
mod renew;
mod revoke;
mod ssh_keys;
mod test_git;
mod use_account;

pub use check::check;
pub use fix::{Change, Fix, fix, plan as plan_fix, undo};
pub use forget::{Forget, forget};
pub use git_helper::{install_git_helper, remove_git_helper};
pub use link::link;
pub use log_in::{LogIn, Method, log_in, refuse_override};
pub use log_out::{LogOut, forget_account, log_out};
pub use move_token::{Plan, move_token, plan_move};
pub use obtain::open_page;
pub use regenerate::regenerate;
pub use renew::renew;
pub use revoke::revoke;
pub use ssh_keys::{add_key, remove_key};
pub use test_git::test_git;
pub use use_account::use_account;

use jiff::Timestamp;

use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::journal::{Entry, Journal, Outcome, Program, Verb};
use crate::person::Person;
use crate::platform::{Cancel, Heroku};
use crate::store::Place;
use crate::token::Token;

/// Who runs an action, where, and how it is told to stop and tells how far it is.
pub struct Runner<'a> {
    /// The machine.
    pub env: &'a Env,
    /// The program, for the journal.
    pub by: Program,
    /// Ends what the action waits for.
    pub cancel: Cancel,
    /// Hears of progress.
    pub progress: &'a dyn Fn(Progress),
    /// Is asked what only a person knows.
    pub person: &'a dyn Person,
}

impl<'a> Runner<'a> {
    /// Heroku, as this action reaches it.
    pub(crate) fn heroku(&self) -> Result<Heroku<'a>> {
        Heroku::connect(self.env, self.cancel.clone(), self.person)
    }
}

/// How far an action is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A person must decide in the browser.
    Waiting {
        /// The page.
        address: String,
        /// When waiting ends.
        ends_at: Timestamp,
        /// False: no browser could be started.
        browser_opened: bool,
    },
    /// A step is done.
    Step(String),
}

/// What a finished action did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// One sentence.
    pub what: String,
    /// More to know; may be empty.
    pub note: String,
}

/// Finishes what a killed action left half done; `None` where nothing was. What cannot be finished now stays in the
/// journal for the next try, unless it turns out that nothing is left of it.
pub fn finish(runner: &Runner<'_>) -> Result<Option<Done>> {
    let Some(journal) = Journal::take_up(runner.env, runner.by)? else { return Ok(None) };
    let entry = journal.entry().clone();
    let mut steps = Steps { journal, runner, unfinished: false };
    let result = match entry.verb {
        Verb::LogIn => log_in::finish(&mut steps, &entry),
        Verb::LogOut => log_out::finish(&mut steps, &entry),
        Verb::Renew => renew::finish(&mut steps, &entry),
        Verb::Regenerate => regenerate::finish(&mut steps, &entry),
        Verb::MoveToken => move_token::finish(&mut steps, &entry),
        Verb::Forget => forget::finish(&mut steps, &entry),
        Verb::GitHelper
        | Verb::Link
        | Verb::Revoke
        | Verb::SshKeys
        | Verb::Fix
        | Verb::Undo
        | Verb::UseAccount => Err(nothing_left(&entry)),
    };
    match result {
        Err(error) if error.code != Code::NotLoggedIn => Err(error),
        ended => conclude(steps, ended).map(Some),
    }
}

fn nothing_left(entry: &Entry) -> Error {
    Error::new(Code::NotLoggedIn, format!("Nothing is left of an interrupted action ({:?}).", entry.verb))
}

/// Runs one action under the machine's lock, and writes down how it ended.
fn run(runner: &Runner<'_>, verb: Verb, work: impl FnOnce(&mut Steps<'_>) -> Result<Done>) -> Result<Done> {
    let mut left = String::new();
    match finish(runner) {
        Ok(Some(done)) => (runner.progress)(Progress::Step(done.what)),
        Ok(None) => {}
        Err(error) if error.code == Code::Busy => return Err(error),
        // The new action covers the same ground; what stays of the old one is seen by `diagnose`.
        Err(error) => {
            tracing::warn!(%error, "an interrupted action could not be finished");
            if error.code == Code::PartlyDone {
                left = format!("{} {}", error.what, error.fix);
            }
        }
    }
    let journal = Journal::begin(runner.env, verb, runner.by)?;
    let mut steps = Steps { journal, runner, unfinished: false };
    let mut result = work(&mut steps);
    if let Ok(done) = &mut result
        && !left.is_empty()
    {
        // What the new action has driven out of the journal is said, or nobody would ever know.
        done.note = format!("{} {left}", done.note).trim_start().into();
    }
    conclude(steps, result)
}

fn conclude(steps: Steps<'_>, result: Result<Done>) -> Result<Done> {
    let outcome = match &result {
        Ok(done) => Outcome::Done { what: done.what.clone(), note: done.note.clone() },
        Err(error) => Outcome::Failed(error.clone()),
    };
    if steps.unfinished {
        // The lock goes, the entry stays: whoever looks sees what is left, and the next start finishes it.
        return result;
    }
    steps.journal.end(steps.runner.env, outcome)?;
    result
}

/// The steps of one action: each is written to the journal, then told.
struct Steps<'a> {
    journal: Journal,
    runner: &'a Runner<'a>,
    /// Something is left that only a later try can finish.
    unfinished: bool,
}

impl Steps<'_> {
    fn env(&self) -> &Env {
        self.runner.env
    }

    fn must_finish(&mut self, account: &str, place: Place) -> Result<()> {
        self.journal.commit_to(account, place)
    }

    /// Fails in a way that a later try finishes.
    fn leave(&mut self, error: Error) -> Error {
        self.unfinished = true;
        error
    }

    /// The same for an action that must find this very token again.
    fn must_finish_with(&mut self, account: &str, place: Place, token: &Token) -> Result<()> {
        self.journal.note_token(token);
        self.must_finish(account, place)
    }

    fn done(&mut self, step: &str) -> Result<()> {
        self.journal.step(step)?;
        (self.runner.progress)(Progress::Step(step.to_owned()));
        Ok(())
    }
}
