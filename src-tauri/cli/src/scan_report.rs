//! What `herokey scan` prints of what it found.

use std::io::{self, Write};
use std::path::Path;

use herokey_core::Env;
use herokey_core::scan::{Finding, FoundIn, Origin, Place, Report};
use serde_json::{Value, json};

use crate::style;

/// One token in one line: `~/.bash_history:12: …a1b2 (the token of me@example.com in the keychain)`.
pub(crate) fn line(env: &Env, place: &Place, finding: &Finding) -> String {
    let (name, spot) = (place.name(env), finding.spot(env, place));
    let spot = match (place, spot.strip_prefix(&name)) {
        (Place::File(_), Some(line)) => style::file(env, &name) + line,
        _ => spot,
    };
    format!("{spot}: {} ({})", finding.masked, finding.words())
}

/// Prints where possible tokens are, and how many.
pub(crate) fn print_unsure(out: &mut impl Write, env: &Env, report: &Report) -> io::Result<()> {
    for (place, count) in &report.unsure {
        writeln!(out, "{}: {} that may be old tokens", place.name(env), counted(*count))?;
    }
    let listed: u64 = report.unsure.iter().map(|(_, count)| count).sum();
    match report.unsure_count - listed {
        0 => Ok(()),
        others => writeln!(out, "  and {} more in other places", counted(others)),
    }
}

/// The report in JSON, schema 1.
pub(crate) fn json(
    env: &Env,
    report: &Report,
    mut found: Vec<FoundIn>,
    omitted: u64,
    with_unsure: bool,
) -> Value {
    // The threads find them in any order.
    found.sort_by_cached_key(|found| found.place.name(env));
    let more: u64 = found.iter().map(|found| found.more).sum();
    let findings: Vec<Value> = found
        .iter()
        .flat_map(|found| {
            found.findings.iter().map(|finding| with_place(&found.place, finding_json(finding)))
        })
        .collect();
    let unsure = |(place, count): &(Place, u64)| with_place(place, json!({ "count": count }));
    let unreadable = |(path, why): &(std::path::PathBuf, String)| json!({ "file": raw(path), "why": why });
    json!({
        "schema": 1,
        "findings": findings,
        "omitted": omitted + more,
        "unsure": with_unsure.then(|| report.unsure.iter().map(unsure).collect::<Vec<_>>()),
        "stores": report.stores.iter().map(|path| raw(path)).collect::<Vec<_>>(),
        "missed": report.missed,
        "unreadable": report.unreadable.iter().map(unreadable).collect::<Vec<_>>(),
        "unreadable_count": report.unreadable_count,
        "searched": {
            "files": report.files,
            "objects": report.objects,
            "bytes": report.bytes,
        },
    })
}

/// A number with its thousands apart: `12,345`.
pub(crate) fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn finding_json(finding: &Finding) -> Value {
    let Origin { held_in, account, in_use, refused_at } = &finding.origin;
    json!({
        "line": finding.line,
        "offset": finding.offset,
        "masked": finding.masked,
        "base64": finding.in_base64,
        "held_in": held_in,
        "account": account,
        "in_use": in_use,
        "refused_at": refused_at,
    })
}

/// Adds where something is: a file, or an object of a repository.
fn with_place(place: &Place, mut value: Value) -> Value {
    let (file, repository, object, kind) = match place {
        Place::File(path) => (Some(raw(path)), None, None, None),
        Place::Object { repository, id, kind } => (None, Some(raw(repository)), Some(id), Some(kind.name())),
    };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("file".to_owned(), json!(file));
        fields.insert("repository".to_owned(), json!(repository));
        fields.insert("object".to_owned(), json!(object));
        fields.insert("kind".to_owned(), json!(kind));
    }
    value
}

/// A path for programs. JSON and the writer escape what a terminal must not get.
fn raw(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn thousands_are_apart() {
        let numbers = [0, 7, 999, 1000, 12_345, 999_999, 1_234_567];
        assert_eq!(
            numbers.map(counted),
            ["0", "7", "999", "1,000", "12,345", "999,999", "1,234,567"].map(str::to_owned)
        );
    }
}
