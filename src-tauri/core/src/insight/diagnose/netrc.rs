//! netrc: what stands there, and who can read it.

use netrc_edit::Difference;

use super::{NextStep, Problem, Severity, command, log_in_again, problem};
use crate::base::error::Error;
use crate::insight::facts::{Facts, Look, NetrcRecord};
use crate::insight::readers::{Source, Tools, stored};
use crate::insight::remedy::{Fix, Remedy};
use crate::stores::Place;

pub(super) fn find(facts: &Facts, tools: &Tools, problems: &mut Vec<Problem>) {
    let records = match &facts.netrc.records {
        Look::Present(records) => records.as_slice(),
        Look::Absent => return,
        Look::Unknown(error) => return problems.push(unreadable(error)),
    };
    let stale = stale(facts, records);
    if stale.is_none() {
        problems.extend(plain(facts, records));
    }
    problems.extend(stale);
    problems.extend(password(facts, tools, records));
    problems.extend(cli_hangs(facts, records));
    problems.extend(syntax_error(facts, records));
    let mut fixable = Vec::new();
    fixable.extend(duplicate(facts, records));
    fixable.extend(records.iter().find_map(|record| readers_differ(facts, record)));
    fixable.extend(hosts_differ(facts, records));
    if facts.netrc.encrypted {
        // Decrypting takes gpg, which may ask; that is for the person to begin.
        for found in &mut fixable {
            (found.remedy, found.effect, found.safe) = (None, String::new(), false);
            found.next_step = command("herokey login");
        }
    }
    problems.extend(fixable);
    problems.extend(mode(facts, records));
}

/// The record that the API's token would be read from holds something of another shape, a password most likely.
pub(super) fn holds_no_token(facts: &Facts) -> bool {
    let mut records = facts.netrc.records.present().into_iter().flatten();
    records.any(|record| record.host == facts.api_host && record.shown_token().is_some() && !record.is_token)
}

fn unreadable(error: &Error) -> Problem {
    let message = format!("{} {}", error.means, error.detail);
    problem("netrc-unreadable", Severity::Error, error.what.clone(), message.trim(), error.next_step.clone())
}

fn stale(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let stored = stored(facts);
    // Here curl's reading comes first: the Heroku CLI takes the keychain's token, whatever netrc holds.
    let is_stale = |record: &&NetrcRecord| {
        let read = record.curl.as_ref().or(record.cli.as_ref());
        stored.source == Source::Keychain && read.is_some_and(|trace| Some(trace) != stored.trace.as_ref())
    };
    let hosts: Vec<String> = records.iter().filter(is_stale).map(|record| record.host.clone()).collect();
    let first = hosts.first()?;
    let shown = if facts.netrc.encrypted { &facts.netrc.plain_shown } else { &facts.netrc.shown };
    let found = problem(
        "netrc-stale-copy",
        Severity::Warning,
        format!("{shown} holds another token"),
        format!("curl and git read the record of {first} there before anything else."),
        command("herokey forget netrc"),
    );
    if facts.netrc.encrypted {
        return Some(found);
    }
    let effect = format!(
        "Removes the record of {} from {shown} and leaves the rest of the file. The keychain keeps what is removed, \
         so that it can be put back.",
        hosts.join(" and of ")
    );
    Some(found.fixed_by(Fix::NoNetrcRecords { hosts }, effect))
}

fn plain(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    if facts.netrc.encrypted || !records.iter().any(|record| record.shown_token().is_some()) {
        return None;
    }
    let shown = &facts.netrc.shown;
    let title = "Your token is in plain text";
    let message = format!("Every program you run can read it in {shown}.");
    let found = |next_step: NextStep| {
        if facts.netrc.chosen {
            let message = format!("You want it there. {message}");
            return problem("netrc-plain-token", Severity::Info, title, message, next_step);
        }
        let found = problem("netrc-plain-token", Severity::Warning, title, message.clone(), next_step);
        Problem { keep_as_is: Some(Remedy::KeepInNetrc), ..found }
    };
    if !facts.cli_uses_keychain() {
        return Some(found(
            "Start a keychain that the Heroku CLI can read, then run `herokey move keychain`.".into(),
        ));
    }
    let effect = format!(
        "Saves the token in the keychain, points heroku and git at it, then removes Heroku's records from {shown}. \
         `curl -n` finds none then."
    );
    let remedy = Remedy::Move { to: Place::Keychain };
    Some(found(command("herokey move keychain")).offer(remedy, effect))
}

fn password(facts: &Facts, tools: &Tools, records: &[NetrcRecord]) -> Option<Problem> {
    if stored(facts).source == Source::Keychain {
        // A stale copy, whatever it is.
        return None;
    }
    let record = records.iter().find(|record| record.host == facts.api_host)?;
    let trace = record.shown_token().filter(|_| !record.is_token)?;
    if Some(trace) != tools.heroku.trace.as_ref() && Some(trace) != tools.curl.trace.as_ref() {
        return None;
    }
    let refused = facts.known(Some(trace)).is_some_and(|known| known.refused);
    let title = format!("{} holds something that is no token", facts.netrc.shown);
    let message = if refused {
        "Heroku effect not accept it. Its API takes tokens; it looks as if the account's password stood there."
    } else {
        "It looks like a password. Heroku's API takes tokens only."
    };
    let found = log_in_again(problem(
        "netrc-account-password",
        Severity::Error,
        title,
        message,
        command("herokey login"),
    ));
    let effect = format!("{} What stands in {} can be removed then.", found.effect, facts.netrc.shown);
    Some(Problem { effect, ..found })
}

