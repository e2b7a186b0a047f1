//! Invariants that hold for every file, whatever it contains. Each function panics if its invariant is broken.

use netrc_edit::{Credential, EditError, Netrc, Record};

/// The host whose record is edited.
pub(crate) const HOST: &str = "a.example";
/// Hosts whose records no edit may change.
pub(crate) const OTHERS: [&str; 3] = ["b.example", "c.example", "other.example"];

pub(crate) fn parsing_keeps_every_byte(file: &[u8]) {
    let netrc = Netrc::parse(file);
    assert_eq!(netrc.as_bytes(), file);
    assert_eq!(netrc.into_bytes(), file);
}

pub(crate) fn setting_changes_only_the_host(file: &[u8]) {
    let Some(netrc) = set(file) else { return };
    let found = netrc.curl(HOST);
    assert_eq!(found.as_ref().and_then(Credential::login), Some(&b"me"[..]));
    assert_eq!(found.as_ref().and_then(Credential::password), Some(&b"HRKU-fake"[..]));
    assert_eq!(netrc.heroku_cli(HOST), found);
    let before = Netrc::parse(file);
    assert_eq!(others_for_curl(&netrc), others_for_curl(&before));
    assert_eq!(other_records(&netrc), other_records(&before));
}

pub(crate) fn setting_again_changes_nothing(file: &[u8]) {
    let Some(once) = set(file) else { return };
    let twice = set(once.as_bytes());
    assert_eq!(twice.as_ref().map(escaped), Some(escaped(&once)));
}

pub(crate) fn a_new_record_is_one_insertion_and_can_be_removed(file: &[u8]) {
    let is_new = !Netrc::parse(file).records().any(|record| is_for_host(&record));
    let Some(mut netrc) = set(file).filter(|_| is_new) else { return };
    let record = insertion(file, netrc.as_bytes());
    assert!(record.is_some(), "{}", escaped(&netrc));
    // Words that belonged to no record become part of a record inserted before them, and are removed with it.
    if netrc.records().find(is_for_host).map(|record| record.bytes.len()) >= record.map(<[u8]>::len) {
        return;
    }
    assert_eq!(netrc.remove(HOST), 1);
    // One newline may remain that ended the line before the record, and another that ended a macro.
    let left = insertion(file, netrc.as_bytes());
    assert!(matches!(left, Some(b"" | b"\n" | b"\r\n" | b"\n\n" | b"\r\n\r\n")), "{}", escaped(&netrc));
}

pub(crate) fn removing_changes_only_the_host(file: &[u8]) {
    let before = Netrc::parse(file);
    let mut netrc = before.clone();
    assert_eq!(netrc.remove(HOST), before.records().filter(is_for_host).count());
    assert_eq!(netrc.records().filter(is_for_host).count(), 0, "{}", escaped(&netrc));
    if !exposes_bom(file, &netrc) {
        assert_eq!(other_records(&netrc), other_records(&before));
    }
    // Removing a record can reveal to curl what a NUL inside it had hidden.
    if !file.contains(&0) {
        assert_eq!(others_for_curl(&netrc), others_for_curl(&before));
    }
}

pub(crate) fn only_unwanted_records_are_removed(file: &[u8]) {
    let before = Netrc::parse(file);
    let mut netrc = before.clone();
    let is_unwanted = |found: &Credential| found.login() == Some(b"ann");
    let count = netrc.remove_where(HOST, is_unwanted);
    let wanted = before.records().filter(|record| !(is_for_host(record) && is_unwanted(&record.credential)));
    let wanted: Vec<_> = wanted.map(|record| (record.host, record.credential)).collect();
    if exposes_bom(file, &netrc) {
        return;
    }
    assert_eq!(wanted.len() + count, before.records().count());
    let remaining: Vec<_> = netrc.records().map(|record| (record.host, record.credential)).collect();
    assert_eq!(remaining, wanted);
}

pub(crate) fn every_reading_returns(file: &[u8]) {
    let netrc = Netrc::parse(file);
    let lines = file.split(|&byte| byte == b'\n').count();
    for host in [HOST, OTHERS[0], "api.heroku.com", "default", ""] {
        for found in [netrc.curl(host), netrc.heroku_cli(host), netrc.vscode(host), netrc.jgit(host)] {
            let values = found.as_ref().map(|found| found.login().or(found.password()));
            assert_ne!(values, Some(None), "{}", escaped(&netrc));
        }
        for result in [netrc.go(host), netrc.python(host)] {
            let line = result.map_or_else(|error| error.line, |_| 1);
            assert!((1..=lines).contains(&line), "line {line}: {}", escaped(&netrc));
        }
    }
}

/// Whether the edit moved a byte order mark to the start of the file, the only place where it has a meaning.
fn exposes_bom(before: &[u8], after: &Netrc) -> bool {
    after.as_bytes().starts_with("\u{feff}".as_bytes()) && !before.starts_with("\u{feff}".as_bytes())
}

/// The file with a credential for [`HOST`]. `None` if the edit is rejected, in which case the file must not change.
fn set(file: &[u8]) -> Option<Netrc> {
    let mut netrc = Netrc::parse(file);
    match netrc.set(HOST, "me", "HRKU-fake") {
        Ok(()) => Some(netrc),
        Err(error) => {
            assert!(matches!(error, EditError::Shadowed | EditError::TooLarge), "{error}");
            assert_eq!(netrc.as_bytes(), file);
            None
        }
    }
}

fn is_for_host(record: &Record) -> bool {
    record.host.as_ref().is_some_and(|host| host.eq_ignore_ascii_case(HOST.as_bytes()))
}

fn others_for_curl(netrc: &Netrc) -> [Option<Credential>; 3] {
    OTHERS.map(|host| netrc.curl(host))
}

fn other_records(netrc: &Netrc) -> Vec<&[u8]> {
    let others = netrc.records().filter(|record| !is_for_host(record));
    others.map(|record| &netrc.as_bytes()[record.bytes]).collect()
}

/// The bytes inserted into `before`, if `after` differs from it by a single insertion.
fn insertion<'a>(before: &[u8], after: &'a [u8]) -> Option<&'a [u8]> {
    let common = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let rest = before.len() - common;
    let is_insertion = after.len() >= before.len() && after[common..].ends_with(&before[common..]);
    is_insertion.then(|| &after[common..after.len() - rest])
}

fn escaped(netrc: &Netrc) -> String {
    netrc.as_bytes().escape_ascii().to_string()
}
