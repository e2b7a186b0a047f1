//! The diagnosis as text for a bug report. Numbers replace tokens and emails. What could contain a secret is left out:
//! another helper's command line, an alias, a variable's value.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use crate::base::masking::hide;
use crate::base::token::Trace;
use crate::insight::diagnose::{Problem, diagnose};
use crate::insight::facts::{Facts, Observed, Overrides};
use crate::insight::readers::{Answer, Lookup, resolve};
use crate::ledger::journal::Activity;
use crate::tools::git::Helper;

/// Writes the report.
pub fn text(facts: &Facts, home: &Path) -> String {
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
    for (reader, answer) in [("heroku", &readers.heroku), ("git", &readers.git), ("curl", &readers.curl)] {
        lines.extend(chain(reader, answer));
    }
    lines.extend(diagnose(facts, &readers).iter().flat_map(problem));
    masked(&(lines.join("\n") + "\n"), home, facts)
}

fn stores(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    match &facts.keychain {
        Observed::Present(entries) => {
            lines.push(format!("keychain: available, the CLI reads it: {}", facts.cli_reads_keychain));
            let entry = |account: &str, trace: Option<&Trace>| format!("  {account} {}", mask_of(trace));
            lines.extend(entries.iter().map(|held| entry(&held.account, held.trace.as_ref())));
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

fn masked(text: &str, home: &Path, facts: &Facts) -> String {
    let mut hidden: Vec<(String, &str)> = vec![(home.to_string_lossy().into_owned(), "~")];
    let mut add = |value: &str, shown| {
        // `Debug` escapes it.
        let escaped = format!("{value:?}");
        hidden.extend([escaped.trim_matches('"'), value].map(|value| (value.trim().to_owned(), shown)));
    };
    for line in facts.git_helpers.present().into_iter().flatten() {
        match &line.helper {
            Helper::Other(value) if !is_plain_name(value) => add(value, "(another helper)"),
            _ => {}
        }
    }
    if let Some(alias) = &facts.heroku_alias {
        add(alias, "(an alias)");
    }
    for overrides in [Some(&facts.overrides), facts.login_shell.present()].into_iter().flatten() {
        for refused in &overrides.refused_hosts {
            add(&refused.value, "(a value)");
        }
        if let Some(value) = overrides.netrc_write.as_ref().filter(|_| !overrides.netrc_only) {
            add(&format!("`{value}`"), "(a value)");
        }
    }
    // Emails get numbers; other account names are hidden.
    let entries = facts.keychain.present().into_iter().flatten().map(|entry| &entry.account);
    let named = entries.chain(facts.login_state.present());
    for name in named.filter(|name| !name.contains('@')) {
        add(name, "(a name)");
    }
    let hidden: Vec<(&str, &str)> = hidden.iter().map(|(value, shown)| (value.as_str(), *shown)).collect();
    numbered(&numbered(&hide(text, &hidden), "account", email), "token", mask)
}

/// A helper's name without options, such as `store`, contains no secret.
fn is_plain_name(helper: &str) -> bool {
    helper.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Replaces what `find` finds with `<KIND 1>`, `<KIND 2>`, …; equal texts get the same number.
fn numbered(text: &str, kind: &str, find: fn(&str) -> Option<Range<usize>>) -> String {
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
        let _ = write!(replaced, "<{kind} {}>", number + 1);
        rest = &rest[place.end..];
    }
    replaced + rest
}

fn email(text: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    text.match_indices('@').find_map(|(at, _)| {
        let before = text[..at].chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
        let after = text[at + 1..].chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
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
mod tests {
    use super::*;
    use crate::fixture::{ME, helper, logged_in, with_api_key, with_netrc};

    #[test]
    fn equal_texts_get_the_same_number() {
        let text = "me@example.com …a1b2, other.x+y@example.org: …ffff and me@example.com …a1b2 (… @)";
        let masked = numbered(&numbered(text, "account", email), "token", mask);
        assert_eq!(masked, "<account 1> <token 1>, <account 2>: <token 2> and <account 1> <token 1> (… @)");
    }

    #[test]
    fn the_report_contains_nothing_secret() {
        let mut facts = with_api_key(with_netrc(logged_in(), "token-two"), "token-key");
        let inline = "!f() { echo \"password=fake-inline\"; }; f";
        let others = ["store", inline].map(|value| helper(Helper::Other(value.to_owned())));
        facts.git_helpers = Observed::Present(others.to_vec());
        facts.heroku_alias = Some("heroku is aliased to `HEROKU_API_KEY=fake-alias heroku'".to_owned());
        facts.overrides.netrc_write = Some("fake-write".to_owned());
        let value = "https://me:fake-host@evil.example".to_owned();
        facts.overrides.refused_hosts = vec![crate::base::host::Refused { name: "HEROKU_HOST", value }];
        let text = text(&facts, Path::new("/home/fake-name"));
        for secret in ["fake-", ME, "…"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for kept in
            ["<account 1>", "<token 1>", "<token 2>", "env-api-key-overrides", "(another helper)", "store"]
        {
            assert!(text.contains(kept), "{kept} not in {text}");
        }
    }
}
