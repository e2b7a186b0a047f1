//! `herokey status`: the account, where the token is stored, and what each tool uses.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::action::check;
use herokey_core::base::error::Code;
use herokey_core::base::expiry::Expiry;
use herokey_core::base::person::Nobody;
use herokey_core::base::token::Trace;
use herokey_core::insight::diagnose::{Problem, diagnose};
use herokey_core::insight::facts::{Facts, Observed};
use herokey_core::insight::readers::{Answer, Reader, Readers, Source, resolve};
use herokey_core::survey::{survey, survey_in, survey_with_shell};

use crate::args::Status;
use crate::style::{self, Style};
use crate::terminal::{self, say, with_runner};
use crate::{Failure, in_folder, status_json};

/// What is known about the token in use.
pub(crate) struct TokenStatus {
    pub(crate) account: Option<String>,
    pub(crate) trace: Option<Trace>,
    pub(crate) source: Source,
    /// Whether Heroku accepts the token. `None` if Herokey did not ask, or got no answer.
    pub(crate) valid: Option<bool>,
    pub(crate) expiry: Expiry,
    /// The expiry as text, or that Heroku refused the token.
    pub(crate) expiry_text: String,
}

pub(crate) fn run(env: &Env, args: &Status) -> Result<(), Failure> {
    // Ask before the survey, which includes the answer that Herokey records.
    let asked = if args.offline { None } else { ask_heroku(env) };
    let facts = match &args.folder {
        Some(folder) => survey_in(env, folder),
        None => survey_with_shell(env),
    };
    let elsewhere = args.folder.as_ref().map(|_| resolve(&survey(env)));
    let tools = resolve(&facts);
    let problems = diagnose(&facts, &tools);
    let known = facts.known(tools.heroku.trace.as_ref());
    let token = (tools.heroku.source != Source::None).then(|| TokenStatus {
        account: asked.clone().and_then(Result::ok).or_else(|| tools.heroku.account.clone()),
        trace: tools.heroku.trace.clone(),
        source: tools.heroku.source,
        valid: match asked {
            _ if tools.heroku.is_flawed => Some(false),
            Some(answer) => Some(answer.is_ok()),
            None => known.filter(|known| known.refused).map(|_| false),
        },
        expiry: known.map_or(Expiry::Unknown, |known| known.expiry),
        expiry_text: match known {
            _ if tools.heroku.is_flawed => "which the heroku command cannot use".to_owned(),
            Some(known) => known.expiry_text.clone(),
            None => "expiry unknown".to_owned(),
        },
    });
    let mut out = terminal::stdout();
    if args.json {
        let mut report = status_json::report(&facts, &tools, &problems, token.as_ref());
        if !facts.folders.is_empty() {
            report["folders"] = status_json::folders(&facts);
        }
        if let Some((folder, elsewhere)) = facts.folder.as_ref().zip(elsewhere.as_ref()) {
            report["folder"] = in_folder::report(&facts, folder, &tools, elsewhere);
        }
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    print(&mut out, env, &facts, &tools, &problems, token.as_ref())?;
    if let Some((folder, elsewhere)) = facts.folder.as_ref().zip(elsewhere.as_ref()) {
        in_folder::print(&mut out, env, &facts, folder, &tools, elsewhere)?;
    }
    Ok(())
}

/// Asks Heroku for the account of the token in use. `None` if there is no token to ask about, or Heroku did not answer.
pub(crate) fn ask_heroku(env: &Env) -> Option<Result<String, Refused>> {
    match with_runner(env, &Nobody, check) {
        Ok(email) => Some(Ok(email)),
        Err(error) if error.code == Code::TokenRefused => Some(Err(Refused)),
        // There is no token, or nobody can read or use it; the facts say which.
        Err(error) if error.code == Code::EnvApiKeyMalformed || matches!(error.code.exit(), 3 | 5) => None,
        Err(error) => {
            let why = format!("{} {}", error.what, error.detail);
            say(&format!("Could not check the token with Heroku: {why}"));
            None
        }
    }
}

/// Heroku refused the token.
#[derive(Clone)]
pub(crate) struct Refused;

fn print(
    out: &mut impl Write,
    env: &Env,
    facts: &Facts,
    tools: &Readers,
    problems: &[Problem],
    token: Option<&TokenStatus>,
) -> io::Result<()> {
    match token {
        None => writeln!(out, "{}", Style::Title.paint("Not logged in to Heroku."))?,
        Some(token) => {
            writeln!(out, "{}", Style::Title.paint(token.account.as_deref().unwrap_or("Unknown account")))?;
            let text = match token.valid {
                Some(true) => format!("{}, {}", Style::Fine.paint("accepted by Heroku"), token.expiry_text),
                Some(false) => Style::Error.paint(&token.expiry_text),
                None => format!("not checked, {}", token.expiry_text),
            };
            writeln!(out, "  token     {}, {text}", masked(token.trace.as_ref()))?;
        }
    }
    writeln!(out, "  keychain  {}", keychain(facts))?;
    writeln!(out, "  netrc     {}", netrc(env, facts))?;
    writeln!(out, "\n{}", Style::Title.paint("What each tool uses"))?;
    for (tool, answer) in [("heroku", &tools.heroku), ("git", &tools.git), ("curl", &tools.curl)] {
        let source = found(answer.source).paint(format_args!("{:<15}", answer.source.name()));
        writeln!(out, "  {tool:<8}  {source} {:<6} {}", masked_answer(answer), answer.reason)?;
    }
    for reader in &tools.others {
        let Reader { title, answer, .. } = reader;
        writeln!(out, "  {title}: {} {}", used(answer), answer.reason)?;
    }
    for folder in &facts.folders {
        writeln!(out, "  In {}, git and `herokey exec` use {}.", folder.name(), folder.account)?;
    }
    for name in facts.differing_variables() {
        let set_in = facts.login_shell.present().and_then(|shell| shell.set_in(name));
        let set_in = set_in.map_or_else(String::new, |set_in| format!(" (set in {})", set_in.shown));
        writeln!(out, "  {name} has a different value in new terminals{set_in}.")?;
    }
    if !problems.is_empty() {
        writeln!(out, "\n{}", Style::Title.paint("Problems"))?;
    }
    for problem in problems {
        writeln!(out, "  {} [{}]", Style::from(problem.severity).paint(&problem.title), problem.code)?;
        writeln!(out, "    {}", problem.message)?;
        writeln!(out, "    Fix: {}", problem.next_step.text())?;
    }
    Ok(())
}

fn keychain(facts: &Facts) -> String {
    let entries = match &facts.keychain {
        Observed::Present(entries) if !entries.is_empty() => entries,
        Observed::Present(_) | Observed::Absent => return "no heroku-cli entry".to_owned(),
        Observed::Unknown(error) => return format!("{}: {}", Style::Warning.paint("unknown"), error.what),
    };
    let shown = entries.iter().map(|entry| format!("{} {}", entry.account, masked(entry.trace.as_ref())));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match &facts.keychain_missed {
        Some(missed) => format!("{shown} ({})", missed.what.trim_end_matches('.')),
        None => shown,
    }
}

fn netrc(env: &Env, facts: &Facts) -> String {
    let netrc = &facts.netrc;
    let file = style::file(env, &netrc.shown);
    match &netrc.records {
        Observed::Present(records) if !records.is_empty() => {
            let shown =
                records.iter().map(|record| format!("{} {}", record.host, masked(record.shown_token())));
            format!("{file}: {}", shown.collect::<Vec<_>>().join(", "))
        }
        Observed::Present(_) | Observed::Absent => format!("{file}: no Heroku record"),
        Observed::Unknown(error) => {
            format!("{}: {} {}", Style::Warning.paint("unknown"), error.what, error.detail)
        }
    }
}

fn found(source: Source) -> Style {
    if source == Source::None { Style::Warning } else { Style::Fine }
}

/// "netrc …a1b2.", "none."
fn used(answer: &Answer) -> String {
    let masked = masked_answer(answer);
    let name = found(answer.source).paint(answer.source.name());
    if masked.is_empty() { format!("{name}.") } else { format!("{name} {masked}.") }
}

/// The masked token of an answer; empty if the tool finds none.
pub(crate) fn masked_answer(answer: &Answer) -> &str {
    if answer.source == Source::None { "" } else { masked(answer.trace.as_ref()) }
}

fn masked(trace: Option<&Trace>) -> &str {
    trace.map_or("?", |trace| trace.masked.as_str())
}
