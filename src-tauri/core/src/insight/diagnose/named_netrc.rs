//! The tokens in netrc files outside the home folder, which `NETRC` or curl's configuration names.

use super::netrc::in_plain_text;
use super::{Problem, Severity, command, problem};
use crate::base::text::listed;
use crate::base::token::Trace;
use crate::insight::facts::{Facts, Observed, ReadNetrc};
use crate::insight::programs::ProgramKind;
use crate::insight::readers::{Source, stored};

pub(super) fn find(facts: &Facts) -> Vec<Problem> {
    let mut found: Vec<(&str, &Trace, Vec<String>)> = Vec::new();
    for (shown, trace, reader) in tokens(facts) {
        match found.iter_mut().find(|(other, ..)| *other == shown) {
            Some((.., readers)) => readers.push(reader.to_owned()),
            None => found.push((shown, trace, vec![reader.to_owned()])),
        }
    }
    found
        .into_iter()
        .filter_map(|(shown, trace, readers)| problem_with(facts, shown, trace, &readers))
        .collect()
}

/// The files with a token for Heroku, and who reads them.
fn tokens(facts: &Facts) -> impl Iterator<Item = (&str, &Trace, &'static str)> {
    let named =
        [(&facts.netrc.curl, "curl"), (&facts.netrc.git, "git")].into_iter().filter_map(|(read, who)| {
            let ReadNetrc::Named(file) = read else { return None };
            Some((file.shown.as_str(), &file.reading, who))
        });
    let python = facts.programs.iter().filter(|program| program.kind == ProgramKind::Python);
    let python = python.filter_map(|program| {
        let netrc = program.netrc.as_ref()?;
        Some((netrc.shown.as_str(), &netrc.reading, "Python"))
    });
    let is_elsewhere =
        |shown: &str| ![facts.netrc.shown.as_str(), facts.netrc.plain_shown.as_str()].contains(&shown);
    named.chain(python).filter_map(move |(shown, reading, who)| match reading {
        Observed::Present(reading) if is_elsewhere(shown) => Some((shown, reading.trace.as_ref()?, who)),
        _ => None,
    })
}

fn problem_with(facts: &Facts, shown: &str, trace: &Trace, readers: &[String]) -> Option<Problem> {
    let reads = match readers {
        [one] => format!("{one} uses its record"),
        several => format!("{} use its records", listed(several)),
    };
    let stored = stored(facts);
    match stored.source {
        Source::Keychain if stored.trace.as_ref() == Some(trace) => Some(in_plain_text(facts, shown, trace)),
        Source::Keychain => Some(problem(
            "netrc-stale-copy",
            Severity::Warning,
            format!("{shown} holds a different token"),
            format!("{reads}, not the token in the keychain."),
            command("herokey forget netrc"),
        )),
        Source::None => Some(problem(
            "netrc-plain-token",
            Severity::Warning,
            format!("{shown} holds a token that heroku does not find"),
            format!("{reads}, and any program you run can read it."),
            format!(
                "Log in with `herokey login`, then remove the record from {shown} if you do not need it."
            ),
        )),
        // The record in the home folder is reported.
        _ => None,
    }
}
