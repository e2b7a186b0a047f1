//! Draws the window from the state.

use jiff::tz::TimeZone;

use super::access::access;
use super::history::row;
use super::notice::latest_notice;
use super::scan::scan;
use super::signed_in::signed_in;
use super::{AccountRow, Busy, Button, Label, Overview, Page, ProblemCard, Screen, Tone, title};
use crate::controller;
use crate::controller::{Asked, OwnAction, State, Work};
use crate::request::{Act, Aside, WindowRequest};
use herokey_core::base::error::{Code, Error};
use herokey_core::insight::accounts;
use herokey_core::insight::accounts::{Account, accounts};
use herokey_core::insight::diagnose::{Problem, Severity, diagnose};
use herokey_core::insight::facts::{Facts, Observed};
use herokey_core::insight::readers::{Source, resolve};
use herokey_core::ledger::journal::Activity;
use herokey_core::stores;

/// Draws the window from the state.
pub fn overview(state: &State) -> Overview {
    let busy = busy(state);
    let zone = state.facts.as_ref().map_or(TimeZone::UTC, |facts| facts.time_zone.clone());
    let (question, page) =
        (state.asked.as_ref().map(asked), state.page.as_ref().map(|open| page(open, &zone)));
    let rest = Overview {
        screen: Screen::Starting,
        busy: None,
        notice: latest_notice(state),
        accounts: state
            .facts
            .as_ref()
            .map(accounts)
            .unwrap_or_default()
            .into_iter()
            .map(account_row)
            .collect(),
        problems: Vec::new(),
        question,
        page,
        autostart: state.facts.as_ref().is_some_and(|facts| facts.autostart),
    };
    if let Some(OwnAction { work, waiting, steps }) = &state.own
        && (matches!(work, Work::Act(Act::LogIn | Act::LogInByOauth)) && steps.is_empty()
            || waiting.is_some())
    {
        let screen = Screen::Waiting {
            address: waiting.as_ref().map(|waiting| waiting.address.clone()),
            ends_at: waiting.as_ref().map(|waiting| waiting.ends_at.to_string()),
            browser_opened: waiting.as_ref().is_none_or(|waiting| waiting.browser_opened),
        };
        return Overview { screen, ..rest };
    }
    let Some(facts) = &state.facts else { return Overview { busy, ..rest } };
    let tools = resolve(facts);
    // Between two steps of an action much is half done, and none of it is a problem.
    let between_steps = busy.as_ref().is_some_and(|busy| !busy.steps.is_empty());
    let found = if between_steps { Vec::new() } else { diagnose(facts, &tools) };
    let locked = found.iter().find(|problem| is_unlockable(facts, problem));
    let screen = match locked {
        Some(problem) if tools.heroku.source == Source::None => locked_out(facts, problem),
        _ if tools.heroku.source == Source::None => signed_out(facts),
        _ => signed_in(state, facts, &tools, &found),
    };
    let problems = found
        .iter()
        .filter(|problem| !matches!(&screen, Screen::Locked { code, .. } if code == problem.code))
        .map(|problem| card(facts, problem))
        .chain(state.unwatched.as_ref().map(unwatched))
        .collect();
    Overview { screen, busy, problems, ..rest }
}

fn page(page: &controller::Page, zone: &TimeZone) -> Page {
    match page {
        controller::Page::Access(page) => Page::Access(access(page, zone)),
        controller::Page::Scan(page) => Page::Scan(scan(page)),
        controller::Page::History(done) => Page::History { rows: done.iter().map(row).collect() },
    }
}

fn asked(asked: &Asked) -> super::Question {
    match asked {
        Asked::Confirm(question) => super::Question::Confirm {
            title: question.ask.clone(),
            body: question.means.clone(),
            yes: question.yes.clone(),
        },
        Asked::SecondFactor { again } => super::Question::SecondFactor { again: *again },
    }
}

fn busy(state: &State) -> Option<Busy> {
    if let Some(own) = &state.own {
        return Some(Busy { title: title_of(&own.work).to_owned(), ours: true, steps: own.steps.clone() });
    }
    let Activity::Running(entry) = &state.facts.as_ref()?.activity else { return None };
    let mut title = format!("{} is {}…", entry.by.name(), entry.verb.doing());
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(Busy { title, ours: false, steps: entry.done.clone() })
}

fn title_of(work: &Work) -> &'static str {
    let act = match work {
        Work::LogInByForm => return "Logging in…",
        Work::Renew => return "Renewing the token…",
        Work::InstallUpdate => return "Installing the new Herokey…",
        Work::Act(act) => act,
    };
    match act {
        Act::LogIn | Act::LogInByOauth => "Logging in…",
        Act::LogOut => "Logging out…",
        Act::RemoveLocalCopies | Act::ForgetAccount { .. } => "Removing local copies…",
        Act::Regenerate => "Regenerating the token…",
        Act::SetGitHelper => "Setting up git's helper…",
        Act::MoveToken { to: stores::Store::Keychain, .. } => "Moving the token to the keychain…",
        Act::MoveToken { to: stores::Store::Netrc, .. } => "Moving the token to .netrc…",
        Act::Link { .. } => "Pointing the Heroku CLI at the token…",
        Act::Fix { .. } => "Fixing the problem…",
        Act::Undo { .. } => "Undoing the last change…",
        Act::UseAccount { .. } => "Switching accounts…",
        Act::Authorize { .. } => "Making an authorization…",
        Act::NewToken { .. } => "Making a new token…",
        Act::Revoke { .. } => "Revoking…",
        Act::AddKey { .. } | Act::RemoveKey { .. } => "Changing SSH keys…",
        Act::FinishAction => "Finishing the interrupted action…",
    }
}

