//! `herokey status`: who, where, and what each tool will use.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::action::check;
use herokey_core::base::error::Code;
use herokey_core::base::expiry::Expiry;
use herokey_core::base::person::Nobody;
use herokey_core::base::token::Trace;
use herokey_core::insight::diagnose::{Problem, diagnose};
use herokey_core::insight::facts::{Facts, Look};
use herokey_core::insight::readers::{Answer, Source, Tools, resolve};
use herokey_core::survey::{survey, survey_in, survey_with_shell};

use crate::args::Status;
use crate::terminal::{say, with_runner};
use crate::{Failure, in_folder, status_json};

/// The token in use, as far as it is known.
pub(crate) struct Token {
    pub(crate) account: Option<String>,
    pub(crate) trace: Option<Trace>,
    pub(crate) source: Source,
    /// Whether Heroku accepts it; `None`: Heroku was not asked, or could not be.
    pub(crate) valid: Option<bool>,
    pub(crate) expiry: Expiry,
    /// The same in words, or that Heroku refuses it.
    pub(crate) life: String,
}

pub(crate) fn run(env: &Env, args: &Status) -> Result<(), Failure> {
    // First, since what Heroku says is remembered, and so among the facts.
    let asked = if args.offline { None } else { ask_heroku(env) };
    let facts = match &args.folder {
        Some(folder) => survey_in(env, folder),
        None => survey_with_shell(env),
    };
    let elsewhere = args.folder.as_ref().map(|_| resolve(&survey(env)));
    let tools = resolve(&facts);
    let problems = diagnose(&facts, &tools);
    let known = facts.known(tools.heroku.trace.as_ref());
    let token = (tools.heroku.source != Source::None).then(|| Token {
        account: asked.clone().and_then(Result::ok).or_else(|| tools.heroku.account.clone()),
        trace: tools.heroku.trace.clone(),
        source: tools.heroku.source,
        valid: match asked {
            Some(answer) => Some(answer.is_ok()),
            None => known.filter(|known| known.refused).map(|_| false),
        },
        expiry: known.map_or(Expiry::Unknown, |known| known.expiry),
        life: known.map_or_else(|| "expiry unknown".to_owned(), |known| known.words.clone()),
    });
    let mut out = anstream::stdout();
    if args.json {
        let mut report = status_json::report(&facts, &tools, &problems, token.as_ref());
        if let Some((folder, elsewhere)) = facts.folder.as_ref().zip(elsewhere.as_ref()) {
            report["folder"] = in_folder::report(folder, elsewhere);
        }
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    print(&mut out, &facts, &tools, &problems, token.as_ref())?;
    if let Some((folder, elsewhere)) = facts.folder.as_ref().zip(elsewhere.as_ref()) {
        in_folder::print(&mut out, env, folder, &tools, elsewhere)?;
    }
    Ok(())
}

/// Whose the token in use is, or that Heroku refuses it; `None`: Heroku was not asked, or could not be.
pub(crate) fn ask_heroku(env: &Env) -> Option<Result<String, Refused>> {
    match with_runner(env, &Nobody, check) {
        Ok(email) => Some(Ok(email)),
        Err(error) if error.code == Code::TokenRefused => Some(Err(Refused)),
        // No token, or none that can be read: the facts tell which.
        Err(error) if matches!(error.code.exit(), 3 | 5) => None,
        Err(error) => {
            let why = format!("{} {}", error.what, error.detail);
            say(&format!("Heroku was not asked whether the token is valid: {why}"));
            None
        }
    }
}

/// Heroku does not accept the token.
#[derive(Clone)]
pub(crate) struct Refused;

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
                Some(true) => "accepted by Heroku, ",
                Some(false) => "",
                None => "not checked, ",
            };
            writeln!(out, "  token     {}, {valid}{}", masked(token.trace.as_ref()), token.life)?;
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
        writeln!(out, "    Fix: {}", problem.next_step.text())?;
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
            let shown =
                records.iter().map(|record| format!("{} {}", record.host, masked(record.shown_token())));
            format!("{}: {}", netrc.shown, shown.collect::<Vec<_>>().join(", "))
        }
        Look::Present(_) | Look::Absent => format!("{}: no record of Heroku", netrc.shown),
        Look::Unknown(error) => format!("unknown: {} {}", error.what, error.detail),
    }
}

pub(crate) fn chip(answer: &Answer) -> &str {
    if answer.source == Source::None { "" } else { masked(answer.trace.as_ref()) }
}

fn masked(trace: Option<&Trace>) -> &str {
    trace.map_or("?", |trace| trace.masked.as_str())
}
