//! netrc: what it contains, and who can read it.

use netrc_edit::Difference;

use super::{NextStep, Problem, Severity, command, log_in_again, problem, problem_of};
use crate::base::text::listed;
use crate::base::token::Trace;
use crate::insight::affected::{Change, affected, need_netrc};
use crate::insight::facts::{Facts, HiddenToken, NetrcRecord, Observed};
use crate::insight::readers::{Readers, Source, stored};
use crate::insight::remedy::{Fix, Remedy};
use crate::stores::Store;
use crate::stores::netrc::MentionPlace;

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    problems.extend(lock(facts));
    let records = match &facts.netrc.records {
        Observed::Present(records) => records.as_slice(),
        Observed::Absent => return,
        Observed::Unknown(error) => return problems.push(problem_of("netrc-unreadable", error)),
    };
    let stale = stale(facts, records);
    if stale.is_none() {
        problems.extend(plain(facts, records));
    }
    problems.extend(stale);
    problems.extend(password(facts, readers, records));
    problems.extend(cli_hangs(facts, records));
    problems.extend(syntax_error(facts, records));
    let mut fixable = Vec::new();
    fixable.extend(duplicate(facts, records));
    fixable.extend(records.iter().find_map(|record| readers_differ(facts, record)));
    fixable.extend(hosts_differ(facts, records));
    if facts.netrc.encrypted {
        // gpg may prompt for a passphrase, so no fix starts it; the user does.
        for found in &mut fixable {
            (found.remedy, found.effect, found.safe) = (None, String::new(), false);
            found.next_step = command("herokey login");
        }
    }
    problems.extend(fixable);
    problems.extend(mode(facts, records));
}

/// The record for the API's host holds something that does not look like a token, most likely a password.
pub(super) fn holds_no_token(facts: &Facts) -> bool {
    let mut records = facts.netrc.records.present().into_iter().flatten();
    records.any(|record| record.host == facts.api_host && record.shown_token().is_some() && !record.is_token)
}

fn stale(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let stored = stored(facts);
    // Here curl's reading comes first: the Heroku CLI takes the keychain's token, whatever netrc holds.
    let is_stale = |record: &&NetrcRecord| {
        let read = record.curl.as_ref().or(record.cli.as_ref());
        stored.source == Source::Keychain && read.is_some_and(|trace| Some(trace) != stored.trace.as_ref())
    };
    let hosts: Vec<String> = records.iter().filter(is_stale).map(|record| record.host.clone()).collect();
    let used = match (hosts.contains(&facts.api_host), hosts.contains(&facts.git_host)) {
        (true, true) => "curl and git use its records".to_owned(),
        (false, true) => format!("git uses its record for {}", facts.git_host),
        _ => format!("curl uses its record for {}", hosts.first()?),
    };
    let shown = if facts.netrc.encrypted { &facts.netrc.plain_shown } else { &facts.netrc.shown };
    let found = problem(
        "netrc-stale-copy",
        Severity::Warning,
        format!("{shown} holds a different token"),
        format!("{used}, not the token in the keychain."),
        command("herokey forget netrc"),
    );
    if facts.netrc.encrypted {
        return Some(found);
    }
    let effect = format!(
        "Removes the record for {} from {shown}, and nothing else there. The keychain keeps what is removed, so that \
         you can undo this.",
        hosts.join(" and the one for ")
    );
    Some(found.fixed_by(Fix::NoNetrcRecords { hosts }, effect))
}

fn plain(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let token = records.iter().find_map(NetrcRecord::shown_token).filter(|_| !facts.netrc.encrypted)?;
    Some(in_plain_text(facts, &facts.netrc.shown, token))
}

