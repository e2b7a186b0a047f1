//! The diagnosis as text for a bug report. Numbers replace tokens, emails and files of the user's own naming. What could
//! contain a secret is left out: another helper's command line, an alias, a variable's value.

mod names;

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::masking::hide;
use crate::base::token::Trace;
use crate::insight::diagnose::{Problem, diagnose};
use crate::insight::facts::{Facts, Observed, Overrides};
use crate::insight::readers::{Answer, Lookup, resolve};
use crate::ledger::journal::Activity;
use crate::tools::git::{Access, Helper};

/// Writes the report. `named` are the paths that the user's variables name.
pub fn text(facts: &Facts, home: &Path, named: &[PathBuf]) -> String {
    let readers = resolve(facts);
    let mut lines = vec![format!(
        "herokey {} on {} {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )];
    lines.push(match &facts.program {
        Observed::Present(program) => {
            format!("heroku {}", program.version.as_deref().unwrap_or("of an unknown version"))
        }
        _ => "heroku not found".to_owned(),
    });
    if let Activity::Running(entry) | Activity::Interrupted(entry) = &facts.activity {
        lines.push(format!("Interrupted while {}, {} steps completed", entry.verb.doing(), entry.done.len()));
    }
    lines.extend(stores(facts));
    lines.extend(variables("here", &facts.overrides));
    if let Some(terminal) = facts.login_shell.present() {
        lines.extend(variables("in a new terminal", terminal));
    }
    for line in facts.git_helpers.present().into_iter().flatten() {
        lines.push(format!("git helper in {}: {:?}", line.shown, line.helper));
    }
    for reader in readers.all() {
        lines.extend(chain(&reader.title, &reader.answer));
    }
    lines.extend(diagnose(facts, &readers).iter().flat_map(problem));
    masked(&(lines.join("\n") + "\n"), home, named, facts)
}

fn stores(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    match &facts.keychain {
        Observed::Present(entries) => {
            lines.push(format!("keychain: available, the CLI reads it: {}", facts.cli_reads_keychain));
            let entry = |account: &str, trace: Option<&Trace>| format!("  {account} {}", mask_of(trace));
            lines.extend(entries.iter().map(|held| entry(&held.account, held.trace.as_ref())));
            lines.extend(facts.keychain_missed.as_ref().map(|missed| format!("  {}", missed.what)));
        }
        Observed::Absent => lines.push("keychain: none".to_owned()),
        Observed::Unknown(error) => {
            lines.push(format!("keychain: {} {} {}", error.code, error.what, error.detail));
        }
    }
    lines.push(match &facts.login_state {
        Observed::Present(account) => format!("login.json: {account}"),
        Observed::Absent => "login.json: names no account".to_owned(),
        Observed::Unknown(error) => format!("login.json: {} {}", error.what, error.detail),
    });
    let netrc = &facts.netrc;
    let mode = netrc.mode.map(|mode| format!(", mode {mode:04o}")).unwrap_or_default();
    match &netrc.records {
        Observed::Present(records) => {
            lines.push(format!("{}: encrypted: {}{mode}", netrc.shown, netrc.encrypted));
            lines.extend(records.iter().map(|record| {
                let difference = record.difference.map(|why| format!(" ({why})")).unwrap_or_default();
                let (cli, curl) = (mask_of(record.cli.as_ref()), mask_of(record.curl.as_ref()));
                let (host, count) = (&record.host, record.records);
                format!("  {host}: {count} records, the CLI reads {cli}, curl {curl}{difference}")
            }));
            lines.extend(netrc.syntax_error.map(|line| format!("  syntax error in line {line}")));
        }
        Observed::Absent => lines.push(format!("{}: none", netrc.shown)),
        Observed::Unknown(error) => lines.push(format!("{}: {} {}", netrc.shown, error.what, error.detail)),
    }
    if let Some(files) = facts.accounts.present() {
        let with_token = files.iter().filter(|file| file.trace.is_some()).count();
        lines.push(format!("heroku accounts: {} files, {with_token} with a token", files.len()));
    }
    lines.extend(facts.docker.present().map(|login| format!("docker: {}", mask_of(login.trace.as_ref()))));
    lines
}

fn variables<'a>(place: &'a str, overrides: &'a Overrides) -> impl Iterator<Item = String> + 'a {
    overrides.variables.iter().map(move |variable| {
        let set_in = variable.set_in.as_ref().map(|found| format!(" in {}", found.shown)).unwrap_or_default();
        format!("{} is set {place}{set_in}", variable.name)
    })
}

fn chain(reader: &str, answer: &Answer) -> Vec<String> {
    let mut lines = vec![format!("{reader}: {} {}", answer.source.name(), mask_of(answer.trace.as_ref()))];
    let line = |lookup: &Lookup| format!("  {:?} {}: {}", lookup.found, lookup.place, lookup.reason);
    lines.extend(answer.chain.iter().map(line));
    lines
}

fn problem(problem: &Problem) -> [String; 2] {
    let Problem { code, severity, title, message, next_step, .. } = problem;
    [format!("{severity:?} {code}: {title}"), format!("  {message} {}", next_step.text())]
}

fn mask_of(trace: Option<&Trace>) -> &str {
    trace.map_or("none", |trace| trace.masked.as_str())
}

/// Hides first what the facts know word for word, then what looks like an email or a mask.
fn masked(text: &str, home: &Path, named: &[PathBuf], facts: &Facts) -> String {
    let mut hidden: Vec<(String, String)> = vec![(home.to_string_lossy().into_owned(), "~".to_owned())];
    for (value, shown) in secret_values(facts) {
        hidden.extend(as_written(&value, shown));
    }
    for (index, names) in names::files(facts, home, named).iter().enumerate() {
        hidden.extend(names.iter().flat_map(|name| as_written(name, &format!("<file {}>", index + 1))));
    }
    let emails = names::emails(facts);
    let mut words: Vec<(String, String)> = Vec::new();
    for (index, email) in emails.iter().enumerate() {
        words.extend(as_written(email, &format!("<account {}>", index + 1)));
    }
    words.extend(names::words(facts).iter().flat_map(|word| as_written(word, "(a name)")));
    let text = hide_words(&hide(text, &borrowed(&hidden)), &borrowed(&words));
    numbered(&numbered(&text, "account", emails.len(), email), "token", 0, mask)
}

/// A value as it is and as `Debug` escapes it, each with what the report says instead.
fn as_written(value: &str, shown: &str) -> [(String, String); 2] {
    let escaped = format!("{value:?}");
    let escaped = escaped.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    [escaped, value].map(|value| (value.trim().to_owned(), shown.to_owned()))
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(value, shown)| (value.as_str(), shown.as_str())).collect()
}

/// The values that may hold a secret, each with what the report says instead.
fn secret_values(facts: &Facts) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for line in facts.git_helpers.present().into_iter().flatten() {
        match &line.helper {
            Helper::Other(value) if !is_plain_name(value) => found.push((value.clone(), "(another helper)")),
            _ => {}
        }
    }
    for route in &facts.git_routes {
        // The names of hosts, apps and remotes are the user's own.
        found.extend(route.remote.iter().map(|remote| (format!("`{remote}`"), "(a remote)")));
        match &route.access {
            Access::Heroku { .. } => {}
            Access::Ssh { host } => found.push((host.clone(), "(a host)")),
            Access::Elsewhere => found.push((route.address.clone(), "(an address)")),
        }
    }
    found.extend(facts.heroku_alias.iter().map(|alias| (alias.clone(), "(an alias)")));
    for overrides in [Some(&facts.overrides), facts.login_shell.present()].into_iter().flatten() {
        let refused = overrides.refused_hosts.iter().map(|refused| refused.value.clone());
        let ignored = overrides.netrc_write.iter().filter(|_| !overrides.netrc_only);
        found.extend(
            refused.chain(ignored.map(|value| format!("`{value}`"))).map(|value| (value, "(a value)")),
        );
    }
    found
}

