//! `herokey status`: who, where, and what each tool will use.

use std::io::{self, Write};

use herokey_core::diagnose::{Problem, Severity, diagnose};
use herokey_core::error::Code;
use herokey_core::platform::{Cancel, Heroku, account};
use herokey_core::resolve::{Answer, Source, Tools, resolve};
use herokey_core::store::keychain::Unlock;
use herokey_core::store::lookup;
use herokey_core::survey::{Facts, Look, survey_with_shell};
use herokey_core::token::Trace;
use herokey_core::{Env, Error};

use crate::args::Status;
use crate::{Failure, say, status_json};

/// The token in use, as far as it is known.
pub(crate) struct Token {
    pub(crate) account: Option<String>,
    pub(crate) trace: Option<Trace>,
    pub(crate) source: Source,
    /// Whether Heroku accepts it; `None`: Heroku was not asked, or could not be.
    pub(crate) valid: Option<bool>,
}

pub(crate) fn run(env: &Env, args: &Status) -> Result<(), Failure> {
    let facts = survey_with_shell(env);
    let tools = resolve(&facts);
    let mut problems = diagnose(&facts, &tools);
    let mut token = (tools.heroku.source != Source::None).then(|| Token {
        account: tools.heroku.account.clone(),
        trace: tools.heroku.trace.clone(),
        source: tools.heroku.source,
        valid: None,
    });
    if let Some(token) = token.as_mut().filter(|_| !args.offline) {
        match ask_heroku(env) {
            Ok(email) => (token.valid, token.account) = (Some(true), Some(email)),
            Err(error) if error.code == Code::TokenRefused => {
                token.valid = Some(false);
                problems.insert(0, refused(&error));
            }
            Err(error) => say(&format!(
                "Heroku was not asked whether the token is valid: {} {}",
                error.what, error.detail
            )),
        }
    }
    let mut out = anstream::stdout();
    if args.json {
        writeln!(out, "{:#}", status_json::report(&facts, &tools, &problems, token.as_ref()))?;
        return Ok(());
    }
    print(&mut out, &facts, &tools, &problems, token.as_ref())?;
    Ok(())
}

fn ask_heroku(env: &Env) -> Result<String, Error> {
    let found = lookup::require_token(env, Unlock::Never)?;
    let heroku = Heroku::connect(env, Cancel::new())?;
    account::of(&heroku, &found.token).map(|account| account.email)
}

fn refused(error: &Error) -> Problem {
    Problem {
        code: "token-refused",
        severity: Severity::Error,
        title: "Heroku does not accept the token".to_owned(),
        message: format!("It was revoked, has expired, or the password was changed. {}", error.detail),
        fix: "herokey login".to_owned(),
        button: None,
    }
}

fn print(
    out: &mut impl Write,
    facts: &Facts,
    tools: &Tools,
    problems: &[Problem],
    token: Option<&Token>,
) -> io::Result<()> {
    match token {
        None => writeln!(out, "\x1b[1mNot logged in to Heroku.\x1b[0m")?,
        Some(token) => {
            writeln!(out, "\x1b[1m{}\x1b[0m", token.account.as_deref().unwrap_or("Unknown account"))?;
            let valid = match token.valid {
                Some(true) => "accepted by Heroku",
                Some(false) => "refused by Heroku",
                None => "not checked",
            };
            writeln!(out, "  token     {}, {valid}, expiry unknown", masked(token.trace.as_ref()))?;
        }
    }
    writeln!(out, "  keychain  {}", keychain(facts))?;
    writeln!(out, "  netrc     {}", netrc(facts))?;
    writeln!(out, "\n\x1b[1mWhat each tool uses\x1b[0m")?;
    for (tool, answer) in [("heroku", &tools.heroku), ("git", &tools.git), ("curl", &tools.curl)] {
        writeln!(out, "  {tool:<8}  {:<15} {:<6} {}", answer.source.name(), chip(answer), answer.reason)?;
    }
    for name in facts.differing() {
        let there = facts.login_shell.present().and_then(|shell| shell.set_in(name));
        let there = there.map_or_else(String::new, |found| format!(", {}", found.shown));
        writeln!(out, "  {name} has another value in a new terminal{there}.")?;
    }
    if !problems.is_empty() {
        writeln!(out, "\n\x1b[1mProblems\x1b[0m")?;
    }
    for problem in problems {
        writeln!(out, "  \x1b[33m{}\x1b[0m [{}]", problem.title, problem.code)?;
        writeln!(out, "    {}", problem.message)?;
        writeln!(out, "    Fix: {}", problem.fix)?;
    }
    Ok(())
}

fn keychain(facts: &Facts) -> String {
    let entries = match &facts.keychain {
        Look::Present(entries) if !entries.is_empty() => entries,
        Look::Present(_) | Look::Absent => return "no entry heroku-cli".to_owned(),
        Look::Unknown(error) => return format!("unknown: {}", error.what),
    };
    let shown = entries.iter().map(|entry| format!("{} {}", entry.account, masked(entry.trace.as_ref())));
    shown.collect::<Vec<_>>().join(", ")
}

fn netrc(facts: &Facts) -> String {
    let netrc = &facts.netrc;
    match &netrc.records {
        Look::Present(records) if !records.is_empty() => {
            let shown = records.iter().map(|record| {
                let trace = record.curl.as_ref().or(record.cli.as_ref());
                format!("{} {}", record.host, masked(trace))
            });
            format!("{}: {}", netrc.shown, shown.collect::<Vec<_>>().join(", "))
        }
        Look::Present(_) | Look::Absent => format!("{}: no record of Heroku", netrc.shown),
        Look::Unknown(error) => format!("unknown: {} {}", error.what, error.detail),
    }
}

fn chip(answer: &Answer) -> &str {
    if answer.source == Source::None { "" } else { masked(answer.trace.as_ref()) }
}

fn masked(trace: Option<&Trace>) -> &str {
    trace.map_or("?", |trace| trace.masked.as_str())
}
