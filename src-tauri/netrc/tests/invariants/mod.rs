//! What holds for every file, whatever is in it. Each of these panics where it does not.

use netrc_edit::{Credential, EditError, Netrc};

/// The host that is edited.
pub(crate) const HOST: &str = "a.example";
/// Hosts whose records, if any, are somebody else's.
pub(crate) const OTHERS: [&str; 3] = ["b.example", "c.example", "other.example"];

pub(crate) fn bytes_come_back(file: &[u8]) {
    let netrc = Netrc::parse(file);
    assert_eq!(netrc.as_bytes(), file);
    assert_eq!(netrc.into_bytes(), file);
}

pub(crate) fn what_is_set_is_read_and_nothing_else_changes(file: &[u8]) {
    let Some(netrc) = set(file) else { return };
    let found = netrc.curl(HOST);
    assert_eq!(found.as_ref().and_then(Credential::login), Some(&b"me"[..]));
    assert_eq!(found.as_ref().and_then(Credential::password), Some(&b"HRKU-fake"[..]));
    assert_eq!(netrc.heroku_cli(HOST), found);
    let before = Netrc::parse(file);
    assert_eq!(asked(&netrc), asked(&before));
    assert_eq!(records_of_others(&netrc), records_of_others(&before));
}

pub(crate) fn setting_again_changes_nothing(file: &[u8]) {
    let Some(once) = set(file) else { return };
    let twice = set(once.as_bytes());
    assert_eq!(twice.as_ref().map(shown), Some(shown(&once)));
}

pub(crate) fn a_new_record_is_added_in_one_piece_and_taken_out_again(file: &[u8]) {
    let is_new = !Netrc::parse(file).entries().any(|entry| is_ours(&entry));
    let Some(mut netrc) = set(file).filter(|_| is_new) else { return };
    let record = added(file, netrc.as_bytes());
    assert!(record.is_some(), "{}", shown(&netrc));
    // Words that were nobody's are the record's once it stands before them, and go with it.
    if netrc.entries().find(is_ours).map(|entry| entry.bytes.len()) >= record.map(<[u8]>::len) {
        return;
    }
    assert_eq!(netrc.remove(HOST), 1);
    // What stays is a line end, where the record had to begin a line, and one where it had to end a macro.
    let left = added(file, netrc.as_bytes());
    assert!(matches!(left, Some(b"" | b"\n" | b"\r\n" | b"\n\n" | b"\r\n\r\n")), "{}", shown(&netrc));
}

pub(crate) fn what_is_removed_is_gone_and_nothing_else_changes(file: &[u8]) {
    let before = Netrc::parse(file);
    let mut netrc = before.clone();
    assert_eq!(netrc.remove(HOST), before.entries().filter(is_ours).count());
    assert_eq!(netrc.entries().filter(is_ours).count(), 0, "{}", shown(&netrc));
    if !is_first_mark(file, &netrc) {
        assert_eq!(records_of_others(&netrc), records_of_others(&before));
    }
    // What a NUL in a record hides from curl may come to light without it.
    if !file.contains(&0) {
        assert_eq!(asked(&netrc), asked(&before));
    }
}

pub(crate) fn only_what_is_unwanted_is_removed(file: &[u8]) {
    let before = Netrc::parse(file);
    let mut netrc = before.clone();
    let is_unwanted = |found: &Credential| found.login() == Some(b"ann");
    let count = netrc.remove_where(HOST, is_unwanted);
    let wanted = before.entries().filter(|entry| !(is_ours(entry) && is_unwanted(&entry.credential)));
    let wanted: Vec<_> = wanted.map(|entry| (entry.host, entry.credential)).collect();
    if is_first_mark(file, &netrc) {
        return;
    }
    assert_eq!(wanted.len() + count, before.entries().count());
    assert_eq!(netrc.entries().map(|entry| (entry.host, entry.credential)).collect::<Vec<_>>(), wanted);
}

/// Whether a byte order mark comes first only after the edit: it means something where a file begins with it.
fn is_first_mark(before: &[u8], after: &Netrc) -> bool {
    after.as_bytes().starts_with("\u{feff}".as_bytes()) && !before.starts_with("\u{feff}".as_bytes())
}

/// The file with a credential for [`HOST`], `None` where that is refused, which leaves it as it was.
fn set(file: &[u8]) -> Option<Netrc> {
    let mut netrc = Netrc::parse(file);
    match netrc.set(HOST, "me", "HRKU-fake") {
        Ok(()) => Some(netrc),
        Err(error) => {
            assert!(matches!(error, EditError::Obscured | EditError::TooLarge), "{error}");
            assert_eq!(netrc.as_bytes(), file);
            None
        }
    }
}

fn is_ours(entry: &netrc_edit::Entry) -> bool {
    entry.host.as_ref().is_some_and(|host| host.eq_ignore_ascii_case(HOST.as_bytes()))
}

fn asked(netrc: &Netrc) -> [Option<Credential>; 3] {
    OTHERS.map(|host| netrc.curl(host))
}

fn records_of_others(netrc: &Netrc) -> Vec<&[u8]> {
    let others = netrc.entries().filter(|entry| !is_ours(entry));
    others.map(|entry| &netrc.as_bytes()[entry.bytes]).collect()
}

/// What was added to `before`, if `after` is that and one piece more.
fn added<'a>(before: &[u8], after: &'a [u8]) -> Option<&'a [u8]> {
    let common = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let rest = before.len() - common;
    let is_added = after.len() >= before.len() && after[common..].ends_with(&before[common..]);
    is_added.then(|| &after[common..after.len() - rest])
}

fn shown(netrc: &Netrc) -> String {
    netrc.as_bytes().escape_ascii().to_string()
}
