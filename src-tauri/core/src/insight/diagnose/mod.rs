//! Facts → the problems of this machine, each with a stable code, an explanation and a next step. Pure.

mod copies;
mod environment;
mod git;
mod git_routes;
mod hidden;
mod keychain;
mod named_netrc;
mod netrc;
mod programs;
mod records;
#[cfg(test)]
mod tests;
mod unfinished;

use serde::Serialize;
use ts_rs::TS;

use crate::base::error::Error;
use crate::base::expiry::Stage;
use crate::insight::facts::Facts;
use crate::insight::readers::{Readers, Source};
use crate::insight::remedy::{Changed, Fix, Remedy};

/// How serious a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A reader does not work, or does not use the credential that the user expects.
    Error,
    /// Everything works, but it could be safer, or will stop working.
    Warning,
    /// Good to know.
    Info,
}

/// A problem on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The stable code, listed in INTEROP.md.
    pub code: &'static str,
    /// How serious the problem is.
    pub severity: Severity,
    /// What is wrong, in a few words without a full stop.
    pub title: String,
    /// What the problem means, in full sentences.
    pub message: String,
    /// What the user can do about the problem.
    pub next_step: NextStep,
    /// What Herokey offers to do about the problem.
    pub remedy: Option<Remedy>,
    /// Exactly what the remedy changes, in full sentences; empty without a remedy.
    pub effect: String,
    /// The alternative to the remedy: to confirm that everything is as the user wants it.
    pub keep_as_is: Option<Remedy>,
    /// `herokey doctor --fix` may apply the remedy unasked: it loses nothing and needs no decision.
    pub safe: bool,
}

/// What the user can do about a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", content = "text", rename_all = "camelCase")]
pub enum NextStep {
    /// A command to run in a terminal.
    Command(String),
    /// Instructions in words.
    Words(String),
}

impl NextStep {
    /// The command or the instructions.
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

/// Finds every problem, the most serious first.
pub fn diagnose(facts: &Facts, readers: &Readers) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(unfinished::find(facts));
    problems.extend(token_in_use(facts, readers));
    environment::find(facts, readers, &mut problems);
    keychain::find(facts, readers, &mut problems);
    netrc::find(facts, readers, &mut problems);
    problems.extend(named_netrc::find(facts));
    problems.extend(hidden::find(facts, readers));
    git::find(facts, readers, &mut problems);
    git_routes::find(facts, readers, &mut problems);
    copies::find(facts, readers, &mut problems);
    programs::find(facts, readers, &mut problems);
    records::find(facts, &mut problems);
    problems.sort_by_key(|problem| problem.severity);
    problems.into_iter().map(|problem| problem.without_impossible_fix(facts)).collect()
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

/// A problem that is an error of one of the stores.
fn problem_of(code: &'static str, error: &Error) -> Problem {
    let message = format!("{} {}", error.means, error.detail);
    problem(code, Severity::Error, error.what.trim_end_matches('.'), message.trim(), error.next_step.clone())
}

fn command(command: impl Into<String>) -> NextStep {
    NextStep::Command(command.into())
}

impl Problem {
    fn offer(self, remedy: Remedy, effect: impl Into<String>) -> Self {
        Self { remedy: Some(remedy), effect: effect.into(), ..self }
    }

    /// Offers a fix, and makes the command that applies it the next step.
    fn fixed_by(self, fix: Fix, effect: impl Into<String>) -> Self {
        let next_step = command(format!("herokey doctor --fix {}", self.code));
        Self { next_step, ..self.offer(Remedy::Fix(fix), effect) }
    }

    /// Takes back the offer to change a file that Herokey cannot change, and says why.
    fn without_impossible_fix(self, facts: &Facts) -> Self {
        let changed = match &self.remedy {
            Some(Remedy::Fix(fix)) => fix.changes(),
            Some(Remedy::Move { .. }) => Changed::Netrc,
            _ => return self,
        };
        let path = match changed {
            Changed::File(path) => path,
            Changed::Netrc => &facts.netrc.path,
            Changed::Keychain | Changed::Registry => return self,
        };
        let Some(file) = facts.protected.iter().find(|file| file.path == path) else { return self };
        Self {
            message: format!("{} Herokey cannot change {}: {}.", self.message, file.shown, file.why),
            next_step: "Change it yourself where it is made, then run `herokey doctor` again.".into(),
            remedy: None,
            effect: String::new(),
            safe: false,
            ..self
        }
    }

    fn safe_if(self, safe: bool) -> Self {
        Self { safe, ..self }
    }
}

/// The token that `heroku` uses: Heroku refuses it, or it has expired or will soon.
fn token_in_use(facts: &Facts, readers: &Readers) -> Option<Problem> {
    let known = facts.known(readers.heroku.trace.as_ref())?;
    let password = readers.heroku.source == Source::Netrc && netrc::holds_no_token(facts);
    let (code, severity, title, message) = match known.stage {
        // `netrc` reports that it is not a token.
        _ if known.refused && password => return None,
        _ if known.refused => (
            "token-refused",
            Severity::Error,
            "Heroku does not accept the token".to_owned(),
            "It was revoked, it expired, or the password was changed.",
        ),
        Some(Stage::Ended) => (
            "token-expired",
            Severity::Error,
            "Your token has expired".to_owned(),
            "Heroku refuses heroku, git and curl until you log in again.",
        ),
        Some(Stage::SevenDays | Stage::OneDay | Stage::OneHour | Stage::TenMinutes) => (
            "token-expiring",
            Severity::Warning,
            format!("Your token {}", known.expiry_text),
            "Log in again to avoid an interruption.",
        ),
        None => return None,
    };
    if readers.heroku.source == Source::ApiKey {
        return Some(problem(
            code,
            severity,
            title,
            message,
            "Replace the token where HEROKU_API_KEY is set.",
        ));
    }
    Some(log_in_again(problem(code, severity, title, message, command("herokey login"))))
}

fn log_in_again(problem: Problem) -> Problem {
    let effect = "Opens the browser, then stores the new token where the Heroku CLI looks for it.";
    problem.offer(Remedy::LogIn, effect)
}