/// The token in use is in this netrc file, which any program can read.
pub(super) fn in_plain_text(facts: &Facts, shown: &str, token: &Trace) -> Problem {
    let title = "Your token is in plain text";
    let message = format!("Any program you run can read it in {shown}.");
    let found = |next_step: NextStep| {
        if facts.netrc.chosen_by_user {
            let why = match need_netrc(facts, token).as_slice() {
                [] => String::new(),
                titles => format!(" It is read there by {}.", listed(titles)),
            };
            let message = format!(
                "You chose to keep the token in {shown}, where any program you run can read it.{why}"
            );
            return problem("netrc-plain-token", Severity::Info, title, message, next_step);
        }
        let found = problem("netrc-plain-token", Severity::Warning, title, message.clone(), next_step);
        Problem { keep_as_is: Some(Remedy::KeepInNetrc), ..found }
    };
    if !facts.cli_uses_keychain() {
        return found(
            "Start a keychain that the Heroku CLI can read, then run `herokey move keychain`.".into(),
        );
    }
    let effect = format!(
        "Saves the token in the keychain, points heroku and git at it, then removes Heroku's records from {shown}."
    );
    let remedy = Remedy::Move { to: Store::Keychain };
    let lost: Vec<String> =
        affected(facts, Change::Move(Store::Keychain)).into_iter().map(|one| one.title).collect();
    let effect = if lost.is_empty() {
        effect
    } else {
        format!("{effect} After that, {} will find no token there.", listed(&lost))
    };
    found(command("herokey move keychain")).offer(remedy, effect)
}

fn password(facts: &Facts, readers: &Readers, records: &[NetrcRecord]) -> Option<Problem> {
    if stored(facts).source == Source::Keychain {
        // Then `stale` reports it.
        return None;
    }
    let record = records.iter().find(|record| record.host == facts.api_host)?;
    let trace = record.shown_token().filter(|_| !record.is_token)?;
    if Some(trace) != readers.heroku.trace.as_ref() && Some(trace) != readers.curl.trace.as_ref() {
        return None;
    }
    let refused = facts.known(Some(trace)).is_some_and(|known| known.refused);
    let title = format!("{} holds something that is not a token", facts.netrc.shown);
    let message = if refused {
        "Heroku does not accept it. It looks like a password, but Heroku's API takes only tokens."
    } else {
        "It looks like a password, but Heroku's API takes only tokens."
    };
    let found = log_in_again(problem(
        "netrc-account-password",
        Severity::Error,
        title,
        message,
        command("herokey login"),
    ));
    let effect = format!("{} You can then remove the old value from {}.", found.effect, facts.netrc.shown);
    Some(Problem { effect, ..found })
}

fn duplicate(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    // Where no program finds a token in them, `hidden` reports the one that is there.
    let record = records.iter().find(|record| record.records > 1 && record.shown_token().is_some())?;
    let (host, shown) = (&record.host, &facts.netrc.shown);
    let other = facts.netrc.hidden.iter().find(|hidden| is_duplicate(hidden, record));
    let other =
        other.map(|other| format!(" Line {} holds another token, {}.", other.line, other.trace.masked));
    let found = problem(
        "netrc-duplicate",
        Severity::Warning,
        format!("{shown} has several records for {host}"),
        format!(
            "Programs read the first record, but may change another one when they write the file.{}",
            other.unwrap_or_default()
        ),
        "",
    );
    let effect = format!("Removes all records for {host} from {shown} but the first, which programs read.");
    Some(found.fixed_by(Fix::OneNetrcRecord { host: host.clone() }, effect).safe_if(true))
}

/// True if `duplicate` reports this token: it is in a later record for the same login as the one that programs read.
pub(super) fn is_duplicate(hidden: &HiddenToken, record: &NetrcRecord) -> bool {
    hidden.place == MentionPlace::Record
        && hidden.host.as_ref() == Some(&record.host)
        && (record.records > 1 && record.shown_token().is_some())
        && (hidden.login.is_none() || hidden.login.as_deref() == record.shown_login())
}

