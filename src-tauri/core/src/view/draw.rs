//! The window drawn from the state.

use super::{AccountCard, Busy, Button, Notice, Overview, Place, ProblemCard, Screen, Tone, ToolRow};
use crate::controller::{OwnAction, Request, State};
use crate::diagnose::{Problem, Severity, diagnose};
use crate::error::{Code, Error};
use crate::journal::{Activity, Outcome, Verb};
use crate::resolve::{Answer, Source, Tools, resolve, stored};
use crate::survey::{Facts, Look};

/// Draws the window from the state.
pub fn overview(state: &State) -> Overview {
    let busy = busy(state);
    let notice = state.outcome.as_ref().map(notice);
    if let Some(OwnAction { request: Request::LogIn, waiting, steps }) = &state.own
        && steps.is_empty()
    {
        let screen = Screen::Waiting {
            address: waiting.as_ref().map(|waiting| waiting.address.clone()),
            ends_at: waiting.as_ref().map(|waiting| waiting.ends_at.to_string()),
            browser_opened: waiting.as_ref().is_none_or(|waiting| waiting.browser_opened),
        };
        return Overview { screen, busy: None, notice, problems: Vec::new() };
    }
    let Some(facts) = &state.facts else {
        return Overview { screen: Screen::Starting, busy, notice, problems: Vec::new() };
    };
    let tools = resolve(facts);
    // Between two steps of an action much is half done; that is no problem of the person's.
    let half_done = busy.as_ref().is_some_and(|busy| !busy.steps.is_empty());
    let found = if half_done { Vec::new() } else { diagnose(facts, &tools) };
    let screen = if tools.heroku.source == Source::None {
        signed_out(facts)
    } else {
        signed_in(facts, &tools, &found)
    };
    Overview { screen, busy, notice, problems: found.iter().map(card).collect() }
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
            tone: Tone::Good,
        },
        Outcome::Failed(error) => Notice {
            code: Some(error.code.to_string()),
            title: error.what.clone(),
            body: format!("{} {}", error.means, error.fix).trim().to_owned(),
            detail: error.detail.clone(),
            buttons: remedies(error),
            tone: Tone::Bad,
        },
    }
}

fn remedies(error: &Error) -> Vec<Button> {
    let button = |label: &str, request| Button { label: label.to_owned(), request };
    match error.code {
        Code::LoginDenied | Code::LoginTimedOut => vec![button("Log in again", Request::LogIn)],
        // Only a logout ends so: it offers its own command for the same.
        Code::HerokuUnreachable | Code::HerokuError if error.fix.contains("--local-only") => {
            vec![
                button("Try again", Request::LogOut),
                button("Remove local copies", Request::RemoveLocalCopies),
            ]
        }
        Code::HerokuUnreachable | Code::HerokuError => vec![button("Try again", Request::LogIn)],
        Code::TokenRefused => vec![button("Log in", Request::LogIn)],
        _ => Vec::new(),
    }
}

fn busy(state: &State) -> Option<Busy> {
    if let Some(own) = &state.own {
        let title = match own.request {
            Request::LogIn => "Logging in…",
            Request::LogOut => "Logging out…",
            Request::RemoveLocalCopies => "Removing local copies…",
            Request::InstallGitHelper => "Setting git's helper…",
            _ => "Finishing what was interrupted…",
        };
        return Some(Busy { title: title.to_owned(), ours: true, steps: own.steps.clone() });
    }
    let Activity::Running(entry) = &state.facts.as_ref()?.activity else { return None };
    let what = match entry.verb {
        Verb::LogIn => "logging in",
        Verb::LogOut => "logging out",
        Verb::GitHelper => "setting git's helper",
    };
    let mut title = format!("{} is {what}…", entry.by.name());
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

fn signed_in(facts: &Facts, tools: &Tools, problems: &[Problem]) -> Screen {
    let stored = stored(facts);
    let email =
        tools.heroku.account.clone().or(stored.account).unwrap_or_else(|| match tools.heroku.source {
            Source::Env => "HEROKU_API_KEY".to_owned(),
            _ => "Unknown account".to_owned(),
        });
    let attention = problems.iter().any(|problem| problem.severity != Severity::Info);
    let status = if attention { "Signed in · needs your attention" } else { "Signed in · expiry unknown" };
    let row = |tool: &str, answer: &Answer| tool_row(tool, answer, &tools.heroku);
    Screen::SignedIn {
        account: AccountCard {
            initial: email.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default(),
            email,
            status: status.to_owned(),
            tone: if attention { Tone::Attention } else { Tone::Good },
        },
        keychain: keychain_place(facts),
        netrc: netrc_place(facts),
        tools: vec![row("heroku", &tools.heroku), row("git push", &tools.git), row("curl -n", &tools.curl)],
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
        Look::Present(records) => {
            let held = records.iter().find_map(|record| record.cli.as_ref().or(record.curl.as_ref()));
            (held.map(|trace| trace.masked.clone()), "empty", Tone::Neutral)
        }
        Look::Absent => (None, "empty", Tone::Neutral),
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

fn card(problem: &Problem) -> ProblemCard {
    ProblemCard {
        code: problem.code.to_owned(),
        title: problem.title.clone(),
        body: problem.message.clone(),
        fix: problem.fix.clone(),
        button: problem.button.clone().map(|(label, request)| Button { label: label.to_owned(), request }),
        tone: match problem.severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Attention,
            Severity::Info => Tone::Neutral,
        },
    }
}
