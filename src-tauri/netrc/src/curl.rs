//! What curl reads: the first record of the host, or `default`, that has a login or a password.

use zeroize::Zeroizing;

use crate::Credential;
use crate::lex::{is_blank, is_comment, line_end, unquote};
use crate::scan::{Kind, Section, Sections};

/// The most text curl loads, comments not counted, in bytes.
const LARGEST_FILE: usize = 128 * 1024 - 1;
/// The longest line curl loads, its newline included, in bytes.
const LONGEST_LINE: usize = 16 * 1024 - 1;
/// curl fills a buffer of this many bytes at a time, and takes no more from it than what precedes a NUL.
const READ_SIZE: usize = 127;

/// What curl uses for `host`, its limits on size left aside.
pub(crate) fn credential(bytes: &[u8], host: &[u8]) -> Option<Credential> {
    let loaded = without_nul(bytes);
    let bytes = loaded.as_ref().map_or(bytes, |loaded| loaded.as_slice());
    let section = Sections::new(bytes).find(|section| stops_at(bytes, section, host))?;
    // Nothing but empty values ends the search, but is not sent.
    Some(read(bytes, &section)).filter(|found| {
        [found.login(), found.password()].into_iter().flatten().any(|value| !value.is_empty())
    })
}

/// Whether curl, looking for `host`, looks no further than this section.
pub(crate) fn stops_at(bytes: &[u8], section: &Section, host: &[u8]) -> bool {
    let matches = match section.kind {
        Kind::Machine => names(bytes, section, host),
        Kind::Default => true,
        Kind::MachineAfterBom | Kind::Macdef => false,
    };
    matches && (section.login.is_some() || section.password.is_some())
}

pub(crate) fn names(bytes: &[u8], section: &Section, host: &[u8]) -> bool {
    let raw = section.host.as_ref().map(|span| &bytes[span.clone()]);
    raw.is_some_and(|raw| match raw.first() {
        Some(b'"') => unquote(raw).eq_ignore_ascii_case(host),
        _ => raw.eq_ignore_ascii_case(host),
    })
}

pub(crate) fn read(bytes: &[u8], section: &Section) -> Credential {
    let value = |span: &std::ops::Range<usize>| unquote(&bytes[span.clone()]);
    Credential { login: section.login.as_ref().map(value), password: section.password.as_ref().map(value) }
}

/// Whether curl loads the file at all: one of its limits passed, it reads nothing of it.
pub(crate) fn loads(bytes: &[u8]) -> bool {
    if bytes.len() < LONGEST_LINE {
        return true;
    }
    let mut total = usize::from(bytes.is_empty() || bytes.ends_with(b"\n"));
    let mut at = 0;
    while at < bytes.len() {
        let end = line_end(bytes, at);
        let line = &bytes[at..end];
        let length = line.len() + usize::from(!line.ends_with(b"\n"));
        if !is_comment(line) {
            total += length - line.iter().take_while(|&&byte| is_blank(byte)).count();
        }
        if length > LONGEST_LINE || total > LARGEST_FILE {
            return false;
        }
        at = end;
    }
    true
}

/// The file as curl loads it where it holds a NUL, which makes curl lose the rest of what it has just read.
pub(crate) fn without_nul(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    memchr::memchr(0, bytes)?;
    let mut loaded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes;
    while !rest.is_empty() {
        let window = &rest[..rest.len().min(READ_SIZE)];
        let (read, later) = rest.split_at(line_end(window, 0));
        loaded.extend(read.iter().take_while(|&&byte| byte != 0));
        rest = later;
    }
    Some(loaded)
}