/// The Heroku CLI and curl read the record differently, but it can be rewritten so that they agree.
fn readers_differ(facts: &Facts, record: &NetrcRecord) -> Option<Problem> {
    let (host, shown, difference) = (&record.host, &facts.netrc.shown, record.difference?);
    let same = record.cli == record.curl;
    let (code, severity, title) = match difference {
        // Problems of the whole file, which have codes of their own.
        Difference::CliHangs | Difference::SyntaxError => return None,
        Difference::CarriageReturn if record.cli.is_some() && same => (
            "netrc-carriage-return",
            Severity::Error,
            "The Heroku CLI reads a carriage return as part of your token",
        ),
        _ if same => return None,
        _ if record.cli.is_some() => {
            ("netrc-readers-differ", Severity::Warning, "heroku and curl read different tokens")
        }
        _ if record.records > 0 && record.is_token => {
            ("netrc-cli-cannot-read", Severity::Warning, "The Heroku CLI cannot read your netrc record")
        }
        _ => return None,
    };
    let message = match difference {
        Difference::CarriageReturn if same => {
            format!("The record for {host} in {shown} is one line that ends in CR LF.")
        }
        other => format!("The record for {host} in {shown}: {other}."),
    };
    let found = problem(code, severity, title, message, "");
    if difference == Difference::TooLarge {
        return Some(Problem {
            next_step: format!("Remove what you do not need from {shown}.").into(),
            ..found
        });
    }
    let effect = format!(
        "Rewrites the record for {host} in {shown} so that heroku, git and curl read the same login and token."
    );
    let fix = Fix::ReadableNetrcRecord { host: host.clone() };
    // If they read two tokens, one of them is lost.
    let safe = code != "netrc-readers-differ";
    Some(found.fixed_by(fix, effect).safe_if(safe))
}

/// The Heroku CLI hangs when it reads the file.
fn cli_hangs(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let difference = records.iter().find_map(|record| record.difference);
    let difference = difference.filter(|difference| *difference == Difference::CliHangs)?;
    let shown = &facts.netrc.shown;
    let message = format!("In {shown}, {difference}.");
    let title = format!("The Heroku CLI hangs when it reads {shown}");
    let next_step = format!("Remove the comment from that line of {shown}.");
    Some(problem("netrc-cli-hangs", Severity::Error, title, message, next_step))
}

/// curl and git stop at a syntax error before they find Heroku's records.
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
        format!("curl and git cannot read all of {shown}"),
        format!(
            "Line {line} has a syntax error, such as an unclosed quote. curl and git read nothing after it."
        ),
        format!("Close the quote in line {line} of {shown}."),
    );
    let hidden = hosts.into_iter().filter_map(of);
    let hidden = hidden
        .filter(|record| record.difference == Some(Difference::SyntaxError))
        .find(|record| record.is_token);
    let Some(host) = hidden.map(|record| &record.host) else { return Some(found) };
    let effect = format!(
        "Writes the record for {host} at the beginning of {shown}, where curl and git read it, and changes nothing \
         else there."
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
        format!("{shown} holds two different tokens"),
        format!("{} has the token {}, {} has {}.", facts.api_host, api.masked, facts.git_host, git.masked),
        "",
    );
    let effect = format!(
        "Gives {} the login and token ({}) of {}. The keychain keeps {}, so that you can undo this.",
        facts.git_host, api.masked, facts.api_host, git.masked
    );
    Some(found.fixed_by(Fix::MatchingNetrcHosts, effect))
}

/// A lock that Herokey cannot take over, so it will not write the file.
fn lock(facts: &Facts) -> Option<Problem> {
    let left = facts.netrc.lock.as_ref()?;
    let (shown, lock) = (&facts.netrc.shown, &left.shown);
    let age =
        left.age.as_ref().map_or_else(|| "at a time that is still to come here".to_owned(), Clone::clone);
    let (holder, where_to_look) = match &left.machine {
        Some(machine) => (format!("A program on the machine {machine}"), format!(" on {machine}")),
        None => ("A program that does not say who it is".to_owned(), String::new()),
    };
    Some(problem(
        "netrc-lock-left",
        Severity::Warning,
        format!("{shown} is locked by another machine or program"),
        format!(
            "{holder} locked it {age}. Until the lock is gone, Herokey and other programs that take it do not write {shown}."
        ),
        format!("If no program{where_to_look} is writing {shown} now, remove {lock}."),
    ))
}

fn mode(facts: &Facts, records: &[NetrcRecord]) -> Option<Problem> {
    let mode = facts.netrc.mode.filter(|mode| mode & 0o077 != 0 && !records.is_empty())?;
    let shown = &facts.netrc.shown;
    let found = problem(
        "netrc-mode",
        Severity::Warning,
        format!("Other users can read {shown}"),
        format!("Its mode is {mode:04o}, but should be 0600."),
        "",
    );
    let effect = format!("Changes the mode of {shown} from {mode:04o} to 0600.");
    Some(found.fixed_by(Fix::PrivateNetrc, effect).safe_if(true))
}
