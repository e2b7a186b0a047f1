//! curl: netrc and nothing else.

use super::{Answer, Found, Lookup, Source, record};
use crate::insight::facts::{Facts, NamedNetrc, Observed, ReadNetrc};

pub(super) fn answer(facts: &Facts) -> Answer {
    let netrc = netrc(facts, &facts.netrc.curl, &facts.api_host, "curl reads only netrc.");
    Answer::first([netrc], "curl reads only netrc, which has no record for Heroku.")
}

/// netrc as curl and git read it, in the file that each reads; `why` is added to the reason if they use what is there.
pub(super) fn netrc(facts: &Facts, read: &ReadNetrc, host: &str, why: &str) -> Lookup {
    match read {
        ReadNetrc::Home => in_home(facts, host, why),
        ReadNetrc::Named(file) => named(file, host, why),
        ReadNetrc::Unknown(reason) => {
            Lookup::new(Source::Netrc, &facts.netrc.plain_shown, Found::Unseen, reason.clone()).ending()
        }
    }
}

fn named(file: &NamedNetrc, host: &str, why: &str) -> Lookup {
    let (shown, by) = (&file.shown, &file.by);
    let lookup = |found, reason: String| Lookup::new(Source::Netrc, shown, found, reason);
    match &file.reading {
        Observed::Unknown(error) => lookup(Found::Unseen, format!("{by} names {shown}. {}", error.what)),
        Observed::Present(reading) if reading.versions_differ => {
            let reason = format!(
                "{shown}, which {by} names, has no login or no password for {host}. What curl sends then depends on its \
                 version."
            );
            lookup(Found::Unseen, reason).ending()
        }
        Observed::Present(reading) if reading.trace.is_some() => {
            lookup(Found::Used, format!("{shown}, which {by} names, has a record for {host}. {why}"))
                .with(reading.login.clone(), reading.trace.clone())
        }
        Observed::Present(_) => {
            lookup(Found::Nothing, format!("{shown}, which {by} names, has no record for {host}."))
        }
        Observed::Absent => lookup(Found::Nothing, format!("{shown}, which {by} names, does not exist.")),
    }
}

fn in_home(facts: &Facts, host: &str, why: &str) -> Lookup {
    let shown = &facts.netrc.plain_shown;
    let lookup = |found, reason: String| Lookup::new(Source::Netrc, shown, found, reason);
    let found = record(facts, host).filter(|record| record.curl.is_some() || record.curl_versions_differ);
    match (&facts.netrc.records, found) {
        (Observed::Unknown(error), _) if !facts.netrc.encrypted => lookup(Found::Unseen, error.what.clone()),
        (_, Some(record)) if record.curl_versions_differ => {
            let reason = format!(
                "{shown} has no login or no password for {host}. What curl sends then depends on its version."
            );
            lookup(Found::Unseen, reason).ending()
        }
        (_, Some(record)) => lookup(Found::Used, format!("{shown} has a record for {host}. {why}"))
            .with(record.curl_login.clone(), record.curl.clone()),
        _ => lookup(Found::Nothing, format!("{shown} has no record for {host}.")),
    }
}
