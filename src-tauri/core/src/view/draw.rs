//! The window drawn from the state.

use super::access::access;
use super::{
    AccountCard, AccountRow, Arrow, Busy, Button, Notice, Overview, Place, ProblemCard, Screen, Tone, ToolRow,
};
use crate::accounts::{self, Account, accounts};
use crate::action::Plan;
use crate::controller::{Asked, OwnAction, Reminder, Request, State};
use crate::diagnose::{Problem, Severity, diagnose};
use crate::error::{Code, Error};
use crate::expiry::Stage;
use crate::journal::{Activity, Outcome, Verb};
use crate::resolve::{Answer, Source, Tools, resolve, stored};
use crate::store;
use crate::survey::{Facts, Look};
use crate::token::Trace;

/// Draws the window from the state.
pub fn overview(state: &State) -> Overview {
    let busy = busy(state);
    let (question, access) = (state.asked.as_ref().map(asked), state.access.as_ref().map(access));
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
        access,
        autostart: state.facts.as_ref().is_some_and(|facts| facts.autostart),
    };
    if let Some(OwnAction { request, waiting, steps }) = &state.own
        && (matches!(request, Request::LogIn | Request::LogInByOauth) && steps.is_empty()
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
    // Between two steps of an action much is half done; that is no problem of the person's.
    let half_done = busy.as_ref().is_some_and(|busy| !busy.steps.is_empty());
    let found = if half_done { Vec::new() } else { diagnose(facts, &tools) };
    let screen = if tools.heroku.source == Source::None {
        signed_out(facts)
    } else {
        signed_in(state, facts, &tools, &found)
    };
    Overview { screen, busy, problems: found.iter().map(card).collect(), ..rest }
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

/// How an action ended, in the words of the window; the tray's notifications say the same.
pub fn notice(outcome: &Outcome) -> Notice {
    match outcome {
        Outcome::Done { what, note } => Notice {
            code: None,
            title: what.clone(),
            body: note.clone(),
            detail: String::new(),
            buttons: Vec::new(),
            clears_at: None,
            tone: Tone::Good,
        },
        Outcome::Failed(error) => Notice {
            code: Some(error.code.to_string()),
            title: error.what.clone(),
            body: format!("{} {}", error.means, error.fix).trim().to_owned(),
            detail: error.detail.clone(),
            buttons: remedies(error),
            clears_at: None,
            tone: Tone::Bad,
        },
    }
}

/// The end of a token, in the words of the tray's notifications.
pub fn reminder(reminder: &Reminder) -> Notice {
    let whose = if reminder.account.is_empty() { String::new() } else { format!("{}. ", reminder.account) };
    let body = if reminder.stage == Stage::Ended {
        "heroku, git and curl are refused until you log in again."
    } else {
        "Log in again to go on without a break."
    };
    Notice {
        code: None,
        title: format!("Your Heroku token {}", reminder.words),
        body: format!("{whose}{body}"),
        detail: String::new(),
        buttons: vec![Button { label: "Log in again".to_owned(), request: Request::LogIn }],
        clears_at: None,
        tone: if reminder.stage == Stage::Ended { Tone::Bad } else { Tone::Attention },
    }
}

/// The question that waits for an answer, or else how the last action ended.
fn latest_notice(state: &State) -> Option<Notice> {
    if let Some(plan) = &state.proposal {
        return Some(question(plan));
    }
    let mut notice = notice(state.outcome.as_ref()?);
    let undo = state.undo.clone().map(|request| {
        let label = if request == Request::Undo { "Undo" } else { "Move back" };
        Button { label: label.to_owned(), request }
    });
    notice.buttons.extend(undo);
    notice.clears_at = state.clears_at.map(|at| at.to_string());
    Some(notice)
}

fn question(plan: &Plan) -> Notice {
    let place = if plan.to == store::Place::Netrc { ".netrc" } else { "the keychain" };
    Notice {
        code: None,
        title: format!("Move the token to {place}?"),
        body: plan.means.clone(),
        detail: plan.steps.join(". "),
        buttons: vec![
            Button { label: "Move it".to_owned(), request: Request::MoveToken { to: plan.to } },
            Button { label: "Leave it".to_owned(), request: Request::Dismiss },
        ],
        clears_at: None,
        tone: Tone::Attention,
    }
}

fn remedies(error: &Error) -> Vec<Button> {
    let button = |label: &str, request| Button { label: label.to_owned(), request };
    match error.code {
        Code::LoginDenied | Code::LoginTimedOut => vec![button("Log in again", Request::LogIn)],
        // Only a logout ends so: it offers its own command for the same.
        _ if error.fix.contains("--local-only") => {
            vec![
                button("Try again", Request::LogOut),
                button("Remove local copies", Request::RemoveLocalCopies),
            ]
        }
        Code::HerokuUnreachable | Code::HerokuError | Code::HerokuGarbled | Code::RateLimited => {
            vec![button("Try again", Request::LogIn)]
        }
        Code::TokenRefused => vec![button("Log in", Request::LogIn)],
        _ => Vec::new(),
    }
}

fn busy(state: &State) -> Option<Busy> {
    if let Some(own) = &state.own {
        let title = match own.request {
            Request::LogIn | Request::LogInByOauth | Request::LogInByForm => "Logging in…",
            Request::Revoke { .. } => "Revoking…",
            Request::AddKey { .. } | Request::RemoveKey { .. } => "Changing SSH keys…",
            Request::LogOut => "Logging out…",
            Request::RemoveLocalCopies | Request::ForgetAccount { .. } => "Removing local copies…",
            Request::Regenerate => "Regenerating the token…",
            Request::Renew => "Renewing the token…",
            Request::InstallGitHelper => "Setting git's helper…",
            Request::MoveToken { to: store::Place::Keychain } => "Moving the token to the keychain…",
            Request::MoveToken { to: store::Place::Netrc } => "Moving the token to .netrc…",
            Request::Forget { .. } => "Removing a copy of the token…",
            Request::Link { .. } => "Pointing the Heroku CLI at the token…",
            Request::Fix { .. } => "Mending…",
            Request::Undo => "Taking the fix back…",
            Request::UseAccount { .. } => "Switching accounts…",
            _ => "Finishing what was interrupted…",
        };
        return Some(Busy { title: title.to_owned(), ours: true, steps: own.steps.clone() });
    }
    let Activity::Running(entry) = &state.facts.as_ref()?.activity else { return None };
    let mut title = format!("{} is {}…", entry.by.name(), entry.verb.doing());
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(Busy { title, ours: false, steps: entry.done.clone() })
}

fn signed_out(facts: &Facts) -> Screen {
    let note = if facts.overrides.netrc_only {
        "HEROKU_NETRC_WRITE=true: the token will go to .netrc, in plain text."
    } else if !facts.cli_reads_keychain {
        "secret-tool is not installed (package libsecret-tools), so the token will go to .netrc, in plain text."
    } else {
        match &facts.keychain {
            Look::Unknown(error) if error.code == Code::KeychainMissing => {
                "No keychain runs here, so the token will go to .netrc, in plain text."
            }
            Look::Unknown(error) if error.code == Code::KeychainLocked => {
                "Your keychain is locked; it will ask to be unlocked."
            }
            _ => "Log in once. heroku, git and Herokey will all use the token in your keychain.",
        }
    };
    Screen::SignedOut { note: note.to_owned() }
}

fn signed_in(state: &State, facts: &Facts, tools: &Tools, problems: &[Problem]) -> Screen {
    let stored = stored(facts);
    let email =
        tools.heroku.account.clone().or(stored.account).unwrap_or_else(|| match tools.heroku.source {
            Source::Env => "HEROKU_API_KEY".to_owned(),
            _ => "Unknown account".to_owned(),
        });
    let attention = problems.iter().any(|problem| problem.severity != Severity::Info);
    let status = match facts.known(tools.heroku.trace.as_ref()) {
        Some(known) if known.refused => "Refused by Heroku · log in again".to_owned(),
        Some(known) => format!("Signed in · {}", known.words),
        None if attention => "Signed in · needs your attention".to_owned(),
        None => "Signed in · expiry unknown".to_owned(),
    };
    let row = |tool: &str, answer: &Answer| tool_row(tool, answer, &tools.heroku);
    Screen::SignedIn {
        account: AccountCard {
            initial: email.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default(),
            email,
            status,
            tone: if attention { Tone::Attention } else { Tone::Good },
        },
        keychain: keychain_place(facts),
        netrc: netrc_place(facts),
        arrow: arrow(state, facts),
        tools: vec![row("heroku", &tools.heroku), row("git push", &tools.git), row("curl -n", &tools.curl)],
    }
}

/// Out of plain text where the Heroku CLI would look in the keychain; the other way round only when asked.
fn arrow(state: &State, facts: &Facts) -> Option<Arrow> {
    if let Some(to) = moving(state, facts) {
        let request = Request::MoveToken { to };
        return Some(Arrow { to, label: "On its way".to_owned(), request, moving: true, advised: true });
    }
    let in_use = stored(facts);
    let in_netrc = held_in_netrc(facts);
    if in_netrc.is_some() && in_netrc == in_use.trace.as_ref() && facts.cli_uses_keychain() {
        let to = store::Place::Keychain;
        let request = Request::MoveToken { to };
        let label = "Move the token to the keychain".to_owned();
        return Some(Arrow { to, label, request, moving: false, advised: true });
    }
    // A move would replace what is there: first that is dealt with.
    (in_use.source == Source::Keychain && in_netrc.is_none()).then(|| {
        let to = store::Place::Netrc;
        let request = Request::ProposeMove { to };
        Arrow { to, label: "Move the token to .netrc…".to_owned(), request, moving: false, advised: false }
    })
}

fn held_in_netrc(facts: &Facts) -> Option<&Trace> {
    facts.netrc.records.present()?.iter().find_map(|record| record.cli.as_ref().or(record.curl.as_ref()))
}

fn moving(state: &State, facts: &Facts) -> Option<store::Place> {
    match (&state.own, &facts.activity) {
        (Some(OwnAction { request: Request::MoveToken { to }, .. }), _) => Some(*to),
        (None, Activity::Running(entry)) if entry.verb == Verb::MoveToken => entry.place,
        _ => None,
    }
}

fn keychain_place(facts: &Facts) -> Place {
    let named = facts.login_state.present();
    let (chip, empty, tone) = match &facts.keychain {
        Look::Present(entries) => {
            let entry =
                entries.iter().find(|entry| Some(&entry.account) == named).or_else(|| entries.first());
            let chip = entry.and_then(|entry| entry.trace.as_ref()).map(|trace| trace.masked.clone());
            (chip, "empty", Tone::Neutral)
        }
        Look::Absent => (None, "empty", Tone::Neutral),
        Look::Unknown(error) => match error.code {
            Code::KeychainLocked => (None, "locked", Tone::Bad),
            Code::KeychainDenied => (None, "access denied", Tone::Bad),
            Code::KeychainMissing => (None, "none on this machine", Tone::Neutral),
            Code::KeychainTimeout => (None, "no answer", Tone::Bad),
            Code::Unsupported => (None, "not supported yet", Tone::Neutral),
            _ => (None, "cannot be read", Tone::Bad),
        },
    };
    Place {
        title: "Keychain".to_owned(),
        subtitle: "heroku-cli · encrypted".to_owned(),
        tone: if chip.is_some() { Tone::Good } else { tone },
        chip,
        empty: empty.to_owned(),
    }
}

fn netrc_place(facts: &Facts) -> Place {
    let (chip, empty, tone) = match &facts.netrc.records {
        Look::Present(_) | Look::Absent => {
            (held_in_netrc(facts).map(|trace| trace.masked.clone()), "empty", Tone::Neutral)
        }
        Look::Unknown(_) => (None, "cannot be read", Tone::Bad),
    };
    let kind = if facts.netrc.encrypted { "encrypted with gpg" } else { "plain text" };
    Place {
        title: ".netrc".to_owned(),
        subtitle: if chip.is_some() {
            format!("{} · {kind}", facts.netrc.shown)
        } else {
            facts.netrc.shown.clone()
        },
        tone: if chip.is_some() { Tone::Attention } else { tone },
        chip,
        empty: empty.to_owned(),
    }
}

fn tool_row(tool: &str, answer: &Answer, heroku: &Answer) -> ToolRow {
    let source = match answer.source {
        Source::Env => "HEROKU_API_KEY",
        Source::Keychain => "Keychain",
        Source::Netrc => ".netrc",
        Source::HelperHerokey => "Herokey helper",
        Source::HelperHeroku => "Heroku CLI helper",
        Source::HelperOther => "Another helper",
        Source::None => "nothing",
    };
    let tone = match answer.source {
        Source::Env => Tone::Attention,
        Source::None => Tone::Neutral,
        _ if answer.trace.is_some() && answer.trace == heroku.trace => Tone::Good,
        _ => Tone::Attention,
    };
    ToolRow {
        tool: tool.to_owned(),
        source: source.to_owned(),
        chip: answer.trace.as_ref().map(|trace| trace.masked.clone()),
        reason: answer.reason.clone(),
        tone,
    }
}

fn account_row(account: Account) -> AccountRow {
    let places = account.places.iter().map(|place| match place {
        accounts::Place::Keychain => "Keychain",
        accounts::Place::Netrc => ".netrc",
        accounts::Place::AccountsFile => "a file of `heroku accounts`",
    });
    // Files of other programs are theirs.
    let forgettable = account.is_current || account.places.contains(&accounts::Place::Keychain);
    let email = account.email.clone();
    AccountRow {
        detail: places.collect::<Vec<_>>().join(", "),
        current: account.is_current,
        switch: Request::UseAccount { account: email.clone() },
        forget: forgettable.then(|| Button {
            label: format!("Remove {email} from this machine"),
            request: Request::ForgetAccount { account: email },
        }),
        email: account.email,
    }
}

fn card(problem: &Problem) -> ProblemCard {
    ProblemCard {
        code: problem.code.to_owned(),
        title: problem.title.clone(),
        body: problem.message.clone(),
        fix: problem.fix.clone(),
        does: problem.does.clone(),
        button: problem.button.clone().map(|(label, request)| Button { label: label.to_owned(), request }),
        tone: match problem.severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Attention,
            Severity::Info => Tone::Neutral,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ME, account_file, entry, fresh, logged_in, with_netrc};

    fn points_to(state: &State) -> Option<(store::Place, bool)> {
        let facts = state.facts.as_ref().unwrap();
        arrow(state, facts).map(|arrow| (arrow.to, arrow.moving))
    }

    fn of(facts: Facts) -> State {
        State { facts: Some(facts), ..State::default() }
    }

    #[test]
    fn the_arrow_points_where_the_token_can_go() {
        use store::Place::{Keychain, Netrc};
        assert_eq!(points_to(&of(logged_in())), Some((Netrc, false)));
        assert_eq!(points_to(&of(with_netrc(fresh(), "one"))), Some((Keychain, false)));
        assert_eq!(points_to(&of(with_netrc(logged_in(), "one"))), Some((Keychain, false)), "a second copy");
        assert_eq!(points_to(&of(with_netrc(logged_in(), "two"))), None, "another token is in the way");
        let blind = Facts { cli_reads_keychain: false, ..with_netrc(fresh(), "one") };
        assert_eq!(points_to(&of(blind)), None, "the CLI would not look there");
        let own = OwnAction { request: Request::MoveToken { to: Netrc }, waiting: None, steps: Vec::new() };
        assert_eq!(points_to(&State { own: Some(own), ..of(logged_in()) }), Some((Netrc, true)));
    }

    #[test]
    fn a_question_comes_before_an_outcome_and_a_move_can_be_undone() {
        let undo = Request::MoveToken { to: store::Place::Netrc };
        let outcome = Outcome::Done { what: "Moved.".to_owned(), note: String::new() };
        let mut state = State { outcome: Some(outcome), undo: Some(undo.clone()), ..of(logged_in()) };
        assert_eq!(latest_notice(&state).unwrap().buttons[0].request, undo);
        state.proposal = Some(Plan {
            account: "me@example.com".to_owned(),
            masked: "…a1b2".to_owned(),
            to: store::Place::Netrc,
            steps: Vec::new(),
            means: "Plain text.".to_owned(),
        });
        let question = latest_notice(&state).unwrap();
        assert_eq!(
            (question.title.as_str(), question.body.as_str()),
            ("Move the token to .netrc?", "Plain text.")
        );
    }

    #[test]
    fn each_account_can_be_switched_to_and_only_herokeys_own_copies_removed() {
        let facts = Facts {
            keychain: Look::Present(vec![entry(ME, "one"), entry("other@example.com", "two")]),
            accounts: Look::Present(vec![account_file("third", "third@example.com", Some("three"))]),
            ..logged_in()
        };
        let rows = overview(&of(facts)).accounts;
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
        assert_eq!(rows[1].switch, Request::UseAccount { account: "other@example.com".to_owned() });
    }
}
