//! What a user can ask for, in the window and in the tray.

use herokey_core::action::Rights;
use herokey_core::insight::affected::{Affected, Change, affected};
use herokey_core::insight::facts::Facts;
use herokey_core::insight::remedy::{Fix, Remedy};
use herokey_core::stores::Store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray, VariantNames};
use ts_rs::TS;

/// What a click in the tray, or on a notification, asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The same as in the window.
    Page(PageRequest),
    /// Open the window, or bring it to the front.
    OpenWindow,
    /// Quit the program.
    Quit,
}

/// What the window's page can ask for. In JSON, `command` names the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum PageRequest {
    /// Run an action.
    Act(Act),
    /// Do something beside an action, without the journal.
    Aside(Aside),
    /// Answer or change what the window shows.
    Window(WindowRequest),
}

/// The actions that the page can ask for. None carries a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, VariantNames)]
#[serde(tag = "command", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Act {
    /// Log in with the browser.
    LogIn,
    /// Log in through an OAuth client of the account in use, for tokens of eight hours.
    LogInByOauth,
    /// Revoke the token and remove every local copy.
    LogOut,
    /// Remove every local copy without asking Heroku.
    RemoveLocalCopies,
    /// Remove every local copy of an account's token, and revoke nothing. Asks first.
    ForgetAccount {
        /// The account's email.
        account: String,
    },
    /// Replace the token with a new one.
    Regenerate,
    /// Write git's helper lines.
    SetGitHelper,
    /// Move the token to the other store.
    MoveToken {
        /// The store to move it to.
        to: Store,
        /// Leave a copy in netrc.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(as = "Option<bool>", optional)]
        keep_copy: bool,
    },
    /// Point the Heroku CLI at an account's token in the keychain.
    Link {
        /// The account's email.
        account: String,
    },
    /// Apply a fix.
    Fix {
        /// The fix.
        fix: Fix,
    },
    /// Undo a change that can be undone.
    Undo {
        /// When it was made.
        #[ts(type = "string")]
        at: Timestamp,
    },
    /// Switch to another account.
    UseAccount {
        /// The account's email.
        account: String,
    },
    /// Make an authorization, and copy its token to the clipboard for 30 seconds.
    Authorize {
        /// Its description in the list.
        description: String,
        /// What its token may do.
        rights: Rights,
        /// How many days Heroku accepts its token; no end if there are none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        days: Option<u16>,
        /// The team that it acts for, instead of the account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        team: Option<String>,
    },
    /// Make a new token for an authorization, and copy it to the clipboard for 30 seconds. Asks first.
    NewToken {
        /// Its id.
        id: String,
        /// The team that it acts for, instead of the account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        team: Option<String>,
    },
    /// Revoke an authorization, or end a session.
    Revoke {
        /// Its id.
        id: String,
        /// The team that it acts for, instead of the account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        team: Option<String>,
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
    /// Finish an interrupted action.
    FinishAction,
}

/// What needs no journal and can be done while an action runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, EnumDiscriminants)]
#[serde(tag = "command", rename_all = "snake_case")]
#[strum_discriminants(
    name(AsideKind),
    doc = "The variants of [`Aside`], by themselves.",
    derive(VariantArray, IntoStaticStr),
    strum(serialize_all = "snake_case")
)]
pub enum Aside {
    /// Copy the token in use to the clipboard for 30 seconds.
    CopyToken,
    /// Copy the diagnosis to the clipboard for a bug report, without tokens and emails.
    CopyReport,
    /// Copy the login page's address to the clipboard.
    CopyLoginAddress,
    /// Open the login page in the browser once more.
    OpenLoginPage,
    /// Open the page of an organization's single sign-on.
    OpenSsoPage {
        /// The organization.
        organization: String,
    },
    /// Open a store in the program that shows it.
    OpenPlace {
        /// The store.
        place: Store,
    },
    /// Start Herokey's tray at login, or stop doing so.
    SetAutostart {
        /// True to start it.
        on: bool,
    },
    /// Ask the user to unlock the keychain.
    UnlockKeychain,
    /// Remember that the token is meant to stay in netrc.
    KeepInNetrc,
    /// Ask git which password a push would use.
    TestGit,
    /// Ask the user whether to move the token, and say what that means.
    ProposeMove {
        /// The store to move it to.
        to: Store,
    },
    /// Ask the user whether to replace the token with a new one.
    ProposeRegenerate,
    /// Ask the user whether to log out, and say which programs keep the revoked token.
    ProposeLogOut,
    /// Ask the user whether to undo the last change, and say what that does.
    ProposeUndo,
    /// Show who can act as the account, and its SSH keys.
    ShowAccess {
        /// Show who can act for this team instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        team: Option<String>,
    },
    /// Search the usual places for copies of tokens, and show them.
    Scan,
    /// Show what Herokey did on this machine.
    ShowHistory,
}

