//! What curl reads for a host: the first record of the host, or `default`, that has a login or a password.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::Credential;
use crate::lex::{is_blank, is_comment, line_end, unquote};
use crate::scan::{Section, SectionKind, Sections};

/// The largest file curl loads, not counting comments.
const MAX_FILE_BYTES: usize = 128 * 1024 - 1;
/// The longest line curl loads, including its newline.
const MAX_LINE_BYTES: usize = 16 * 1024 - 1;
/// curl reads a line in pieces of at most this many bytes, and drops whatever follows a NUL in a piece.
const PIECE_BYTES: usize = 127;

/// What curl uses for `host`, regardless of the size of the file.
pub(crate) fn credential(bytes: &[u8], host: &[u8]) -> Option<Credential> {
    let loaded = without_nul(bytes);
    let bytes = loaded.as_ref().map_or(bytes, |loaded| loaded.as_slice());
    let section = Sections::new(bytes).find(|section| ends_search(bytes, section, host))?;
    // A record whose values are all empty ends the search, but curl does not send them.
    Some(credential_of(bytes, &section)).filter(|found| {
        [found.login(), found.password()].into_iter().flatten().any(|value| !value.is_empty())
    })
}

/// The login and password of a section, unquoted.
pub(crate) fn credential_of(bytes: &[u8], section: &Section) -> Credential {
    let value = |span: &Range<usize>| unquote(&bytes[span.clone()]);
    Credential { login: section.login.as_ref().map(value), password: section.password.as_ref().map(value) }
}

/// Whether curl stops at this section in its search for `host`.
pub(crate) fn ends_search(bytes: &[u8], section: &Section, host: &[u8]) -> bool {
    let matches = match section.kind {
        SectionKind::Machine => is_for_host(bytes, section, host),
        SectionKind::Default => true,
        SectionKind::MachineAfterBom | SectionKind::Macdef => false,
    };
    matches && (section.login.is_some() || section.password.is_some())
}

/// Whether the section is a record of `host`, compared without regard to ASCII case.
pub(crate) fn is_for_host(bytes: &[u8], section: &Section, host: &[u8]) -> bool {
    let raw = section.host.as_ref().map(|span| &bytes[span.clone()]);
    raw.is_some_and(|raw| match raw.first() {
        Some(b'"') => unquote(raw).eq_ignore_ascii_case(host),
        _ => raw.eq_ignore_ascii_case(host),
    })
}

/// Whether curl loads the file at all. Beyond one of its size limits it reads nothing.
pub(crate) fn can_load(bytes: &[u8]) -> bool {
    if bytes.len() < MAX_LINE_BYTES {
        return true;
    }
    let mut total = usize::from(bytes.is_empty() || bytes.ends_with(b"\n"));
    let mut position = 0;
    while position < bytes.len() {
        let end = line_end(bytes, position);
        let line = &bytes[position..end];
        let length = line.len() + usize::from(!line.ends_with(b"\n"));
        if !is_comment(line) {
            total += length - line.iter().take_while(|&&byte| is_blank(byte)).count();
        }
        if length > MAX_LINE_BYTES || total > MAX_FILE_BYTES {
            return false;
        }
        position = end;
    }
    true
}

/// The file as curl loads it, without what each NUL makes it drop, or `None` if the file has no NUL.
pub(crate) fn without_nul(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    memchr::memchr(0, bytes)?;
    let mut loaded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes;
    while !rest.is_empty() {
        let window = &rest[..rest.len().min(PIECE_BYTES)];
        let (piece, later) = rest.split_at(line_end(window, 0));
        loaded.extend(piece.iter().take_while(|&&byte| byte != 0));
        rest = later;
    }
    Some(loaded)
}
