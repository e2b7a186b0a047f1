//! What the Heroku CLI reads for a host. Its parser works line by line: the properties of a record are on the
//! `machine` line, separated by single spaces, or on the indented lines below it.

use zeroize::Zeroizing;

use crate::Credential;

/// The CLI's pattern takes minutes to fail if the text from `machine` to the comment is longer than this.
const MAX_SAFE_BYTES: usize = 40;

pub(crate) fn credential(bytes: &[u8], host: &str) -> Option<Credential> {
    with_text(bytes, |text| find_record(text, host).and_then(|found| found.credential()))
}

/// Whether the CLI finds a record of `host` anywhere in the file, with or without a password.
pub(crate) fn has_record(bytes: &[u8], host: &str) -> bool {
    with_text(bytes, |text| find_record(text, host).is_some())
}

/// Whether the CLI hangs on this file. If a comment after `machine` does not reach the end of its line, the CLI's
/// pattern tries every way to split the text before the comment, which doubles with each character.
pub(crate) fn hangs(bytes: &[u8]) -> bool {
    with_text(bytes, |text| {
        memchr::memmem::find_iter(text.as_bytes(), "machine").any(|offset| {
            let line = text[offset..].split('\n').next().unwrap_or_default();
            let (body, comment) = line.split_once('#').unwrap_or_default();
            body.len() > MAX_SAFE_BYTES && comment.contains(is_line_terminator)
        })
    })
}

/// The key and value of an indented line that holds nothing else but a comment.
pub(crate) fn property(line: &str) -> Option<(&str, &str)> {
    let unindented = line.trim_start_matches(is_space);
    if unindented.len() == line.len() {
        return None;
    }
    let (key, rest) = unindented.split_once(is_space)?;
    let rest = rest.trim_start_matches(is_space);
    let (value, rest) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
    let comment = rest.trim_start_matches(is_space);
    let is_valid = rest.is_empty() || comment.starts_with('#') && !comment.contains(is_line_terminator);
    (is_valid && !key.is_empty() && !value.is_empty()).then_some((key, value))
}

/// White space in JavaScript: what `\s` matches and `trim` removes.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// Line terminators in JavaScript: the characters that `.` does not match.
fn is_line_terminator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Calls `read` with the file as text, each part that is not UTF-8 replaced.
pub(crate) fn with_text<T>(bytes: &[u8], read: impl FnOnce(&str) -> T) -> T {
    if let Ok(text) = str::from_utf8(bytes) {
        return read(text);
    }
    read(&Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()))
}

/// The first record with exactly this name, whatever it contains.
fn find_record<'a>(text: &'a str, host: &str) -> Option<Properties<'a>> {
    // To stay fast, this visits only lines that contain `machine`, and the properties of a wanted record.
    let mut scanned_to = 0;
    // Where the properties of the last record would start.
    let mut properties: Option<usize> = None;
    for offset in memchr::memmem::find_iter(text.as_bytes(), "machine") {
        if offset < scanned_to {
            continue;
        }
        let start = memchr::memrchr(b'\n', &text.as_bytes()[scanned_to..offset])
            .map_or(scanned_to, |newline| scanned_to + newline + 1);
        let end =
            memchr::memchr(b'\n', &text.as_bytes()[offset..]).map_or(text.len(), |newline| offset + newline);
        let line = &text[start..end];
        scanned_to = (end + 1).min(text.len());
        let is_property = |from| line.starts_with(is_space) && are_properties(&text[from..end]);
        if properties.take().is_some_and(is_property) {
            properties = Some(scanned_to);
            continue;
        }
        let Some(body) = machine_body(line) else { continue };
        let mut words = body.split(' ');
        let is_wanted = words.next() == Some(host);
        let is_inline = body.trim_matches(is_space).contains(' ');
        properties = (!is_inline).then_some(scanned_to);
        if is_wanted {
            let mut found = Properties::default();
            if is_inline {
                while let Some(key) = words.next() {
                    found.set(key, words.next());
                }
            } else {
                let fields = text[scanned_to..].split('\n').map_while(property);
                fields.for_each(|(key, value)| found.set(key, Some(value)));
            }
            return Some(found);
        }
    }
    None
}

#[derive(Default)]
struct Properties<'a> {
    login: Option<&'a str>,
    password: Option<&'a str>,
}

impl<'a> Properties<'a> {
    fn set(&mut self, key: &str, value: Option<&'a str>) {
        match key {
            "login" => self.login = value,
            "password" => self.password = value,
            _ => {}
        }
    }

    /// The credential, if there is a password. An empty value counts as missing.
    fn credential(&self) -> Option<Credential> {
        let password = self.password.filter(|value| !value.is_empty())?;
        let login = self.login.filter(|value| !value.is_empty());
        Some(Credential::new(login.map(str::as_bytes), Some(password.as_bytes())))
    }
}

/// The text after the first `machine` in the line that the CLI accepts, up to a comment or the end of the line.
///
/// A comment must reach the end of the line. If a carriage return ends it, the CLI does not accept that `machine`
/// and tries a later one in the same line.
fn machine_body(line: &str) -> Option<&str> {
    let last_terminator = line.rfind(is_line_terminator);
    let mut comment = 0;
    for (offset, keyword) in line.match_indices("machine") {
        let after = &line[offset + keyword.len()..];
        let body = after.trim_start_matches(is_space);
        if body.len() == after.len() || body.is_empty() || body.starts_with('#') {
            continue;
        }
        let start = line.len() - body.len();
        if comment < start {
            comment = body.find('#').map_or(line.len(), |found| start + found);
        }
        if comment == line.len() || last_terminator.is_none_or(|terminator| terminator < comment) {
            return Some(&line[start..comment]);
        }
    }
    None
}

fn are_properties(lines: &str) -> bool {
    lines.split('\n').all(|line| property(line).is_some())
}