/// What answers or changes what the window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, EnumDiscriminants)]
#[serde(tag = "command", rename_all = "snake_case")]
#[strum_discriminants(
    name(WindowRequestKind),
    doc = "The variants of [`WindowRequest`], by themselves.",
    derive(VariantArray, IntoStaticStr),
    strum(serialize_all = "snake_case")
)]
pub enum WindowRequest {
    /// Answer the question of the running action.
    Answer {
        /// True to continue.
        yes: bool,
    },
    /// Cancel the running action while it waits for the user.
    Cancel,
    /// Close the open page.
    ClosePage,
    /// Dismiss the notice.
    Dismiss,
    /// Read the machine again, and ask Heroku about the token.
    Refresh,
    /// Install the newer Herokey that was offered, and start it.
    InstallUpdate,
}

/// The window's argument that carries the desktop's activation token, which lets it come to the front.
pub const ACTIVATION: &str = "--activation=";

impl PageRequest {
    /// What the tray hands to the window as an argument, since it asks the user something. Any program can do the same, so
    /// no argument changes anything before the user agrees: a login asks in the browser, the others in the window.
    const BY_ARGUMENT: [(&str, Self); 6] = [
        ("--log-in", Self::Act(Act::LogIn)),
        ("--log-out", Self::Aside(Aside::ProposeLogOut)),
        ("--move-to-keychain", Self::Aside(Aside::ProposeMove { to: Store::Keychain })),
        ("--move-to-netrc", Self::Aside(Aside::ProposeMove { to: Store::Netrc })),
        ("--regenerate", Self::Aside(Aside::ProposeRegenerate)),
        ("--undo", Self::Aside(Aside::ProposeUndo)),
    ];

    /// The same request from outside of the window, such as a notification, where one stray click must neither lead to plain
    /// text nor replace the token: the window asks first.
    #[must_use]
    pub fn asked_first(self) -> Self {
        match self {
            Self::Act(Act::Regenerate) => Aside::ProposeRegenerate.into(),
            // What it restores may be plain text.
            Self::Act(Act::Undo { .. }) => Aside::ProposeUndo.into(),
            Self::Act(Act::MoveToken { to: Store::Netrc, .. }) => {
                Aside::ProposeMove { to: Store::Netrc }.into()
            }
            other => other,
        }
    }

    /// The same request, or a question that says which other programs it affects, if it affects any.
    #[must_use]
    pub fn asked_for_others(self, facts: &Facts) -> Self {
        let (change, question) = match self {
            Self::Act(Act::MoveToken { to: Store::Keychain, keep_copy: false }) => {
                (Change::Move(Store::Keychain), Aside::ProposeMove { to: Store::Keychain })
            }
            Self::Act(Act::LogOut) => (Change::LogOut, Aside::ProposeLogOut),
            Self::Act(Act::Regenerate) => (Change::Regenerate, Aside::ProposeRegenerate),
            other => return other,
        };
        // The question names the common ones, too, but they alone are no reason to ask.
        if affected(facts, change).iter().all(Affected::is_common) { self } else { question.into() }
    }

    /// The window's argument for a request that asks the user something; `None` for any other.
    pub fn argument(&self) -> Option<&'static str> {
        Self::BY_ARGUMENT.iter().find(|(_, request)| request == self).map(|(argument, _)| *argument)
    }

    /// The request that an argument of the window stands for.
    pub fn from_argument(argument: &str) -> Option<Self> {
        Self::BY_ARGUMENT.into_iter().find(|(known, _)| *known == argument).map(|(_, request)| request)
    }

    /// Each request's `command`, and whether the page may send it while an action runs.
    pub fn allowed_during_action() -> Vec<(&'static str, bool)> {
        let acts = Act::VARIANTS.iter().map(|name| (*name, false));
        let asides = AsideKind::VARIANTS.iter().map(|kind| (kind.into(), kind.allowed_during_action()));
        let others =
            WindowRequestKind::VARIANTS.iter().map(|kind| (kind.into(), kind.allowed_during_action()));
        acts.chain(asides).chain(others).collect()
    }
}

