//! What a program with a face knows, and how it changes. Pure.

use jiff::{SignedDuration, Timestamp};

use super::access::AccessPage;
use super::dialog::Asked;
use crate::request::{Act, PageRequest, WindowRequest};
use herokey_core::action::{Plan, Progress};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::expiry::Stage;
use herokey_core::insight::facts::Facts;
use herokey_core::ledger::journal::{Activity, Entry, Outcome, Past, Program, Verb};

/// A program that starts shows what failed just before: the tray opens the window for that.
const STILL_NEWS: SignedDuration = SignedDuration::from_secs(30);

/// All that is known at one moment, by a program on its machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What the last look brought back; `None` before the first.
    pub facts: Option<Facts>,
    /// Why changes by other programs are not noticed; `None` where they are.
    pub unwatched: Option<Error>,
    /// The action that this program runs.
    pub own: Option<OwnAction>,
    /// How the last action ended, until it is dismissed.
    pub outcome: Option<Outcome>,
    /// What a person may want next: to take back what went well, to try again what did not.
    pub next: Option<PageRequest>,
    /// The last action copied the token: when it will be gone from the clipboard.
    pub clears_at: Option<Timestamp>,
    /// A move that the person is asked about.
    pub proposal: Option<Plan>,
    /// What the action under way asks the person.
    pub asked: Option<Asked>,
    /// The page that is open in front of the account.
    pub page: Option<Page>,
    /// What the person was last reminded of.
    pub reminder: Option<Reminder>,
    /// The version of a newer Herokey, until it is dismissed.
    pub update: Option<String>,
}

/// What opens in the account's place.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// What can act as the account.
    Access(AccessPage),
    /// What Herokey did on this machine, the newest first.
    History(Vec<Past>),
}

/// The token in use comes to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Whose; empty where that is not known.
    pub account: String,
    /// "expires in 7 days".
    pub words: String,
    /// How near the end is.
    pub stage: Stage,
}

/// What an action of this program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// What the page or the tray asked for.
    Act(Act),
    /// Log in with what was typed into a form.
    LogInByForm,
    /// Renew a token that renews itself.
    Renew,
    /// Install a newer Herokey.
    InstallUpdate,
}

/// An action that this program runs.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnAction {
    /// What it does.
    pub work: Work,
    /// Waiting for the browser.
    pub waiting: Option<Waiting>,
    /// Steps done.
    pub steps: Vec<String>,
}

/// A login that waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The page.
    pub address: String,
    /// When waiting ends.
    pub ends_at: Timestamp,
    /// False: no browser could be started.
    pub browser_opened: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstLook {
    Yes,
    No,
}

/// Takes new facts in. The failure of another program's action is news here too, if it was just now.
pub(super) fn see(state: &mut State, facts: Facts, first: FirstLook, now: Timestamp) {
    if let Activity::Ended(entry) = &facts.activity
        && state.own.is_none()
        && let Some(outcome @ Outcome::Failed(error)) = &entry.outcome
        && error.code != Code::Cancelled
    {
        let changed = state.facts.as_ref().is_some_and(|before| before.activity != facts.activity);
        let recent = entry.ended_at.is_some_and(|ended| now.duration_since(ended) < STILL_NEWS);
        if changed || first == FirstLook::Yes && recent {
            let outcome = outcome.clone();
            let next = work_of(entry).and_then(|work| retry(&work, error));
            dismiss(state);
            (state.outcome, state.next) = (Some(outcome), next);
        }
    }
    state.facts = Some(facts);
}

/// Takes away what the last action came to, and a question that was not answered.
pub(super) fn dismiss(state: &mut State) {
    (state.outcome, state.next, state.proposal, state.clears_at) = (None, None, None, None);
}

/// Takes the notice away that is shown: the last one under which nothing more stands is the offer of an update.
pub(super) fn dismiss_shown(state: &mut State) {
    if state.outcome.is_none() && state.proposal.is_none() {
        state.update = None;
    }
    dismiss(state);
}

/// What would undo this work now that it is done. `noted`: there is a record of how to undo it.
pub(super) fn undo(work: &Work, noted: bool) -> Option<PageRequest> {
    let Work::Act(act) = work else { return None };
    match act {
        Act::MoveToken { to } => Some(Act::MoveToken { to: to.other() }.into()),
        Act::Fix { .. } | Act::SetGitHelper | Act::Link { .. } => noted.then(|| Act::Undo.into()),
        Act::LogIn
        | Act::LogInByOauth
        | Act::LogOut
        | Act::RemoveLocalCopies
        | Act::ForgetAccount { .. }
        | Act::Regenerate
        | Act::Undo
        | Act::UseAccount { .. }
        | Act::Revoke { .. }
        | Act::AddKey { .. }
        | Act::RemoveKey { .. }
        | Act::FinishAction => None,
    }
}

/// What would retry this work after it failed; `None` if it would fail again or cannot be repeated.
pub(super) fn retry(work: &Work, error: &Error) -> Option<PageRequest> {
    match work {
        // What was typed is not kept; the timer retries a renewal by itself.
        Work::LogInByForm | Work::Renew => None,
        // What it left on the machine, or at Heroku, should not stay.
        Work::Act(Act::LogOut) => {
            (!matches!(error.code, Code::Busy | Code::NotLoggedIn)).then(|| Act::LogOut.into())
        }
        Work::Act(act) => error.is_transient().then(|| act.clone().into()),
        Work::InstallUpdate => error.is_transient().then(|| WindowRequest::InstallUpdate.into()),
    }
}

/// The work of another program, if this one could do the same.
fn work_of(entry: &Entry) -> Option<Work> {
    match entry.verb {
        Verb::LogIn => Some(Work::Act(Act::LogIn)),
        // In a terminal it may have been another account's, or of the local copies alone.
        Verb::LogOut if entry.by != Program::Terminal => Some(Work::Act(Act::LogOut)),
        Verb::Regenerate => Some(Work::Act(Act::Regenerate)),
        Verb::LogOut
        | Verb::Renew
        | Verb::GitHelper
        | Verb::MoveToken
        | Verb::Forget
        | Verb::Link
        | Verb::Revoke
        | Verb::SshKeys
        | Verb::Fix
        | Verb::Undo
        | Verb::UseAccount => None,
    }
}

pub(super) fn record(state: &mut State, progress: Progress) {
    let Some(own) = &mut state.own else { return };
    match progress {
        Progress::Step(step) => {
            own.waiting = None;
            own.steps.push(step);
        }
        Progress::Waiting { address, ends_at, browser_opened } => {
            own.waiting = Some(Waiting { address, ends_at, browser_opened });
        }
    }
}