/// Like [`hide`], but replaces only whole words: a name may be as short as a part of another one.
fn hide_words(text: &str, words: &[(&str, &str)]) -> String {
    let mut hidden = String::new();
    let (mut rest, mut is_in_word) = (text, false);
    while let Some(next) = rest.chars().next() {
        let ends_here = |after: &str| !after.starts_with(char::is_alphanumeric);
        let here = words.iter().filter(|(word, _)| {
            !is_in_word && !word.is_empty() && rest.strip_prefix(word).is_some_and(ends_here)
        });
        if let Some((word, shown)) = here.max_by_key(|(word, _)| word.len()) {
            hidden.push_str(shown);
            rest = &rest[word.len()..];
            is_in_word = false;
        } else {
            hidden.push(next);
            rest = &rest[next.len_utf8()..];
            is_in_word = next.is_alphanumeric();
        }
    }
    hidden
}

/// A helper's name without options, such as `store`, contains no secret.
fn is_plain_name(helper: &str) -> bool {
    helper.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Replaces what `find` finds with `<KIND N>`, counting from `first` + 1; equal texts get the same number.
fn numbered(text: &str, kind: &str, first: usize, find: fn(&str) -> Option<Range<usize>>) -> String {
    let mut numbers: Vec<&str> = Vec::new();
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(place) = find(rest) {
        let found = &rest[place.clone()];
        let number = numbers.iter().position(|other| *other == found).unwrap_or_else(|| {
            numbers.push(found);
            numbers.len() - 1
        });
        replaced.push_str(&rest[..place.start]);
        // Writing to a String cannot fail.
        let _ = write!(replaced, "<{kind} {}>", first + number + 1);
        rest = &rest[place.end..];
    }
    replaced + rest
}

/// An email, also one with a quoted name or an address in brackets (RFC 5322, 3.4.1).
fn email(text: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || ".!#$%&*+/=?^_{|}~-'".contains(c);
    let length = |chars: &mut dyn Iterator<Item = char>| {
        chars.take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>()
    };
    text.match_indices('@').find_map(|(at, _)| {
        let (name, host) = (&text[..at], &text[at + 1..]);
        let before = match name.strip_suffix('"') {
            Some(quoted) => name.len() - quoted.rfind('"').unwrap_or(name.len() - 1),
            None => length(&mut name.chars().rev()),
        };
        let after = match host.strip_prefix('[') {
            Some(_) => host.find(']').map_or(0, |end| end + 1),
            None => length(&mut host.chars()),
        };
        (before > 0 && after > 0).then_some(at - before..at + 1 + after)
    })
}

/// `…` and the last four characters of a token.
fn mask(text: &str) -> Option<Range<usize>> {
    text.match_indices('…').find_map(|(at, dots)| {
        let tail = text[at + dots.len()..].bytes().take(4).take_while(u8::is_ascii_graphic).count();
        (tail == 4).then_some(at..at + dots.len() + tail)
    })
}

#[cfg(test)]
mod tests;