fn duplicate(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let record = records.iter().find(|record| record.records > 1)?;
    let (host, shown) = (&record.host, &facts.netrc.shown);
    let found = problem(
        "netrc-duplicate",
        Severity::Warning,
        format!("{host} is in {shown} twice"),
        "Tools read the first record; what writes may change another.",
        "",
    );
    let effect =
        format!("Removes the later records of {host} from {shown}; the first one, which tools read, stays.");
    Some(found.fixed_by(Fix::OneNetrcRecord { host: host.clone() }, effect).safe_if(true))
}

/// Where the Heroku CLI and curl do not read the same, and the record can be written so that they do.
fn readers_differ(facts: &Facts, record: &NetrcRecord) -> Option<Problem> {
    let (host, shown, difference) = (&record.host, &facts.netrc.shown, record.difference?);
    let same = record.cli == record.curl;
    let (code, severity, title) = match difference {
        // Told of by themselves: they are the file's and not the record's.
        Difference::CliHangs | Difference::SyntaxError => return None,
        Difference::CarriageReturn if record.cli.is_some() && same => (
            "netrc-carriage-return",
            Severity::Error,
            "The Heroku CLI reads a carriage return as a part of your token",
        ),
        _ if same => return None,
        _ if record.cli.is_some() => {
            ("netrc-readers-differ", Severity::Warning, "heroku and curl do not read the same token")
        }
        _ if record.records > 0 && record.is_token => {
            ("netrc-cli-cannot-read", Severity::Warning, "The Heroku CLI cannot read your netrc record")
        }
        _ => return None,
    };
    let message = match difference {
        Difference::CarriageReturn if same => {
            format!("The record of {host} in {shown} is one line that ends in CR LF.")
        }
        other => format!("The record of {host} in {shown}: {other}."),
    };
    let found = problem(code, severity, title, message, "");
    if difference == Difference::TooLarge {
        return Some(Problem {
            next_step: format!("Take out of {shown} what you do not need.").into(),
            ..found
        });
    }
    let effect = format!(
        "Writes the record of {host} in {shown} anew, so that heroku, git and curl read the same login and token."
    );
    let fix = Fix::ReadableNetrcRecord { host: host.clone() };
    // Where they read two tokens, one of them goes.
    let safe = code != "netrc-readers-differ";
    Some(found.fixed_by(fix, effect).safe_if(safe))
}

/// A file that the Heroku CLI effect not come back from.
fn cli_hangs(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let difference = records.iter().find_map(|record| record.difference);
    let difference = difference.filter(|difference| *difference == Difference::CliHangs)?;
    let shown = &facts.netrc.shown;
    let message = format!("In {shown}, {difference}.");
    let fix = format!("Take the comment out of that line of {shown}.");
    Some(problem("netrc-cli-hangs", Severity::Error, "The Heroku CLI never comes to its end", message, fix))
}

/// curl and git stop at a syntax error before they have found Heroku's records.
fn syntax_error(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let line = facts.netrc.syntax_error?;
    let of = |host: &String| records.iter().find(|record| record.host == *host);
    let hosts = [&facts.api_host, &facts.git_host];
    if hosts.iter().all(|host| of(host).is_some_and(|record| record.curl.is_some())) {
        return None;
    }
    let shown = &facts.netrc.plain_shown;
    let found = problem(
        "netrc-syntax-error",
        Severity::Warning,
        format!("curl and git stop reading {shown}"),
        format!(
            "Line {line} has a syntax error, such as a quote that is not closed. They read nothing from there on."
        ),
        format!("Close the quote in line {line} of {shown}."),
    );
    let hidden = hosts.into_iter().filter_map(of);
    let hidden = hidden
        .filter(|record| record.difference == Some(Difference::SyntaxError))
        .find(|record| record.is_token);
    let Some(host) = hidden.map(|record| &record.host) else { return Some(found) };
    let effect = format!(
        "Writes the record of {host} before everything else in {shown}, so that curl and git read it, and leaves the \
         rest of the file."
    );
    let fix = Fix::ReadableNetrcRecord { host: host.clone() };
    Some(found.fixed_by(fix, effect).safe_if(true))
}

fn hosts_differ(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let of =
        |host: &str| records.iter().find(|record| record.host == host).and_then(NetrcRecord::shown_token);
    let (api, git) = (of(&facts.api_host)?, of(&facts.git_host)?);
    if api == git {
        return None;
    }
    let shown = &facts.netrc.shown;
    let found = problem(
        "netrc-hosts-differ",
        Severity::Warning,
        format!("Two different tokens in {shown}"),
        format!("{} has {}, {} has {}.", facts.api_host, api.masked, facts.git_host, git.masked),
        "",
    );
    let effect = format!(
        "Gives {} the login and the token {} of {}. The keychain keeps {}, so that it can be put back.",
        facts.git_host, api.masked, facts.api_host, git.masked
    );
    Some(found.fixed_by(Fix::MatchingNetrcHosts, effect))
}

fn mode(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let mode = facts.netrc.mode.filter(|mode| mode & 0o077 != 0 && !records.is_empty())?;
    let shown = &facts.netrc.shown;
    let found = problem(
        "netrc-mode",
        Severity::Warning,
        format!("Others can read {shown}"),
        format!("Its mode is {mode:04o}; it should be 0600."),
        "",
    );
    let effect = format!("Changes the mode of {shown} from {mode:04o} to 0600.");
    Some(found.fixed_by(Fix::PrivateNetrc, effect).safe_if(true))
}
