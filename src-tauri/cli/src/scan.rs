//! `herokey scan`: finds tokens in files, shell histories and git objects.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use herokey_core::base::error::{Code, Error};
use herokey_core::scan;
use herokey_core::scan::{FoundIn, Progress, Report, Request};
use herokey_core::{Env, Result};

use crate::args::Scan;
use crate::scan_report::{counted, json, line, print_unsure};
use crate::terminal::{self, say};
use crate::{Failure, progress_line, style};

/// How many files with tokens are in a report in JSON. The rest are counted.
const MAX_IN_JSON: usize = 10_000;
/// How many unreadable files are named.
const MAX_NAMED: usize = 3;

pub(crate) fn run(env: &Env, args: &Scan) -> Result<(), Failure> {
    let progress = Arc::new(Progress::default());
    let collected = Mutex::new(Collected::default());
    let request = Request { folders: args.folders.clone(), unsure: args.unsure };
    let report = progress_line::during_scan(&progress, || {
        scan::scan(env, &request, &progress, &|found| {
            let mut collected = collected.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if args.json {
                collected.add(found);
            } else if let Err(error) = print(env, &found) {
                collected.failed.get_or_insert(error);
                progress.stop();
            }
        })
    })?;
    let Collected { found, omitted, failed } =
        collected.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{:#}", json(env, &report, found, omitted, args.unsure))?;
    } else {
        print_unsure(&mut out, env, &report)?;
    }
    out.flush()?;
    say_what_was_searched(env, &report);
    conclusion(&report).map_or(Ok(()), |error| Err(error.into()))
}

/// What is kept for a report in JSON, and why the output failed.
#[derive(Default)]
struct Collected {
    found: Vec<FoundIn>,
    omitted: u64,
    failed: Option<io::Error>,
}

impl Collected {
    fn add(&mut self, found: FoundIn) {
        if self.found.len() < MAX_IN_JSON {
            self.found.push(found);
        } else {
            self.omitted += found.findings.len() as u64 + found.more;
        }
    }
}

fn print(env: &Env, found: &FoundIn) -> io::Result<()> {
    let mut out = terminal::stdout();
    for finding in &found.findings {
        writeln!(out, "{}", line(env, &found.place, finding))?;
    }
    if found.more > 0 {
        writeln!(out, "  and {} more there", counted(found.more))?;
    }
    out.flush()
}

/// Says what the findings do not show: how much was searched, and what was not.
fn say_what_was_searched(env: &Env, report: &Report) {
    let objects = match report.objects {
        0 => String::new(),
        objects => format!(" and {}", plural(objects, "git object")),
    };
    say(&format!("Searched {}{objects}.", plural(report.files, "file")));
    for store in &report.stores {
        say(&format!(
            "{} is where a token is stored, so it is not listed.",
            style::file(env, &env.tilde(store))
        ));
    }
    for missed in &report.missed {
        say(&format!(
            "{} Tokens that only it holds were found only if they begin with HRKU-. {}",
            missed.what, missed.next_step
        ));
    }
    if report.not_searched_for > 0 {
        say(&format!(
            "{} on this machine cannot be searched for: too short or too long for a token.",
            plural(report.not_searched_for as u64, "password")
        ));
    }
    if report.unreadable_count > 0 {
        let named: Vec<_> = report.unreadable.iter().take(MAX_NAMED).collect();
        let others = match report.unreadable_count - named.len() as u64 {
            0 => String::new(),
            others => format!(", and {} more", counted(others)),
        };
        let named: Vec<_> = named.iter().map(|(path, why)| format!("{} ({why})", env.tilde(path))).collect();
        say(&format!("Could not read {}{others}.", named.join(", ")));
    }
}

/// What to do about the tokens that were found. `None` if there is nothing to do.
fn conclusion(report: &Report) -> Option<Error> {
    if report.found == 0 {
        say(if report.stores.is_empty() {
            "No Heroku tokens found."
        } else {
            "No other Heroku tokens found."
        });
        return None;
    }
    let found = format!(
        "Found {} in {}.",
        plural(report.found, "Heroku token"),
        plural(report.places, if report.in_git { "place" } else { "file" })
    );
    if !report.in_use && !report.others {
        say(&format!("{found} Heroku has refused all of them, so nobody can use them."));
        return None;
    }
    let mut steps = Vec::new();
    if report.in_use {
        steps.push("Run `herokey regenerate` to replace the token in use and revoke the old one.");
    }
    if report.others {
        steps.push(
            "Run `herokey authorizations` to find the authorization of a token, and `herokey revoke ID` to revoke it.",
        );
    }
    if report.in_git {
        steps.push(
            "`git log --all --find-object=OBJECT` shows which commits have an object. A revoked token may stay in \
             the history.",
        );
    }
    Some(
        Error::new(Code::PersonNeeded, found)
            .means("Whoever can read these files can use the tokens that Heroku still accepts.")
            .next_step(steps.join(" ")),
    )
}

/// A count with the name of what is counted.
fn plural(count: u64, name: &str) -> String {
    format!("{} {name}{}", counted(count), if count == 1 { "" } else { "s" })
}
