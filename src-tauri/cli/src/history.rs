//! `herokey history`: what Herokey did on this machine.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::base::error::Code;
use herokey_core::base::expiry::time_in;
use herokey_core::ledger::journal;
use herokey_core::ledger::journal::{Outcome, PastAction};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::Failure;
use crate::args::History;
use crate::style::Style;
use crate::terminal;

pub(crate) fn run(env: &Env, args: &History) -> Result<(), Failure> {
    let history = journal::history(env);
    let mut out = terminal::stdout();
    if args.json {
        let report = json!({
            "schema": 1,
            "history": history.iter().map(report).collect::<Vec<_>>(),
        });
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    if history.is_empty() {
        writeln!(out, "Herokey has done nothing on this machine yet.")?;
    }
    for past in &history {
        print(&mut out, past)?;
    }
    Ok(())
}

fn report(past: &PastAction) -> Value {
    let (done, what, note, code) = match &past.outcome {
        Outcome::Done { what, note } => (true, what, note, None),
        Outcome::Failed(error) => (false, &error.what, &error.means, Some(error.code.to_string())),
    };
    json!({
        "at": past.at,
        "verb": past.verb,
        "by": past.by,
        "account": past.account,
        "done": done,
        "what": what,
        "note": note,
        "code": code,
    })
}

fn print(out: &mut impl Write, past: &PastAction) -> io::Result<()> {
    let what = match &past.outcome {
        Outcome::Done { what, .. } => what.clone(),
        Outcome::Failed(error) if error.code == Code::Cancelled => error.what.clone(),
        Outcome::Failed(error) => Style::Error.paint(&error.what),
    };
    let account = past.account.as_deref().map(|account| format!("{account}, ")).unwrap_or_default();
    writeln!(out, "{}  {what}", Style::Title.paint(time_in(&TimeZone::system(), past.at)))?;
    writeln!(out, "  {account}by {}", past.by.name())
}