impl AsideKind {
    fn allowed_during_action(self) -> bool {
        match self {
            // The answer would come too late: the running action may change the token itself.
            Self::ProposeMove | Self::ProposeRegenerate | Self::ProposeLogOut | Self::ProposeUndo => false,
            Self::CopyToken
            | Self::CopyReport
            | Self::CopyLoginAddress
            | Self::OpenLoginPage
            | Self::OpenSsoPage
            | Self::OpenPlace
            | Self::SetAutostart
            | Self::UnlockKeychain
            | Self::KeepInNetrc
            | Self::TestGit
            | Self::ShowAccess
            | Self::Scan
            | Self::ShowHistory => true,
        }
    }
}

impl WindowRequestKind {
    fn allowed_during_action(self) -> bool {
        match self {
            Self::InstallUpdate => false,
            Self::Answer | Self::Cancel | Self::ClosePage | Self::Dismiss | Self::Refresh => true,
        }
    }
}

impl From<Act> for PageRequest {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}

impl From<Aside> for PageRequest {
    fn from(aside: Aside) -> Self {
        Self::Aside(aside)
    }
}

impl From<WindowRequest> for PageRequest {
    fn from(request: WindowRequest) -> Self {
        Self::Window(request)
    }
}

impl<T: Into<PageRequest>> From<T> for Request {
    fn from(request: T) -> Self {
        Self::Page(request.into())
    }
}

impl From<&Remedy> for PageRequest {
    fn from(remedy: &Remedy) -> Self {
        match remedy {
            Remedy::LogIn => Act::LogIn.into(),
            Remedy::Fix(fix) => Act::Fix { fix: fix.clone() }.into(),
            Remedy::Move { to: to @ Store::Keychain } => Act::MoveToken { to: *to, keep_copy: false }.into(),
            // Plain text is never one click away.
            Remedy::Move { to: Store::Netrc } => Aside::ProposeMove { to: Store::Netrc }.into(),
            Remedy::Link { account } => Act::Link { account: account.clone() }.into(),
            Remedy::SetGitHelper => Act::SetGitHelper.into(),
            Remedy::FinishAction => Act::FinishAction.into(),
            Remedy::KeepInNetrc => Aside::KeepInNetrc.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::Timestamp;

    use super::{Act, PageRequest};
    use herokey_core::stores::Store;

    #[test]
    fn no_argument_changes_anything_before_the_user_agrees() {
        for (argument, request) in PageRequest::BY_ARGUMENT {
            assert_eq!(PageRequest::from_argument(argument), Some(request.clone()));
            assert!(matches!(request, PageRequest::Aside(_) | PageRequest::Act(Act::LogIn)), "{argument}");
        }
    }

    #[test]
    fn the_window_asks_before_plain_text_and_a_new_token() {
        for act in [
            Act::Undo { at: Timestamp::UNIX_EPOCH },
            Act::Regenerate,
            Act::MoveToken { to: Store::Netrc, keep_copy: false },
        ] {
            let asked = PageRequest::from(act).asked_first();
            assert!(matches!(asked, PageRequest::Aside(_)) && asked.argument().is_some(), "{asked:?}");
        }
        let harmless = PageRequest::from(Act::MoveToken { to: Store::Keychain, keep_copy: false });
        assert_eq!(harmless.clone().asked_first(), harmless);
    }

    #[test]
    fn the_window_asks_before_another_program_is_signed_out() {
        use herokey_core::fixture::{fresh, with_netrc, with_programs};
        let in_netrc = with_netrc(fresh(), "one");
        let with_others = with_programs(in_netrc.clone(), "one");
        for act in [Act::MoveToken { to: Store::Keychain, keep_copy: false }, Act::LogOut] {
            let request = PageRequest::from(act);
            assert_eq!(request.clone().asked_for_others(&in_netrc), request, "nobody else is affected");
            let asked = request.asked_for_others(&with_others);
            assert!(matches!(asked, PageRequest::Aside(_)) && asked.argument().is_some(), "{asked:?}");
        }
        let kept = PageRequest::from(Act::MoveToken { to: Store::Keychain, keep_copy: true });
        assert_eq!(kept.clone().asked_for_others(&with_others), kept);
    }

    #[test]
    fn every_request_has_a_name_of_its_own() {
        let names: Vec<_> = PageRequest::allowed_during_action().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
    }
}
