//! What the window shows, as data: [`overview`] draws it from the [`State`](crate::controller::State). Pure.

mod access;
mod button;
mod draw;
mod history;
mod notice;
mod signed_in;

pub use access::{Access, AccessRow};
pub use button::{Button, Label};
pub use draw::overview;
pub use history::HistoryRow;
pub use notice::{notice, reminder};

use serde::Serialize;
use ts_rs::TS;

use crate::request::PageRequest;
use herokey_core::insight::diagnose::NextStep;
use herokey_core::insight::readers::Source;
use herokey_core::stores;

/// Everything the window shows. Sentences are ready to be read; no token is in it, only masks.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The one thing the window is about at the moment.
    pub screen: Screen,
    /// An action under way, by this program or another one on this machine.
    pub busy: Option<Busy>,
    /// What the last action came to, until it is dismissed or another one begins.
    pub notice: Option<Notice>,
    /// The accounts with a token here, by email.
    pub accounts: Vec<AccountRow>,
    /// What is wrong on this machine, worst first.
    pub problems: Vec<ProblemCard>,
    /// What the action under way asks.
    pub question: Option<Question>,
    /// The page that is open in front of the account.
    pub page: Option<Page>,
    /// Herokey starts at login.
    pub autostart: bool,
}

/// What an action asks; it waits for the answer.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Question {
    /// Whether to go on.
    Confirm {
        /// The question.
        title: String,
        /// What yes means.
        body: String,
        /// What yes is called.
        yes: String,
    },
    /// The code of the second factor.
    SecondFactor {
        /// The last one was not accepted.
        again: bool,
    },
}

/// The screens of the window.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is made to be serialized")]
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Screen {
    /// The first look around the machine is not back yet.
    Starting,
    /// Nobody is logged in here.
    SignedOut {
        /// What else a person should know before logging in: where the token will go, and why there.
        note: String,
    },
    /// A browser has been asked to open; the person decides there.
    Waiting {
        /// The address to open by hand; `None` while it is being asked for.
        address: Option<String>,
        /// When waiting ends, RFC 3339 in UTC.
        ends_at: Option<String>,
        /// False: no browser could be started here.
        browser_opened: bool,
    },
    /// A credential is in place.
    SignedIn {
        /// Who.
        account: AccountCard,
        /// The keychain's card.
        keychain: Place,
        /// netrc's card.
        netrc: Place,
        /// The arrow between the two; `None` where the token cannot be moved.
        arrow: Option<Arrow>,
        /// One row each for heroku, git push and curl -n.
        tools: Vec<ToolRow>,
    },
}

/// What opens in the account's place.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is made to be serialized")]
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Page {
    /// What can act as the account.
    Access(Access),
    /// What Herokey did on this machine.
    History {
        /// One line for each action, the newest first.
        rows: Vec<HistoryRow>,
    },
}

/// How serious something looks: the colour and the icon.
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
    /// The account's email, or what stands for it where it is not known.
    pub email: String,
    /// Its first letter, in upper case.
    pub initial: String,
    /// "Signed in · expiry unknown".
    pub status: String,
    /// The dot before `status`.
    pub tone: Tone,
}

/// An account with a token on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    /// The account's email.
    pub email: String,
    /// Where its token is: "Keychain", ".netrc", "a file of `heroku accounts`".
    pub detail: String,
    /// The one in use.
    pub current: bool,
    /// Switches to it; of the one in use, nothing to ask for.
    pub switch: PageRequest,
    /// Removes its token from this machine; `None` where that is not Herokey's to do.
    pub forget: Option<PageRequest>,
}

/// One of the two places where a token can live.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// "Keychain" or ".netrc".
    pub title: String,
    /// "heroku-cli · encrypted", "~/.netrc · plain text".
    pub subtitle: String,
    /// The masked token; `None` where there is none.
    pub chip: Option<String>,
    /// What stands in place of a chip: "empty", "locked", "not on this machine".
    pub empty: String,
    /// Attention for plain text, bad for a place that cannot be read.
    pub tone: Tone,
}

/// The arrow between the two places.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Arrow {
    /// Where it points.
    pub to: stores::Place,
    /// What clicking it does, in words.
    pub label: String,
    /// What clicking it asks for.
    pub request: PageRequest,
    /// The token is on its way.
    pub moving: bool,
    /// It is advised: the token is better off there.
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
    /// The masked token, where it is known.
    pub chip: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// Good where it is the token of the account shown.
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

/// What an action came to.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Stable code of an error; `None` for a success.
    pub code: Option<String>,
    /// What happened.
    pub title: String,
    /// What it means for the token, and what to do next.
    pub body: String,
    /// Technical detail that helps whoever is asked for help; empty where there is none.
    pub detail: String,
    /// What can be done about it here.
    pub buttons: Vec<Button>,
    /// The token was copied: when it will be gone from the clipboard, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub clears_at: Option<String>,
    /// Its colour.
    pub tone: Tone,
}

/// An action under way.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Busy {
    /// "Logging out…", or "Herokey in a terminal is logging in".
    pub title: String,
    /// True: it is this program's own, and its progress is `steps`.
    pub ours: bool,
    /// What has been done so far.
    pub steps: Vec<String>,
}
