//! Finds the edits that set or remove a host's credential.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::lex::{self, BOM, is_blank};
use crate::record::{Style, lines_to_keep};
use crate::scan::{Ending, Section, SectionKind, Sections};
use crate::splice::{Edit, apply};
use crate::{Credential, curl, heroku_cli};

/// How and where to write a host's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Replace the values of the host's first record.
    ReplaceValues,
    /// Rewrite the host's first record in its place.
    ReplaceRecord,
    /// Write before `default`, or at the end, and in either case before the incomplete records there.
    Last,
    /// Write at the start of the file.
    First,
    /// Write before the first record, after the text that precedes it.
    BeforeRecords,
}

impl Placement {
    /// All placements, the smallest change first.
    pub(crate) const ALL: [Placement; 5] = [
        Placement::ReplaceValues,
        Placement::ReplaceRecord,
        Placement::Last,
        Placement::First,
        Placement::BeforeRecords,
    ];
}

/// A credential to set, and what the scan of the file found that affects where it can go.
pub(crate) struct SetPlan<'a> {
    bytes: &'a [u8],
    host: &'a str,
    login: &'a str,
    password: &'a str,
    /// The host's first record.
    target: Option<Section>,
    /// Later records of the host that no reader reaches once the first one has the login.
    superseded: Vec<Section>,
    /// Where the first section starts that text can be inserted before.
    first: Option<usize>,
    /// Where the first `default` starts.
    default: Option<usize>,
    /// Where the records without a login or a password start that directly precede `default` or the end. Older
    /// versions of curl read such records correctly only if no other record follows.
    incomplete: Option<usize>,
    ending: Ending,
    /// The start of a section before which no edit changes anything.
    unchanged_until: usize,
}

impl<'a> SetPlan<'a> {
    pub(crate) fn new(bytes: &'a [u8], host: &'a str, login: &'a str, password: &'a str) -> Self {
        let mut plan = SetPlan {
            bytes,
            host,
            login,
            password,
            target: None,
            superseded: Vec::new(),
            first: None,
            default: None,
            incomplete: None,
            ending: Ending::Clean,
            unchanged_until: 0,
        };
        let mut sections = Sections::new(bytes);
        for section in sections.by_ref() {
            plan.add_section(section);
        }
        plan.ending = sections.ending();
        plan
    }

    /// Whether both readers already find the credential and no record is superseded.
    pub(crate) fn is_done(&self) -> bool {
        let wanted = Some(self.credential());
        self.superseded.is_empty()
            && self.target.as_ref().map(|section| curl::credential_of(self.bytes, section)) == wanted
            && curl::credential(self.bytes, self.host.as_bytes()) == wanted
            && heroku_cli::credential(self.bytes, self.host) == wanted
    }

    /// The file with the record placed this way, or `None` if the file has no such place.
    pub(crate) fn candidate(&self, placement: Placement) -> Option<Candidate> {
        let bytes = self.bytes;
        let mut edits: Vec<Edit> = self.superseded.iter().map(|section| removal(bytes, section)).collect();
        match (placement, &self.target) {
            (
                Placement::ReplaceValues,
                Some(Section { login: Some(login), password: Some(password), is_plain: true, .. }),
            ) => {
                edits.push(Edit::ReplaceValue(login.clone(), Zeroizing::new(self.login.into())));
                edits.push(Edit::ReplaceValue(password.clone(), Zeroizing::new(self.password.into())));
            }
            (Placement::ReplaceRecord, Some(section)) => {
                let record = self.record(self.is_followed_by_property(section));
                edits.push(Edit::ReplaceSection(section.span.clone(), record));
            }
            (Placement::ReplaceValues | Placement::ReplaceRecord, _) => return None,
            (Placement::Last | Placement::First | Placement::BeforeRecords, target) => {
                let offset = self.insertion_point(placement)?;
                if offset == bytes.len() && self.ending == Ending::InMacro {
                    // An empty line ends the macro.
                    edits.push(Edit::InsertLines(offset, Zeroizing::new(self.style().line_end.into())));
                }
                edits.extend(
                    target
                        .iter()
                        .map(|section| Edit::ReplaceSection(section.span.clone(), Zeroizing::default())),
                );
                edits.push(Edit::InsertLines(offset, self.record(false)));
            }
        }
        let is_at_start = matches!(placement, Placement::First | Placement::BeforeRecords);
        let start = if is_at_start { 0 } else { self.unchanged_until };
        let end = edits.iter().map(|edit| edit.range().end).max()?;
        Some(Candidate { bytes: apply(bytes, edits), changed: start..end })
    }

    fn credential(&self) -> Credential {
        Credential::new(Some(self.login.as_bytes()), Some(self.password.as_bytes()))
    }

    fn add_section(&mut self, section: Section) {
        let start = section.span.start;
        // Nothing can be inserted between a byte order mark and the word right after it.
        if section.kind != SectionKind::MachineAfterBom {
            self.first = self.first.or(Some(start));
        }
        if section.kind == SectionKind::Default {
            self.default = self.default.or(Some(start));
        }
        let is_incomplete =
            section.kind == SectionKind::Machine && (section.login.is_none() || section.password.is_none());
        if self.default.is_none() {
            self.incomplete = is_incomplete.then(|| self.incomplete.unwrap_or(start));
        }
        if !is_for_host(self.bytes, &section, self.host) {
            let precedes_edits = self.target.is_none() && self.default.is_none() && self.first.is_some();
            if precedes_edits && !is_incomplete {
                self.unchanged_until = start;
            }
        } else if self.target.is_none() {
            self.target = Some(section);
        } else {
            let found = curl::credential_of(self.bytes, &section);
            if found.login().is_none_or(|login| login == self.login.as_bytes()) {
                self.superseded.push(section);
            }
        }
    }

