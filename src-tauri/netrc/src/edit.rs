//! Finds the edits that set or remove a host's credential.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::lex::{self, BOM, is_blank};
use crate::record::{Style, kept};
use crate::scan::{Ending, Kind, Section, Sections};
use crate::splice::{Edit, apply};
use crate::{Credential, curl, heroku_cli};

/// Where a host's record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it is, new values in place of the old.
    Values,
    /// Where it is, written anew.
    Record,
    /// Before `default`, or at the end. Old versions of curl read a record that lacks a login or a password as
    /// what it is only if no other follows, so also before those.
    Last,
    /// Before everything.
    First,
    /// Before the first record, behind what is not one.
    BeforeRecords,
}

impl Place {
    /// The gentlest first.
    pub(crate) const ALL: [Place; 5] =
        [Place::Values, Place::Record, Place::Last, Place::First, Place::BeforeRecords];
}

/// A credential to be set, and what of the file bears on it.
pub(crate) struct Change<'a> {
    bytes: &'a [u8],
    host: &'a str,
    login: &'a str,
    password: &'a str,
    /// The host's first record.
    target: Option<Section>,
    /// The host's later records that no reader asks for once the first one holds the login.
    superseded: Vec<Section>,
    /// Where the first section starts before which something can stand.
    first: Option<usize>,
    default: Option<usize>,
    /// Where the records that lack a login or a password begin which are the last before `default` or the end.
    incomplete: Option<usize>,
    ending: Ending,
    /// The start of a section before which nothing changes.
    unchanged: usize,
}

impl<'a> Change<'a> {
    pub(crate) fn new(bytes: &'a [u8], host: &'a str, login: &'a str, password: &'a str) -> Self {
        let (target, first, default, incomplete) = (None, None, None, None);
        let (superseded, ending, unchanged) = (Vec::new(), Ending::Clean, 0);
        let mut change = Change {
            bytes,
            host,
            login,
            password,
            target,
            superseded,
            first,
            default,
            incomplete,
            ending,
            unchanged,
        };
        let mut sections = Sections::new(bytes);
        for section in sections.by_ref() {
            change.note(section);
        }
        change.ending = sections.ending();
        change
    }

    /// Whether both readers find it already, and nothing has to go.
    pub(crate) fn is_made(&self) -> bool {
        let wanted = Some(self.wanted());
        self.superseded.is_empty()
            && self.target.as_ref().map(|section| curl::read(self.bytes, section)) == wanted
            && curl::credential(self.bytes, self.host.as_bytes()) == wanted
            && heroku_cli::credential(self.bytes, self.host) == wanted
    }

    fn wanted(&self) -> Credential {
        Credential::of(Some(self.login.as_bytes()), Some(self.password.as_bytes()))
    }

    fn note(&mut self, section: Section) {
        let start = section.span.start;
        // Nothing can stand between a byte order mark and the word it is glued to.
        if section.kind != Kind::MachineAfterBom {
            self.first = self.first.or(Some(start));
        }
        if section.kind == Kind::Default {
            self.default = self.default.or(Some(start));
        }
        let is_incomplete =
            section.kind == Kind::Machine && (section.login.is_none() || section.password.is_none());
        if self.default.is_none() {
            self.incomplete = is_incomplete.then(|| self.incomplete.unwrap_or(start));
        }
        if !is_of(self.bytes, &section, self.host) {
            let is_ahead = self.target.is_none() && self.default.is_none() && self.first.is_some();
            if is_ahead && !is_incomplete {
                self.unchanged = start;
            }
        } else if self.target.is_none() {
            self.target = Some(section);
        } else if curl::read(self.bytes, &section).login().is_none_or(|login| login == self.login.as_bytes())
        {
            self.superseded.push(section);
        }
    }

    /// The file with the record there, or `None` where the place does not serve.
    pub(crate) fn at(&self, place: Place) -> Option<Edited> {
        let bytes = self.bytes;
        let mut edits: Vec<Edit> = self.superseded.iter().map(|section| removal(bytes, section)).collect();
        match (place, &self.target) {
            (
                Place::Values,
                Some(Section { login: Some(login), password: Some(password), is_plain: true, .. }),
            ) => {
                edits.push(Edit::Value(login.clone(), Zeroizing::new(self.login.into())));
                edits.push(Edit::Value(password.clone(), Zeroizing::new(self.password.into())));
            }
            (Place::Record, Some(section)) => {
                edits.push(Edit::Section(
                    section.span.clone(),
                    self.record(self.is_followed_by_property(section)),
                ));
            }
            (Place::Values | Place::Record, _) => return None,
            (Place::Last | Place::First | Place::BeforeRecords, target) => {
                let at = self.start_of(place)?;
                if at == bytes.len() && self.ending == Ending::InMacro {
                    // An empty line ends the macro.
                    edits.push(Edit::Insert(at, Zeroizing::new(self.style().line_end.into())));
                }
                edits.extend(
                    target.iter().map(|section| Edit::Section(section.span.clone(), Zeroizing::default())),
                );
                edits.push(Edit::Insert(at, self.record(false)));
            }
        }
        let start = if matches!(place, Place::First | Place::BeforeRecords) { 0 } else { self.unchanged };
        let end = edits.iter().map(|edit| edit.range().end).max()?;
        Some(Edited { bytes: apply(bytes, edits), changed: start..end })
    }

