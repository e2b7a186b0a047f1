//! Tokens in netrc that no program finds by itself, although any program can read the file.

use super::netrc::{holds_no_token, is_duplicate};
use super::{Problem, Severity, problem};
use crate::insight::facts::{Facts, HiddenToken};
use crate::insight::readers::{Readers, Source};
use crate::insight::remedy::Fix;
use crate::stores::netrc::MentionPlace;

pub(super) fn find(facts: &Facts, readers: &Readers) -> Option<Problem> {
    let records = facts.netrc.records.present().map(Vec::as_slice).unwrap_or_default();
    let is_reported = |hidden: &HiddenToken| records.iter().any(|record| is_duplicate(hidden, record));
    let hidden: Vec<&HiddenToken> = facts.netrc.hidden.iter().filter(|hidden| !is_reported(hidden)).collect();
    let first = hidden.first()?;
    let (shown, masked) = (&first.shown, &first.trace.masked);
    let found = problem(
        "netrc-hidden-token",
        Severity::Warning,
        format!("{shown} holds a token that no program finds"),
        format!(
            "{} Any program you run can read it there, and Heroku may still accept it.",
            place_of(&hidden)
        ),
        format!("Remove it from {shown}."),
    );
    if first.encrypted {
        // gpg may prompt for a passphrase, so no fix starts it.
        return Some(found);
    }
    if let Some(host) = readable_for(facts, readers, first) {
        let found = Problem {
            severity: Severity::Error,
            title: format!("{shown} holds a token that heroku does not find"),
            ..found
        };
        let effect = format!(
            "Rewrites the record for {host} in {shown} so that heroku, git and curl read the token {masked}."
        );
        let others = hidden.iter().any(|other| other.host == first.host && other.trace != first.trace);
        return Some(
            found
                .fixed_by(Fix::ReadableNetrcRecord { host: host.clone() }, effect)
                .safe_if(!others && readers.heroku.source == Source::None),
        );
    }
    let effect = format!(
        "Takes every such token out of {shown}: its record, or, where there is none, the token alone. The keychain keeps \
         what is removed, so that you can undo this."
    );
    Some(found.fixed_by(Fix::NoHiddenTokens { path: first.path.clone() }, effect))
}

/// The host whose record could hold the token, if heroku finds none anywhere.
fn readable_for<'a>(facts: &Facts, readers: &Readers, hidden: &'a HiddenToken) -> Option<&'a String> {
    let host = hidden.host.as_ref()?;
    let is_read = hidden.path == facts.netrc.path;
    let mut records = facts.netrc.records.present().into_iter().flatten();
    let has_token = records.any(|record| record.host == *host && record.is_token);
    let finds_none = match readers.heroku.source {
        Source::None => true,
        Source::Netrc => holds_no_token(facts),
        _ => false,
    };
    (finds_none && is_read && !has_token).then_some(host)
}

fn place_of(hidden: &[&HiddenToken]) -> String {
    let [first, others @ ..] = hidden else { return String::new() };
    let (line, masked) = (first.line, &first.trace.masked);
    let place = match (first.place, &first.host) {
        (MentionPlace::Record, Some(host)) => {
            format!("is in a record for {host} behind another record, where programs stop")
        }
        (MentionPlace::Record, None) => "is in a record that programs do not reach".to_owned(),
        (MentionPlace::Comment, _) => "is in a comment".to_owned(),
        (MentionPlace::Outside, _) => "is outside the records that programs can read".to_owned(),
    };
    let more = match others.len() {
        0 => String::new(),
        1 => " There is one more.".to_owned(),
        more => format!(" There are {more} more."),
    };
    format!("The token {masked} in line {line} {place}.{more}")
}
