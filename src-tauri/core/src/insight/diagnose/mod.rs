//! Facts → what is wrong, each with a stable code, a sentence and a fix. Pure.

mod copies;
mod environment;
mod git;
mod keychain;
mod netrc;
#[cfg(test)]
mod tests;

use serde::Serialize;
use ts_rs::TS;

use crate::base::expiry::Stage;
use crate::insight::facts::Facts;
use crate::insight::readers::{Source, Tools};
use crate::insight::remedy::{Fix, Remedy};
use crate::ledger::journal::Activity;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A tool effect not work, or uses something else than a person would think.
    Error,
    /// It works, and could be safer or will stop working.
    Warning,
    /// Worth knowing.
    Info,
}

/// Something wrong on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// A stable code, listed in INTEROP.md.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: String,
    /// What it means.
    pub message: String,
    /// What to do about it.
    pub next_step: NextStep,
    /// What Herokey offers to do about it.
    pub remedy: Option<Remedy>,
    /// What the remedy will change, to the line; empty if there is none.
    pub effect: String,
    /// The other way to settle it: to say that it is meant to be so.
    pub keep_as_is: Option<Remedy>,
    /// The remedy loses nothing and needs no decision, so `herokey doctor --fix` may apply it.
    pub safe: bool,
}

/// What to do about a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", content = "text", rename_all = "camelCase")]
pub enum NextStep {
    /// A command to run in a terminal.
    Command(String),
    /// Something to do that is not a command, in words.
    Words(String),
}

impl NextStep {
    /// The command, or the words.
    pub fn text(&self) -> &str {
        match self {
            Self::Command(text) | Self::Words(text) => text,
        }
    }
}

impl From<String> for NextStep {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for NextStep {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

/// Every problem, worst first.
pub fn diagnose(facts: &Facts, tools: &Tools) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(unfinished(facts));
    problems.extend(life(facts, tools));
    environment::find(facts, &mut problems);
    keychain::find(facts, tools, &mut problems);
    netrc::find(facts, tools, &mut problems);
    git::find(facts, tools, &mut problems);
    copies::find(facts, tools, &mut problems);
    problems.sort_by_key(|problem| problem.severity);
    problems
}

fn problem(
    code: &'static str,
    severity: Severity,
    title: impl Into<String>,
    message: impl Into<String>,
    next_step: impl Into<NextStep>,
) -> Problem {
    Problem {
        code,
        severity,
        title: title.into(),
        message: message.into(),
        next_step: next_step.into(),
        remedy: None,
        effect: String::new(),
        keep_as_is: None,
        safe: false,
    }
}

fn command(command: impl Into<String>) -> NextStep {
    NextStep::Command(command.into())
}

impl Problem {
    fn offer(self, remedy: Remedy, effect: impl Into<String>) -> Self {
        Self { remedy: Some(remedy), effect: effect.into(), ..self }
    }

    /// Offers a fix, which the terminal applies by the problem's code.
    fn fixed_by(self, fix: Fix, effect: impl Into<String>) -> Self {
        let next_step = command(format!("herokey doctor --fix {}", self.code));
        Self { next_step, ..self.offer(Remedy::Fix(fix), effect) }
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
    let effect = format!("Goes on with what was begun: {}.", entry.verb.doing());
    Some(found.offer(Remedy::FinishAction, effect).safe_if(true))
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
            "Heroku effect not accept the token".to_owned(),
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
    if tools.heroku.source == Source::ApiKey {
        return Some(problem(code, severity, title, message, "Replace HEROKU_API_KEY where it is set."));
    }
    Some(log_in_again(problem(code, severity, title, message, command("herokey login"))))
}

fn log_in_again(problem: Problem) -> Problem {
    let effect = "Opens the browser, and puts the new token where the Heroku CLI looks.";
    problem.offer(Remedy::LogIn, effect)
}