    fn insertion_point(&self, placement: Placement) -> Option<usize> {
        match placement {
            Placement::ReplaceValues | Placement::ReplaceRecord => None,
            Placement::Last => match self.incomplete.or(self.default) {
                Some(offset) => Some(above_comments(self.bytes, offset)),
                None => (!matches!(self.ending, Ending::SyntaxError { .. })).then_some(self.bytes.len()),
            },
            Placement::First => (!self.bytes.starts_with(BOM)).then_some(0),
            Placement::BeforeRecords => Some(above_comments(self.bytes, self.first?)),
        }
    }

    fn style(&self) -> Style<'a> {
        Style::detect(self.bytes, self.target.as_ref())
    }

    fn record(&self, ends_with_empty_line: bool) -> Zeroizing<Vec<u8>> {
        let style = self.style();
        let mut rest = self
            .target
            .as_ref()
            .map(|section| lines_to_keep(self.bytes, section, Some(&style)))
            .unwrap_or_default();
        if ends_with_empty_line {
            rest.extend_from_slice(style.line_end);
        }
        style.write_record(self.host, self.login, self.password, &rest)
    }

    /// Whether the CLI would read the line after the section as another property of the record.
    fn is_followed_by_property(&self, section: &Section) -> bool {
        let start = lex::line_end(self.bytes, section.span.end);
        let line = &self.bytes[start..lex::line_end(self.bytes, start)];
        heroku_cli::property(String::from_utf8_lossy(line).trim_end_matches('\n')).is_some()
    }
}

/// The file after one possible edit.
pub(crate) struct Candidate {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// The part of the original file that may have changed. It starts at the start of the file, or at a section
    /// that no record of the host and no `default` precedes.
    changed: Range<usize>,
}

impl Candidate {
    /// Whether both readers find the credential in this file, and curl finds every other record unchanged.
    pub(crate) fn fulfills(&self, plan: &SetPlan) -> bool {
        let wanted = plan.credential();
        let is_correct = |before: &[u8], after: &[u8], changed| {
            changes_only_host(before, after, changed, plan.host, &wanted)
        };
        let is_correct_for_curl = match (curl::without_nul(plan.bytes), curl::without_nul(&self.bytes)) {
            (None, None) => true,
            (before, after) => {
                let before = before.as_ref().map_or(plan.bytes, |bytes| bytes.as_slice());
                is_correct(before, after.as_ref().unwrap_or(&self.bytes), 0..before.len())
            }
        };
        // `Netrc::remove` does not drop text after a NUL, so the record must be found in the plain bytes too.
        is_correct(plan.bytes, &self.bytes, self.changed.clone())
            && is_correct_for_curl
            && heroku_cli::credential(&self.bytes, plan.host) == Some(wanted)
    }
}

/// The file without the `unwanted` records of `host`, and how many there were.
pub(crate) fn remove(
    bytes: &[u8],
    host: &str,
    mut unwanted: impl FnMut(&Credential) -> bool,
) -> (Zeroizing<Vec<u8>>, usize) {
    let edits: Vec<Edit> = Sections::new(bytes)
        .filter(|section| is_for_host(bytes, section, host) && unwanted(&curl::credential_of(bytes, section)))
        .map(|section| removal(bytes, &section))
        .collect();
    let count = edits.len();
    let mut edited = apply(bytes, edits);
    if edited.split(|&byte| byte == b'\n').all(lex::is_comment) {
        // curl 8.22 crashes on a file of comments without a final newline.
        edited.push(b'\n');
    }
    (edited, count)
}

/// Whether curl finds `wanted` for `host` after the edit, and every other section as before.
///
/// The comparison starts where the files may first differ, and ends where they can differ no longer.
fn changes_only_host(
    before: &[u8],
    after: &[u8],
    changed: Range<usize>,
    host: &str,
    wanted: &Credential,
) -> bool {
    let mut found = None;
    let mut others =
        Sections::starting_at(before, changed.start).filter(|section| !is_for_host(before, section, host));
    for section in Sections::starting_at(after, changed.start) {
        if found.is_none() && curl::ends_search(after, &section, host.as_bytes()) {
            found = Some(curl::credential_of(after, &section));
        }
        if is_for_host(after, &section, host) {
            continue;
        }
        let Some(other) = others.next() else { return false };
        if words(before, &other) != words(after, &section) {
            return false;
        }
        let has_same_rest = before.len() - other.span.start == after.len() - section.span.start;
        if found.is_some() && other.span.start >= changed.end && has_same_rest {
            return found.as_ref() == Some(wanted);
        }
    }
    others.next().is_none() && found.as_ref() == Some(wanted)
}

fn words<'a>(bytes: &'a [u8], section: &Section) -> (SectionKind, [Option<&'a [u8]>; 3]) {
    let raw = |span: &Option<Range<usize>>| span.clone().map(|span| &bytes[span]);
    (section.kind, [raw(&section.host), raw(&section.login), raw(&section.password)])
}

fn removal(bytes: &[u8], section: &Section) -> Edit {
    Edit::ReplaceSection(section.span.clone(), lines_to_keep(bytes, section, None))
}

fn is_for_host(bytes: &[u8], section: &Section, host: &str) -> bool {
    curl::is_for_host(bytes, section, host.as_bytes())
}

/// Where to insert before the word at `offset`: above the comment lines that precede it.
fn above_comments(bytes: &[u8], offset: usize) -> usize {
    let mut start = lex::line_start(bytes, offset);
    if !bytes[start..offset].iter().all(|&byte| is_blank(byte)) {
        return offset;
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
