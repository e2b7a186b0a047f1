//! What a program with a face knows, and how that changes. Pure.

use jiff::{SignedDuration, Timestamp};

use super::access::AccessPage;
use super::dialog::Asked;
use super::scan::ScanPage;
use crate::request::{Act, PageRequest, WindowRequest};
use herokey_core::action::{MovePlan, Progress};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::expiry::Stage;
use herokey_core::insight::affected::Affected;
use herokey_core::insight::facts::Facts;
use herokey_core::ledger::journal::{Activity, JournalEntry, Outcome, PastAction, Program, Verb};

/// A program that starts shows what failed this recently: the tray opens the window for that.
const RECENT: SignedDuration = SignedDuration::from_secs(30);

/// Everything a program knows at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What the last survey found; `None` before the first.
    pub facts: Option<Facts>,
    /// Why changes by other programs are not noticed; `None` if they are.
    pub unwatched: Option<Error>,
    /// The action that this program is running.
    pub own: Option<OwnAction>,
    /// How the last action ended, until it is dismissed.
    pub outcome: Option<Outcome>,
    /// What the user may want next: undo what went well, retry what did not.
    pub next: Option<PageRequest>,
    /// What undoing the last change does, in one sentence.
    pub undoes: Option<String>,
    /// When the copied token will be cleared from the clipboard.
    pub clears_at: Option<Timestamp>,
    /// A change that waits for the user's consent.
    pub proposal: Option<Proposal>,
    /// What the running action asks the user.
    pub asked: Option<Asked>,
    /// The page that is open in place of the account.
    pub page: Option<Page>,
    /// The last reminder.
    pub reminder: Option<Reminder>,
    /// The version of a newer Herokey, until it is dismissed.
    pub update: Option<String>,
}

/// A change that waits for the user's consent.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// Move the token.
    Move(MovePlan),
    /// Replace the token with a new one.
    Regenerate {
        /// The programs that keep the old one.
        affected: Vec<Affected>,
    },
    /// Log out.
    LogOut {
        /// The programs that keep the revoked token, or find another one.
        affected: Vec<Affected>,
    },
    /// Undo the last change.
    Undo {
        /// What undoing it does, in one sentence.
        what: String,
        /// When it was made.
        at: Timestamp,
    },
}

impl Proposal {
    /// True if the request is a yes to it.
    pub(super) fn is_about(&self, request: &PageRequest) -> bool {
        match (self, request) {
            (Self::Move(plan), PageRequest::Act(Act::MoveToken { to, .. })) => plan.to == *to,
            (Self::Regenerate { .. }, PageRequest::Act(Act::Regenerate))
            | (Self::LogOut { .. }, PageRequest::Act(Act::LogOut)) => true,
            (Self::Undo { at, .. }, PageRequest::Act(Act::Undo { at: asked })) => at == asked,
            _ => false,
        }
    }
}

/// A page that opens in place of the account.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// Who can act as the account.
    Access(AccessPage),
    /// Copies of tokens on this machine.
    Scan(ScanPage),
    /// What Herokey did on this machine, newest first.
    History(Vec<PastAction>),
}

/// Reminds the user that the token in use expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The account's email; empty if it is not known.
    pub account: String,
    /// When it expires, in words: "expires in 7 days".
    pub words: String,
    /// How soon it expires.
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
    /// The login page, while the action waits for the browser.
    pub waiting: Option<Waiting>,
    /// The completed steps.
    pub steps: Vec<String>,
}

/// A login that waits for the user in the browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The page's address.
    pub address: String,
    /// When waiting ends.
    pub ends_at: Timestamp,
    /// False if no browser could be started.
    pub browser_opened: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstSurvey {
    Yes,
    No,
}

