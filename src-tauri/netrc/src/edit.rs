//! Changes to the bytes, each made as a list of edits in the order of the file.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::lex::{self, BOM, Lexer, Word, is_blank};
use crate::scan::{Ending, Kind, Section, Sections};
use crate::{Credential, curl, heroku_cli};

pub(crate) enum Edit {
    /// The bytes are replaced, nothing else.
    Value(Range<usize>, Zeroizing<Vec<u8>>),
    /// The section, and the line ends that are its own, give way to these whole lines.
    Section(Range<usize>, Zeroizing<Vec<u8>>),
    /// Whole lines are added, with the line before them ended if it is not.
    Insert(usize, Zeroizing<Vec<u8>>),
}

/// Where a host's record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it is, new values in place of the old.
    Values,
    /// Where it is, written anew.
    Record,
    /// Before `default`, or at the end.
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

/// The file with `host`'s record holding this credential, or `None` where the place does not serve.
pub(crate) fn set(
    bytes: &[u8],
    host: &str,
    login: &str,
    password: &str,
    place: Place,
) -> Option<Zeroizing<Vec<u8>>> {
    let mut sections = Sections::new(bytes);
    let (mut target, mut first, mut default) = (None, None, None);
    let mut edits = Vec::new();
    for section in sections.by_ref() {
        first = first.or(Some(section.span.start));
        if section.kind == Kind::Default {
            default = default.or(Some(section.span.start));
        }
        if !is_of(bytes, &section, host) {
            continue;
        }
        if target.is_none() {
            target = Some(section);
        } else if is_superseded(bytes, &section, login) {
            edits.push(removal(bytes, &section));
        }
    }
    let style = Style::of(bytes, target.as_ref());
    let record = |kept: &[u8]| style.record(host, login, password, kept);
    match (place, &target) {
        (Place::Values, Some(Section { login: Some(old_login), password: Some(old_password), is_plain: true, .. })) => {
            edits.push(Edit::Value(old_login.clone(), Zeroizing::new(login.into())));
            edits.push(Edit::Value(old_password.clone(), Zeroizing::new(password.into())));
        }
        (Place::Record, Some(section)) => {
            let mut kept = kept(bytes, section, Some(&style));
            // The CLI would read an indented line that follows as one more property.
            let next = lex::line_end(bytes, section.span.end);
            let line = String::from_utf8_lossy(&bytes[next..lex::line_end(bytes, next)]);
            if heroku_cli::property(line.trim_end_matches('\n')).is_some() {
                kept.extend_from_slice(style.line_end);
            }
            edits.push(Edit::Section(section.span.clone(), record(&kept)));
        }
        (Place::Values | Place::Record, _) => return None,
        (Place::Last | Place::First | Place::BeforeRecords, _) => {
            let at = match (place, default, sections.ending()) {
                (Place::First, ..) if bytes.starts_with(BOM) => return None,
                (Place::First, ..) => 0,
                (Place::BeforeRecords, ..) => above_comments(bytes, first?),
                (_, Some(default), _) => above_comments(bytes, default),
                (_, None, Ending::Broken) => return None,
                (_, None, Ending::InMacro) => {
                    // An empty line ends the macro.
                    edits.push(Edit::Insert(bytes.len(), Zeroizing::new(style.line_end.into())));
                    bytes.len()
                }
                (_, None, Ending::Clean) => bytes.len(),
            };
            let kept = target.as_ref().map(|section| kept(bytes, section, Some(&style)));
            let lines = record(kept.as_ref().map_or(&[], |kept| kept.as_slice()));
            edits.extend(target.map(|section| Edit::Section(section.span, Zeroizing::default())));
            edits.push(Edit::Insert(at, lines));
        }
    }
    Some(apply(bytes, edits))
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
    (apply(bytes, edits), count)
}

pub(crate) fn is_of(bytes: &[u8], section: &Section, host: &str) -> bool {
    curl::names(bytes, section, host.as_bytes())
}

/// A later record of the same host that no reader asks for once the first one holds `login`.
fn is_superseded(bytes: &[u8], section: &Section, login: &str) -> bool {
    curl::read(bytes, section).login().is_none_or(|other| other == login.as_bytes())
}

fn removal(bytes: &[u8], section: &Section) -> Edit {
    Edit::Section(section.span.clone(), kept(bytes, section, None))
}

/// How the file is written.
struct Style<'a> {
    line_end: &'static [u8],
    indent: &'a [u8],
}

impl<'a> Style<'a> {
    fn of(bytes: &'a [u8], target: Option<&Section>) -> Self {
        let ended = |at: usize| {
            let end = lex::line_end(bytes, at);
            bytes[..end].ends_with(b"\n").then(|| bytes[..end].ends_with(b"\r\n"))
        };
        let has_return = target.and_then(|section| ended(section.span.start)).or_else(|| ended(0));
        let indented = |section: &Section| {
            let field = section.login.as_ref().or(section.password.as_ref())?;
            // The value's own line may be another than its keyword's.
            let line = &bytes[section.span.start..field.start];
            let line = &line[line.iter().position(|&byte| byte == b'\n')? + 1..];
            let blanks = line.iter().take_while(|&&byte| is_blank(byte)).count();
            (blanks > 0 && line.get(blanks).is_some_and(u8::is_ascii_alphabetic)).then(|| &line[..blanks])
        };
        let indent = target.and_then(indented).or_else(|| Sections::new(bytes).find_map(|section| indented(&section)));
        Style {
            line_end: if has_return == Some(true) { b"\r\n" } else { b"\n" },
            indent: indent.unwrap_or(b"  "),
        }
    }

