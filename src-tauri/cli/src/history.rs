//! `herokey history`: what Herokey did on this machine.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::error::Code;
use herokey_core::journal::{self, Entry, Outcome};
use serde_json::{Value, json};

use crate::Failure;
use crate::args::History;

pub(crate) fn run(env: &Env, args: &History) -> Result<(), Failure> {
    let entries = journal::history(env);
    let mut out = anstream::stdout();
    if args.json {
        let report = json!({
            "schema": 1,
            "history": entries.iter().map(report).collect::<Vec<_>>(),
        });
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    if entries.is_empty() {
        writeln!(out, "Herokey has done nothing on this machine yet.")?;
    }
    for entry in &entries {
        print(&mut out, entry)?;
    }
    Ok(())
}

fn report(entry: &Entry) -> Value {
    let (done, what, note, code) = match &entry.outcome {
        Some(Outcome::Done { what, note }) => (true, what.as_str(), note.as_str(), None),
        Some(Outcome::Failed(error)) => (false, error.what.as_str(), error.means.as_str(), Some(error.code)),
        None => (false, "", "", None),
    };
    json!({
        "at": entry.ended_at,
        "verb": entry.verb,
        "by": entry.by,
        "account": entry.account,
        "done": done,
        "what": what,
        "note": note,
        "code": code.map(|code| code.to_string()),
    })
}

fn print(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let at = entry.ended_at.unwrap_or(entry.started_at).strftime("%F %H:%M UTC");
    let what = match &entry.outcome {
        Some(Outcome::Done { what, .. }) => what.clone(),
        Some(Outcome::Failed(error)) if error.code == Code::Cancelled => error.what.clone(),
        Some(Outcome::Failed(error)) => format!("\x1b[31m{}\x1b[0m", error.what),
        None => return Ok(()),
    };
    let account = entry.account.as_deref().map(|account| format!("{account}, ")).unwrap_or_default();
    writeln!(out, "\x1b[1m{at}\x1b[0m  {what}\n  {account}by {}", entry.by.name())
}
