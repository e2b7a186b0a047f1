//! What a program with a face knows, and how it changes. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use ts_rs::TS;

use super::access::AccessPage;
use super::dialog::Asked;
use herokey_core::action::{Plan, Progress};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::expiry::Stage;
use herokey_core::insight::facts::Facts;
use herokey_core::insight::remedy::Fix;
use herokey_core::ledger::journal::{Activity, Entry, Outcome, Past, Program, Verb};
use herokey_core::stores::Place;

/// A program that starts shows what failed just before: the tray opens the window for that.
const STILL_NEWS: SignedDuration = SignedDuration::from_secs(30);

/// What a person can ask for. In the window, `command` names the IPC command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// Log in with the browser.
    LogIn,
    /// Log in through an OAuth client of the account that is logged in now: tokens of eight hours.
    LogInByOauth,
    /// Log in with what was typed into a form, which comes beside this request and is no part of it.
    LogInByForm,
    /// Open the page of an organization's single sign-on.
    OpenSsoPage {
        /// The organization.
        organization: String,
    },
    /// Answer the question of the action under way.
    Answer {
        /// Go on.
        yes: bool,
    },
    /// Stop waiting for the browser.
    CancelLogIn,
    /// Open the login page in the browser once more.
    OpenLoginPage,
    /// Put the login page's address on the clipboard.
    CopyLoginAddress,
    /// Revoke the token and remove every local copy.
    LogOut,
    /// Remove every local copy without asking Heroku.
    RemoveLocalCopies,
    /// Remove every local copy of an account's token, and revoke nothing. Asks first.
    ForgetAccount {
        /// The account's email.
        account: String,
    },
    /// Put the token in use on the clipboard for 30 seconds.
    CopyToken,
    /// Put the diagnosis on the clipboard, for a bug report: no token, no email.
    CopyReport,
    /// Put a new token in the place of the old one.
    Regenerate,
    /// Put the next short-lived token in the place of this one; asked for by the timer alone.
    Renew,
    /// Write git's helper lines.
    InstallGitHelper,
    /// Move the token to this place.
    MoveToken {
        /// The place.
        to: Place,
    },
    /// Ask the person whether to move the token there, and say what that means.
    ProposeMove {
        /// The place.
        to: Place,
    },
    /// Remove one local copy, and revoke nothing.
    Forget {
        /// Where it is.
        place: Place,
    },
    /// Point the Heroku CLI at an account's token in the keychain.
    Link {
        /// The account's email.
        account: String,
    },
    /// Mend a problem.
    Fix {
        /// How.
        fix: Fix,
    },
    /// Take the last fix back.
    Undo,
    /// Ask git itself which password it would use for Heroku.
    TestGit,
    /// Switch to another account.
    UseAccount {
        /// The account's email.
        account: String,
    },
    /// Show what can act as the account, and its SSH keys.
    ShowAccess,
    /// Show what Herokey did on this machine.
    ShowHistory,
    /// Close the page that is open.
    ClosePage,
    /// Revoke an authorization, or end a session.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Add an SSH key to the account.
    AddKey {
        /// The name of a public key's file in `~/.ssh`.
        file: String,
    },
    /// Remove an SSH key from the account.
    RemoveKey {
        /// Its fingerprint.
        fingerprint: String,
    },
    /// Remember that the token shall stay in netrc.
    LeaveInNetrc,
    /// Finish what a killed action left half done.
    FinishAction,
    /// Show a place in the program that it can be looked at with.
    OpenPlace {
        /// The place.
        place: Place,
    },
    /// Start at login, the tray only, or not any more.
    SetAutostart {
        /// Start.
        on: bool,
    },
    /// Take the notice away.
    Dismiss,
    /// Look around the machine again.
    LookAgain,
    /// Install the newer Herokey that was found, and start it.
    InstallUpdate,
    /// Open the window.
    OpenWindow,
    /// End this program.
    Quit,
}

/// The window's argument that lets it come to the front: the desktop's activation token follows.
pub const ACTIVATION: &str = "--activation=";

impl Request {
    /// What the tray hands to the window, by its argument: requests that ask a person.
    const BY_ARGUMENT: [(&str, Self); 3] = [
        ("--log-in", Self::LogIn),
        ("--move-to-netrc", Self::ProposeMove { to: Place::Netrc }),
        ("--regenerate", Self::Regenerate),
    ];

    /// The window's argument for a request that asks a person; `None` for one that happens in place.
    pub fn argument(&self) -> Option<&'static str> {
        Self::BY_ARGUMENT.iter().find(|(_, request)| request == self).map(|(argument, _)| *argument)
    }

    /// What an argument of the window's asks for.
    pub fn from_argument(argument: &str) -> Option<Self> {
        Self::BY_ARGUMENT.into_iter().find(|(known, _)| *known == argument).map(|(_, request)| request)
    }
}

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
    pub next: Option<Request>,
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

/// An action of this program's.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnAction {
    /// What was asked for.
    pub request: Request,
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
            let next = request_of(entry).and_then(|request| again(&request, error));
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

/// What would undo a request that was done; `noted`: there is a record of how to.
pub(super) fn undo(request: &Request, noted: bool) -> Option<Request> {
    match request {
        Request::MoveToken { to } => Some(Request::MoveToken { to: to.other() }),
        Request::Fix { .. } | Request::InstallGitHelper | Request::Forget { .. } | Request::Link { .. }
            if noted =>
        {
            Some(Request::Undo)
        }
        _ => None,
    }
}

/// What would try a request again that failed; `None` where it would fail again, or cannot be repeated.
pub(super) fn again(request: &Request, error: &Error) -> Option<Request> {
    match request {
        // What was typed is not kept; the timer tries by itself.
        Request::LogInByForm | Request::Renew => None,
        // What it left on the machine, or at Heroku, should not stay.
        Request::LogOut => (!matches!(error.code, Code::Busy | Code::NotLoggedIn)).then_some(Request::LogOut),
        _ => error.is_transient().then(|| request.clone()),
    }
}

/// What another program was asked for, as far as this one could do the same.
fn request_of(entry: &Entry) -> Option<Request> {
    match entry.verb {
        Verb::LogIn => Some(Request::LogIn),
        // In a terminal it may have been another account's, or of the local copies alone.
        Verb::LogOut if entry.by != Program::Terminal => Some(Request::LogOut),
        Verb::Regenerate => Some(Request::Regenerate),
        _ => None,
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