/// Records new facts. If another program's action just failed, that is news here too.
pub(super) fn record_facts(state: &mut State, facts: Facts, first: FirstSurvey, now: Timestamp) {
    if let Activity::Ended(entry) = &facts.activity
        && state.own.is_none()
        && let Some(outcome @ Outcome::Failed(error)) = &entry.outcome
        && error.code != Code::Cancelled
    {
        let changed = state.facts.as_ref().is_some_and(|before| before.activity != facts.activity);
        let recent = entry.ended_at.is_some_and(|ended| now.duration_since(ended).abs() < RECENT);
        if changed || first == FirstSurvey::Yes && recent {
            let outcome = outcome.clone();
            let next = work_of(entry).and_then(|work| retry(&work, error));
            dismiss(state);
            (state.outcome, state.next) = (Some(outcome), next);
        }
    }
    // What it would undo is another change now.
    let undoes_other = state.facts.as_ref().is_some_and(|before| before.activity != facts.activity);
    state.proposal.take_if(|proposal| undoes_other && matches!(proposal, Proposal::Undo { .. }));
    state.facts = Some(facts);
}

/// Dismisses the last outcome, and a question that was not answered.
pub(super) fn dismiss(state: &mut State) {
    (state.outcome, state.next, state.undoes) = (None, None, None);
    (state.proposal, state.clears_at) = (None, None);
}

/// Dismisses the notice that is shown. The offer of an update is shown last.
pub(super) fn dismiss_shown(state: &mut State) {
    if state.outcome.is_none() && state.proposal.is_none() {
        state.update = None;
    }
    dismiss(state);
}

/// What would undo this work now that it is done. `noted`: when a record of how to undo it
/// was made.
pub(super) fn undo(work: &Work, noted: Option<Timestamp>) -> Option<PageRequest> {
    let Work::Act(act) = work else { return None };
    match act {
        Act::MoveToken { to, .. } => Some(Act::MoveToken { to: to.other(), keep_copy: false }.into()),
        Act::Fix { .. } | Act::SetGitHelper | Act::Link { .. } => noted.map(|at| Act::Undo { at }.into()),
        Act::LogIn
        | Act::LogInByOauth
        | Act::LogOut
        | Act::RemoveLocalCopies
        | Act::ForgetAccount { .. }
        | Act::Regenerate
        | Act::Undo { .. }
        | Act::UseAccount { .. }
        | Act::Authorize { .. }
        | Act::NewToken { .. }
        | Act::Revoke { .. }
        | Act::AddKey { .. }
        | Act::RemoveKey { .. }
        | Act::FinishAction => None,
    }
}

/// What would retry this work after it failed; `None` if it would fail again or cannot be repeated.
pub(super) fn retry(work: &Work, error: &Error) -> Option<PageRequest> {
    match work {
        // What was typed is not kept; the timer retries a renewal by itself; Heroku may have made the token, and a second
        // one would be one too many.
        Work::LogInByForm | Work::Renew | Work::Act(Act::Authorize { .. } | Act::NewToken { .. }) => None,
        // What it left on the machine, or at Heroku, should not stay.
        Work::Act(Act::LogOut) => {
            (!matches!(error.code, Code::Busy | Code::NotLoggedIn)).then(|| Act::LogOut.into())
        }
        Work::Act(act) => error.is_transient().then(|| act.clone().into()),
        Work::InstallUpdate => error.is_transient().then(|| WindowRequest::InstallUpdate.into()),
    }
}

/// The work of another program, if this one could do the same.
fn work_of(entry: &JournalEntry) -> Option<Work> {
    match entry.verb {
        Verb::LogIn => Some(Work::Act(Act::LogIn)),
        // In a terminal it may have been another account's, or of the local copies alone.
        Verb::LogOut if entry.by != Program::Terminal => Some(Work::Act(Act::LogOut)),
        Verb::Regenerate => Some(Work::Act(Act::Regenerate)),
        Verb::LogOut
        | Verb::Renew
        | Verb::GitHelper
        | Verb::DockerHelper
        | Verb::MoveToken
        | Verb::Forget
        | Verb::Link
        | Verb::Authorize
        | Verb::Revoke
        | Verb::SshKeys
        | Verb::Fix
        | Verb::Undo
        | Verb::UseAccount => None,
    }
}

pub(super) fn record_progress(state: &mut State, progress: Progress) {
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
