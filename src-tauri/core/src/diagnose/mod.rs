//! Facts → what is wrong, each with a stable code, a sentence and a fix. Pure.

mod copies;
mod environment;
mod git;
mod keychain;
mod netrc;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::action::Fix;
use crate::controller::Request;
use crate::expiry::Stage;
use crate::journal::Activity;
use crate::resolve::{Source, Tools};
use crate::survey::Facts;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A tool does not work, or uses something else than a person would think.
    Error,
    /// It works, and could be safer or will stop working.
    Warning,
    /// Worth knowing.
    Info,
}

/// Something wrong on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Stable; listed in INTEROP.md.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: String,
    /// What it means.
    pub message: String,
    /// The command, or the act, that mends it.
    pub fix: String,
    /// What Herokey can do about it at one click, with the button's label.
    pub button: Option<(&'static str, Request)>,
    /// What that changes, to the line; empty where there is no button.
    pub does: String,
    /// The other way to be done with it: the person says that it is as they want it.
    pub wanted: Option<(&'static str, Request)>,
    /// The button loses nothing and needs nobody's decision: `herokey doctor --fix` may press it.
    pub safe: bool,
}

/// Every problem, worst first.
pub fn diagnose(facts: &Facts, tools: &Tools) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(unfinished(facts));
    problems.extend(life(facts, tools));
    environment::look(facts, &mut problems);
    keychain::look(facts, tools, &mut problems);
    netrc::look(facts, tools, &mut problems);
    git::look(facts, tools, &mut problems);
    copies::look(facts, tools, &mut problems);
    problems.sort_by_key(|problem| problem.severity);
    problems
}

fn problem(
    code: &'static str,
    severity: Severity,
    title: impl Into<String>,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> Problem {
    Problem {
        code,
        severity,
        title: title.into(),
        message: message.into(),
        fix: fix.into(),
        button: None,
        does: String::new(),
        wanted: None,
        safe: false,
    }
}

impl Problem {
    fn button(self, label: &'static str, request: Request, does: impl Into<String>) -> Self {
        Self { button: Some((label, request)), does: does.into(), ..self }
    }

    /// A button for a fix, which the terminal applies by the problem's code.
    fn mended_by(self, label: &'static str, fix: Fix, does: impl Into<String>) -> Self {
        let command = format!("herokey doctor --fix {}", self.code);
        Self { fix: command, ..self.button(label, Request::Fix { fix }, does) }
    }

    fn safe_if(self, safe: bool) -> Self {
        Self { safe, ..self }
    }
}

fn unfinished(facts: &Facts) -> Option<Problem> {
    let Activity::HalfDone(entry) = &facts.activity else { return None };
    let done = entry.done.last().map_or("nothing", String::as_str);
    let found = problem(
        "unfinished-action",
        Severity::Error,
        "An action was interrupted",
        format!("It began at {:.0}; the last step done: {done}.", entry.started_at),
        "Start Herokey: it finishes the action.",
    );
    let does = format!("Goes on with what was begun: {}.", entry.verb.doing());
    Some(found.button("Finish it", Request::FinishAction, does).safe_if(true))
}

/// What Heroku has said about the token in use, and how near its end is.
fn life(facts: &Facts, tools: &Tools) -> Option<Problem> {
    let known = facts.known(tools.heroku.trace.as_ref())?;
    let password = tools.heroku.source == Source::Netrc && netrc::holds_no_token(facts);
    let (code, severity, title, message) = match known.stage {
        // Said by `netrc`, with what is wrong about it.
        _ if known.refused && password => return None,
        _ if known.refused => (
            "token-refused",
            Severity::Error,
            "Heroku does not accept the token".to_owned(),
            "It was revoked, has expired, or the password was changed.",
        ),
        Some(Stage::Ended) => (
            "token-expired",
            Severity::Error,
            "Your token has expired".to_owned(),
            "heroku, git and curl are refused until you log in again.",
        ),
        Some(Stage::OneDay | Stage::SevenDays) => (
            "token-expiring",
            Severity::Warning,
            format!("Your token {}", known.words),
            "Log in again to go on without a break.",
        ),
        None => return None,
    };
    if tools.heroku.source == Source::Env {
        return Some(problem(code, severity, title, message, "Replace HEROKU_API_KEY where it is set."));
    }
    Some(log_in_again(problem(code, severity, title, message, "herokey login")))
}

fn log_in_again(problem: Problem) -> Problem {
    let does = "Opens the browser, and puts the new token where the Heroku CLI looks.";
    problem.button("Log in again", Request::LogIn, does)
}
