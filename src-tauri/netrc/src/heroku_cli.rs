//! What the Heroku CLI reads. It goes by lines, not by words: properties are on the line of the
//! `machine`, one space apart, or on the lines below it, indented.

use zeroize::Zeroizing;

use crate::Credential;

/// `machine` and what follows it, in bytes, for which trying every way takes minutes.
const ENDLESS: usize = 40;

pub(crate) fn credential(bytes: &[u8], host: &str) -> Option<Credential> {
    with_text(bytes, |text| record(text, host).and_then(|found| found.credential()))
}

/// Whether it takes something for a record of the host, whatever that holds.
pub(crate) fn names(bytes: &[u8], host: &str) -> bool {
    with_text(bytes, |text| record(text, host).is_some())
}

/// Whether it does not come back from this file: where a comment behind a `machine` does not reach to the end of
/// its line, its pattern tries every way to part what precedes the comment, twice as many with each character.
pub(crate) fn is_endless(bytes: &[u8]) -> bool {
    with_text(bytes, |text| {
        memchr::memmem::find_iter(text.as_bytes(), "machine").any(|at| {
            let line = text[at..].split('\n').next().unwrap_or_default();
            let (body, comment) = line.split_once('#').unwrap_or_default();
            body.len() > ENDLESS && comment.contains(is_line_terminator)
        })
    })
}

fn with_text<T>(bytes: &[u8], read: impl FnOnce(&str) -> T) -> T {
    if let Ok(text) = str::from_utf8(bytes) {
        return read(text);
    }
    read(&Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()))
}

fn record<'a>(text: &'a str, host: &str) -> Option<Properties<'a>> {
    // Only lines with `machine` in them are looked at, and the properties of a machine that matters.
    let mut looked_at = 0;
    // Where those of the last machine may begin.
    let mut properties: Option<usize> = None;
    for at in memchr::memmem::find_iter(text.as_bytes(), "machine") {
        if at < looked_at {
            continue;
        }
        let start = memchr::memrchr(b'\n', &text.as_bytes()[looked_at..at])
            .map_or(looked_at, |newline| looked_at + newline + 1);
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |newline| at + newline);
        let line = &text[start..end];
        looked_at = (end + 1).min(text.len());
        let is_property = |from| line.starts_with(is_space) && are_properties(&text[from..end]);
        if properties.take().is_some_and(is_property) {
            properties = Some(looked_at);
            continue;
        }
        let Some(body) = machine(line) else { continue };
        let mut words = body.split(' ');
        let is_wanted = words.next() == Some(host);
        let is_inline = body.trim_matches(is_space).contains(' ');
        properties = (!is_inline).then_some(looked_at);
        // Of several machines of one name the first counts, whatever it holds.
        if is_wanted {
            let mut found = Properties::default();
            if is_inline {
                while let Some(key) = words.next() {
                    found.set(key, words.next());
                }
            } else {
                let fields = text[looked_at..].split('\n').map_while(property);
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

    /// An empty value counts as none.
    fn credential(&self) -> Option<Credential> {
        let password = self.password.filter(|value| !value.is_empty())?;
        let login = self.login.filter(|value| !value.is_empty());
        Some(Credential::of(login.map(str::as_bytes), Some(password.as_bytes())))
    }
}

/// What follows `machine`, wherever in the line that stands, up to a comment or the end of the line.
///
/// The comment must reach to the end of the line: one with a carriage return in it is none, and so the
/// line is no machine. Then a later `machine` in the same line is tried.
fn machine(line: &str) -> Option<&str> {
    let last_terminator = line.rfind(is_line_terminator);
    let mut comment = 0;
    for (at, keyword) in line.match_indices("machine") {
        let after = &line[at + keyword.len()..];
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

/// An indented `key value`, with nothing after it but a comment.
pub(crate) fn property(line: &str) -> Option<(&str, &str)> {
    let unindented = line.trim_start_matches(is_space);
    if unindented.len() == line.len() {
        return None;
    }
    let (key, rest) = unindented.split_once(is_space)?;
    let rest = rest.trim_start_matches(is_space);
    let (value, rest) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
    let comment = rest.trim_start_matches(is_space);
    let fits = rest.is_empty() || comment.starts_with('#') && !comment.contains(is_line_terminator);
    (fits && !key.is_empty() && !value.is_empty()).then_some((key, value))
}

/// White space as JavaScript has it: `\s` in a pattern, and `trim`.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// What `.` does not match in a pattern of JavaScript's.
fn is_line_terminator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}
