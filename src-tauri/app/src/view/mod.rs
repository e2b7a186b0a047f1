//! What the window shows, as data. [`overview`] draws it from the [`State`](crate::controller::State). Pure.

mod access;
mod button;
mod draw;
mod effect;
mod history;
mod notice;
mod scan;
mod signed_in;

pub use access::{Access, AccessRow};
pub use button::{Button, Label};
pub use draw::overview;
pub use history::HistoryRow;
pub use notice::{notice, reminder};
pub use scan::Scan;

use serde::Serialize;
use ts_rs::TS;

use crate::request::PageRequest;
use herokey_core::insight::diagnose::NextStep;
use herokey_core::insight::readers::Source;
use herokey_core::stores;

/// Everything the window shows, in sentences ready to read. It contains masks, never tokens.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The screen.
    pub screen: Screen,
    /// The running action, of this program or of another one on this machine.
    pub busy: Option<Busy>,
    /// How the last action ended, until it is dismissed or another one starts.
    pub notice: Option<Notice>,
    /// The accounts with a token on this machine, by email.
    pub accounts: Vec<AccountRow>,
    /// The problems of this machine, worst first.
    pub problems: Vec<ProblemCard>,
    /// What the running action asks.
    pub question: Option<Question>,
    /// The page that is open in place of the account.
    pub page: Option<Page>,
    /// True if Herokey starts at login.
    pub autostart: bool,
}

/// A question of the running action, which waits for the answer.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Question {
    /// Whether to continue.
    Confirm {
        /// The question.
        title: String,
        /// What a yes means.
        body: String,
        /// The label of the yes button.
        yes: String,
    },
    /// A two-factor code.
    SecondFactor {
        /// True if Heroku did not accept the last code.
        again: bool,
    },
}

/// The screens of the window.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is made to be serialized")]
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Screen {
    /// The first survey is not done yet.
    Starting,
    /// Nobody is logged in.
    SignedOut {
        /// Where a login will store the token, and why there.
        note: String,
    },
    /// The keychain is locked, and what heroku would use may be in it.
    Locked {
        /// The stable code of the problem, which has no card then.
        code: String,
        /// "Your keychain is locked".
        title: String,
        /// What that means for the token, and what unlocking does.
        note: String,
    },
    /// The user decides in the browser.
    Waiting {
        /// The address to open by hand; `None` until Heroku has sent it.
        address: Option<String>,
        /// When waiting ends, RFC 3339 in UTC.
        ends_at: Option<String>,
        /// False if no browser could be started.
        browser_opened: bool,
    },
    /// A credential is in place.
    SignedIn {
        /// The account.
        account: AccountCard,
        /// The keychain's card.
        keychain: Place,
        /// netrc's card.
        netrc: Place,
        /// The arrow between the two; `None` if the token cannot be moved.
        arrow: Option<Arrow>,
        /// One row each for heroku, git push and curl -n.
        tools: Vec<ToolRow>,
        /// One row for each other program that is found on this machine, those that need attention first.
        others: Vec<ToolRow>,
    },
}

/// A page that opens in place of the account.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Page {
    /// Who can act as the account.
    Access(Access),
    /// Copies of tokens on this machine.
    Scan(Scan),
    /// What Herokey did on this machine.
    History {
        /// One row for each action, newest first.
        rows: Vec<HistoryRow>,
    },
}

/// How serious something looks: its colour and icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth knowing.
    Neutral,
    /// Needs attention.
    Attention,
    /// Broken.
    Bad,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountCard {
    /// The account's email, or a substitute if it is not known.
    pub email: String,
    /// Its first letter, in upper case.
    pub initial: String,
    /// "Signed in · expiry unknown".
    pub status: String,
    /// The colour of the dot before `status`.
    pub tone: Tone,
}

/// An account with a token on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    /// The account's email.
    pub email: String,
    /// Where its token is stored and used: "Keychain", ".netrc", "a file of `heroku accounts`", "used in ~/app".
    pub detail: String,
    /// True for the account in use.
    pub current: bool,
    /// Switches to it.
    pub switch: PageRequest,
    /// Removes its token from this machine; `None` if the token is in another program's files.
    pub forget: Option<PageRequest>,
}

/// One of the two stores.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// "Keychain" or ".netrc".
    pub title: String,
    /// "heroku-cli · encrypted", "~/.netrc · plain text".
    pub subtitle: String,
    /// The masked token; `None` if there is none.
    pub chip: Option<String>,
    /// What is shown if there is no chip: "empty", "locked", "not on this machine".
    pub empty: String,
    /// Attention for plain text, bad for a store that cannot be read.
    pub tone: Tone,
}

/// The arrow between the two stores.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Arrow {
    /// The store it points to.
    pub to: stores::Store,
    /// What a click on it does, in words.
    pub label: String,
    /// What a click on it asks for.
    pub request: PageRequest,
    /// True while the token is being moved.
    pub moving: bool,
    /// True if the move is recommended.
    pub advised: bool,
}

/// What one tool will use.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolRow {
    /// "heroku", "git push", "curl -n".
    pub tool: String,
    /// Where the tool takes its credential from.
    pub source: Source,
    /// The masked token, if it is known.
    pub chip: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// Good if it is the token of the account shown.
    pub tone: Tone,
}

/// Something wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProblemCard {
    /// Stable code, as in `herokey status --json`.
    pub code: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// What it means.
    pub body: String,
    /// What to do about it; shown if there is no button.
    pub next_step: NextStep,
    /// What the button will change, to the line; empty if there is none.
    pub effect: String,
    /// Applies the remedy.
    pub button: Option<Button>,
    /// The other way to settle it: to say that it is meant to be so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub keep_as_is: Option<Button>,
    /// Its colour.
    pub tone: Tone,
}

/// How an action ended, or what Herokey proposes.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The stable code of an error; `None` for a success.
    pub code: Option<String>,
    /// What happened.
    pub title: String,
    /// What it means for the token, and what to do next.
    pub body: String,
    /// Technical details for whoever is asked for help; may be empty.
    pub detail: String,
    /// What can be done about it.
    pub buttons: Vec<Button>,
    /// When the copied token will be cleared from the clipboard, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub clears_at: Option<String>,
    /// Its colour.
    pub tone: Tone,
}

/// A running action.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Busy {
    /// "Logging out…", or "The tray is logging in…".
    pub title: String,
    /// True if this program runs it.
    pub ours: bool,
    /// The completed steps.
    pub steps: Vec<String>,
}

/// A sentence as a title, which has no full stop.
fn title(sentence: &str) -> String {
    sentence.strip_suffix('.').unwrap_or(sentence).to_owned()
}