fn signed_out(facts: &Facts) -> Screen {
    let note = if facts.overrides.netrc_only {
        "HEROKU_NETRC_WRITE=true is set, so the token will be stored in .netrc, in plain text."
    } else if !facts.cli_reads_keychain {
        "secret-tool is not installed (package libsecret-tools), so the token will be stored in .netrc, in plain text."
    } else {
        match &facts.keychain {
            Observed::Unknown(error) if error.code == Code::KeychainMissing => {
                "No keychain is running, so the token will be stored in .netrc, in plain text."
            }
            Observed::Unknown(error) if error.code == Code::KeychainUnreachable => {
                "The session bus that leads to your keychain cannot be reached, so a login will not store the token."
            }
            _ => "Log in once, and heroku, git and Herokey all use the token in your keychain.",
        }
    };
    Screen::SignedOut { note: note.to_owned() }
}

/// The screen of a keychain that may hold the token that heroku would use.
fn locked_out(facts: &Facts, problem: &Problem) -> Screen {
    let is_started = facts.keychain_to_unlock().is_some_and(|error| error.code == Code::KeychainLocked);
    let title = if is_started { "Your keychain is locked" } else { "Your keychain has not been started" };
    let looks_for = match facts.login_state.present() {
        Some(account) => format!("heroku looks in it for the token of {account}."),
        None => "heroku may have a token in it.".to_owned(),
    };
    let note =
        format!("{looks_for} Your desktop asks for the keychain's password, and nothing else changes.");
    Screen::Locked { code: problem.code.to_owned(), title: title.to_owned(), note }
}

fn is_unlockable(facts: &Facts, problem: &Problem) -> bool {
    facts.keychain_to_unlock().is_some_and(|error| error.code.to_string() == problem.code)
}

fn account_row(account: Account) -> AccountRow {
    let places = account.locations.iter().map(|place| match place {
        accounts::TokenLocation::Keychain => "Keychain",
        accounts::TokenLocation::Netrc => ".netrc",
        accounts::TokenLocation::AccountsFile => "a file of `heroku accounts`",
    });
    let folders = account.folders.iter().map(|folder| format!("used in {}", folder.name()));
    // Files of other programs belong to them.
    let forgettable = account.is_current || account.locations.contains(&accounts::TokenLocation::Keychain);
    let email = account.email.clone();
    AccountRow {
        detail: places.map(str::to_owned).chain(folders).collect::<Vec<_>>().join(", "),
        current: account.is_current,
        switch: Act::UseAccount { account: email.clone() }.into(),
        forget: forgettable.then(|| Act::ForgetAccount { account: email }.into()),
        email: account.email,
    }
}

fn card(facts: &Facts, problem: &Problem) -> ProblemCard {
    let unlock =
        is_unlockable(facts, problem).then(|| Button::new(Label::UnlockKeychain, Aside::UnlockKeychain));
    ProblemCard {
        code: problem.code.to_owned(),
        title: problem.title.clone(),
        body: problem.message.clone(),
        next_step: problem.next_step.clone(),
        effect: problem.effect.clone(),
        button: problem.remedy.as_ref().map(Button::of).or(unlock),
        keep_as_is: problem.keep_as_is.as_ref().map(Button::of),
        tone: match problem.severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Attention,
            Severity::Info => Tone::Neutral,
        },
    }
}

fn unwatched(error: &Error) -> ProblemCard {
    ProblemCard {
        code: "changes-not-watched".to_owned(),
        title: title(&error.what),
        body: format!("{} {}", error.means, error.next_step).trim().to_owned(),
        next_step: error.next_step.clone().into(),
        effect: String::new(),
        button: Some(Button::new(Label::Refresh, WindowRequest::Refresh)),
        keep_as_is: None,
        tone: Tone::Attention,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herokey_core::fixture::{ME, account_file, entry, logged_in};

    #[test]
    fn each_account_can_be_switched_to_and_only_herokeys_own_copies_removed() {
        let facts = Facts {
            keychain: Observed::Present(vec![entry(ME, "one"), entry("other@example.com", "two")]),
            accounts: Observed::Present(vec![account_file("third", "third@example.com", Some("three"))]),
            ..logged_in()
        };
        let rows = overview(&State { facts: Some(facts), ..State::default() }).accounts;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (row.email.as_str(), row.detail.as_str(), row.current, row.forget.is_some()))
            .collect();
        let expected = [
            (ME, "Keychain", true, true),
            ("other@example.com", "Keychain", false, true),
            ("third@example.com", "a file of `heroku accounts`", false, false),
        ];
        assert_eq!(shown, expected);
        assert_eq!(rows[1].switch, Act::UseAccount { account: "other@example.com".to_owned() }.into());
    }
}