    /// The record as both curl and the CLI read it, with what is kept of the old one below.
    fn record(&self, host: &str, login: &str, password: &str, kept: &[u8]) -> Zeroizing<Vec<u8>> {
        let Style { line_end, indent } = *self;
        // The CLI takes the carriage return for a part of the last word, and reads no property from a line
        // of its own that ends in one. So: one line, and a space before the carriage return.
        let (between, last): ([&[u8]; 2], &[u8]) =
            if line_end == b"\r\n" { ([b" ", b""], b" ") } else { ([line_end, indent], b"") };
        let [host, login, password] = [host, login, password].map(str::as_bytes);
        let machine = [b"machine ", host, between[0], between[1]];
        let fields = [b"login ", login, between[0], between[1], b"password ", password, last, line_end, kept];
        Zeroizing::new([&machine[..], &fields[..]].concat().concat())
    }
}

/// What stays when a record goes or is written anew: its lines of comment, and with a `style` its
/// account and other words too.
fn kept(bytes: &[u8], section: &Section, style: Option<&Style>) -> Zeroizing<Vec<u8>> {
    let end = section.span.end;
    let mut kept = Zeroizing::new(Vec::with_capacity(2 * section.span.len()));
    let mut lexer = Lexer::new(bytes, section.span.start);
    let mut from = section.span.start;
    let mut is_line_open = false;
    while from < end {
        let Ok(Some(token)) = lexer.word() else { break };
        if token.span.end > end {
            break;
        }
        let gap = &bytes[from..token.span.start];
        let mut lines = gap.split_inclusive(|&byte| byte == b'\n');
        // Before the first line end, a gap is in the line of the word before it.
        let has_ended = lines.next().is_some_and(|line| line.ends_with(b"\n"));
        if has_ended && is_line_open {
            kept.extend_from_slice(style.map_or(b"\n", |style| style.line_end));
            is_line_open = false;
        }
        for line in lines.filter(|line| line.trim_ascii_start().starts_with(b"#")) {
            kept.extend_from_slice(line);
        }
        let mut span = token.span;
        let mut stays = matches!(token.word, Word::Account | Word::Other) && span.start != section.span.start;
        if matches!(token.word, Word::Machine | Word::Account | Word::Login | Word::Password) || span.start == section.span.start
        {
            let value = lexer.value().ok().flatten();
            span.end = value.map_or(span.end, |value| value.span.end);
        } else if bytes[span.start] == b'#' {
            // A comment behind a value. What curl takes for keywords in it stays with it.
            let line = bytes[span.start..end].split(|&byte| byte == b'\n').next().unwrap_or_default();
            span.end = span.start + line.trim_ascii_end().len();
            lexer = Lexer::new(bytes, span.end);
            stays = true;
        }
        if stays && let Some(style) = style {
            kept.extend_from_slice(if is_line_open { b" " } else { style.indent });
            kept.extend_from_slice(&bytes[span.clone()]);
            is_line_open = true;
        }
        from = span.end;
    }
    if is_line_open {
        kept.extend_from_slice(style.map_or(b"\n", |style| style.line_end));
    }
    kept
}

/// Where to insert before the word at `at`: above the lines of comment that lead to it.
fn above_comments(bytes: &[u8], at: usize) -> usize {
    let mut start = lex::line_start(bytes, at);
    if !bytes[start..at].iter().all(|&byte| is_blank(byte)) {
        return at;
    }
    while start > 0 {
        let above = lex::line_start(bytes, start - 1);
        if !bytes[above..start].trim_ascii_start().starts_with(b"#") {
            break;
        }
        start = above;
    }
    start
}

fn apply(bytes: &[u8], mut edits: Vec<Edit>) -> Zeroizing<Vec<u8>> {
    edits.sort_by_key(|edit| match edit {
        Edit::Value(range, _) | Edit::Section(range, _) => (range.start, 1),
        Edit::Insert(at, _) => (*at, 0),
    });
    let added = |edit: &Edit| match edit {
        Edit::Value(_, text) | Edit::Section(_, text) | Edit::Insert(_, text) => text.len() + 2,
    };
    // Large enough never to grow, which would leave a copy behind.
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() + edits.iter().map(added).sum::<usize>()));
    let line_end: &[u8] = if bytes[..lex::line_end(bytes, 0)].ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let mut copied = 0;
    for edit in edits {
        match edit {
            Edit::Value(range, text) => {
                out.extend_from_slice(&bytes[copied..range.start]);
                out.extend_from_slice(&text);
                copied = range.end;
            }
            Edit::Insert(at, lines) => {
                out.extend_from_slice(&bytes[copied..at]);
                if !is_at_line_start(&out) {
                    out.extend_from_slice(line_end);
                }
                out.extend_from_slice(&lines);
                copied = at;
            }
            Edit::Section(range, lines) => {
                out.extend_from_slice(&bytes[copied..range.start]);
                while out.last().copied().is_some_and(is_blank) {
                    out.pop();
                }
                let rest = &bytes[range.end..];
                let blanks = rest.iter().take_while(|&&byte| is_blank(byte)).count();
                let returns = rest[blanks..].iter().take_while(|&&byte| byte == b'\r').count();
                copied = range.end + blanks;
                let tail = &bytes[copied..];
                let ends_line = tail.get(returns).is_none_or(|&byte| byte == b'\n');
                let tail = &tail[..if ends_line { tail.len().min(returns + 1) } else { 0 }];
                if !is_at_line_start(&out) {
                    if lines.is_empty() {
                        out.extend_from_slice(if ends_line { b"" } else { b" " });
                        continue;
                    }
                    out.extend_from_slice(line_end);
                }
                out.extend_from_slice(&lines);
                copied += tail.len();
            }
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out
}

fn is_at_line_start(out: &[u8]) -> bool {
    out.last().is_none_or(|&byte| byte == b'\n')
}