    fn start_of(&self, place: Place) -> Option<usize> {
        match place {
            Place::First => (!self.bytes.starts_with(BOM)).then_some(0),
            Place::BeforeRecords => Some(above_comments(self.bytes, self.first?)),
            _ => match self.incomplete.or(self.default) {
                Some(at) => Some(above_comments(self.bytes, at)),
                None => (!matches!(self.ending, Ending::Broken { .. })).then_some(self.bytes.len()),
            },
        }
    }

    fn style(&self) -> Style<'a> {
        Style::of(self.bytes, self.target.as_ref())
    }

    fn record(&self, ends_with_empty_line: bool) -> Zeroizing<Vec<u8>> {
        let style = self.style();
        let mut below =
            self.target.as_ref().map(|section| kept(self.bytes, section, Some(&style))).unwrap_or_default();
        if ends_with_empty_line {
            below.extend_from_slice(style.line_end);
        }
        style.record(self.host, self.login, self.password, &below)
    }

    /// Whether the CLI would read the line below as one more property of the record.
    fn is_followed_by_property(&self, section: &Section) -> bool {
        let start = lex::line_end(self.bytes, section.span.end);
        let line = &self.bytes[start..lex::line_end(self.bytes, start)];
        heroku_cli::property(String::from_utf8_lossy(line).trim_end_matches('\n')).is_some()
    }
}

/// A file after a change.
pub(crate) struct Edited {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// What may have changed, in the file as it was. It starts at the start of the file, or at a section that
    /// neither the host nor `default` has a record before.
    changed: Range<usize>,
}

impl Edited {
    /// Whether both readers find what they should, and curl finds all that is not the host's as it was.
    pub(crate) fn serves(&self, change: &Change) -> bool {
        let wanted = change.wanted();
        let is_right_to =
            |before: &[u8], after: &[u8], changed| is_right(before, after, changed, change.host, &wanted);
        let is_as_curl_sees_it = match (curl::without_nul(change.bytes), curl::without_nul(&self.bytes)) {
            (None, None) => true,
            (before, after) => {
                let before = before.as_ref().map_or(change.bytes, |bytes| bytes.as_slice());
                is_right_to(before, after.as_ref().unwrap_or(&self.bytes), 0..before.len())
            }
        };
        // With a NUL too, it must be found again to be removed.
        let is_found = is_right_to(change.bytes, &self.bytes, self.changed.clone());
        is_found && is_as_curl_sees_it && heroku_cli::credential(&self.bytes, change.host) == Some(wanted)
    }
}

/// Compares the files section by section, from where they may differ to where they can no longer.
fn is_right(before: &[u8], after: &[u8], changed: Range<usize>, host: &str, wanted: &Credential) -> bool {
    let mut found = None;
    let mut others = Sections::from(before, changed.start).filter(|section| !is_of(before, section, host));
    for section in Sections::from(after, changed.start) {
        if found.is_none() && curl::stops_at(after, &section, host.as_bytes()) {
            found = Some(curl::read(after, &section));
        }
        if is_of(after, &section, host) {
            continue;
        }
        let Some(other) = others.next() else { return false };
        if words(before, &other) != words(after, &section) {
            return false;
        }
        let is_in_same_rest = before.len() - other.span.start == after.len() - section.span.start;
        if found.is_some() && other.span.start >= changed.end && is_in_same_rest {
            return found.as_ref() == Some(wanted);
        }
    }
    others.next().is_none() && found.as_ref() == Some(wanted)
}

fn words<'a>(bytes: &'a [u8], section: &Section) -> (Kind, [Option<&'a [u8]>; 3]) {
    let raw = |span: &Option<Range<usize>>| span.clone().map(|span| &bytes[span]);
    (section.kind, [raw(&section.host), raw(&section.login), raw(&section.password)])
}

/// The file without the records of `host` that are `unwanted`, and how many those were.
pub(crate) fn remove(
    bytes: &[u8],
    host: &str,
    mut unwanted: impl FnMut(&Credential) -> bool,
) -> (Zeroizing<Vec<u8>>, usize) {
    let edits: Vec<Edit> = Sections::new(bytes)
        .filter(|section| is_of(bytes, section, host) && unwanted(&curl::read(bytes, section)))
        .map(|section| removal(bytes, &section))
        .collect();
    let count = edits.len();
    let mut edited = apply(bytes, edits);
    if edited.split(|&byte| byte == b'\n').all(lex::is_comment) {
        // curl 8.22 crashes on a file of nothing but comments whose last line does not end.
        edited.push(b'\n');
    }
    (edited, count)
}

fn removal(bytes: &[u8], section: &Section) -> Edit {
    Edit::Section(section.span.clone(), kept(bytes, section, None))
}

fn is_of(bytes: &[u8], section: &Section, host: &str) -> bool {
    curl::names(bytes, section, host.as_bytes())
}

/// Where to insert before the word at `at`: above the lines of comment that lead to it.
fn above_comments(bytes: &[u8], at: usize) -> usize {
    let mut start = lex::line_start(bytes, at);
    if !bytes[start..at].iter().all(|&byte| is_blank(byte)) {
        return at;
    }
    while start > 0 {
        let above = lex::line_start(bytes, start - 1);
        if !lex::is_comment(&bytes[above..start]) {
            break;
        }
        start = above;
    }
    start
}
