//! The text of a record: how a new one is written, and what stays of the one it replaces.

use zeroize::Zeroizing;

use crate::lex::{self, Lexer, WordKind, is_blank};
use crate::scan::{Section, Sections};

/// The line ending and the indentation of a file.
pub(crate) struct Style<'a> {
    pub(crate) line_end: &'static [u8],
    indent: &'a [u8],
}

impl<'a> Style<'a> {
    /// Follows the record `target` if it has a style of its own, otherwise the rest of the file.
    pub(crate) fn detect(bytes: &'a [u8], target: Option<&Section>) -> Self {
        let ends_in_crlf = |offset: usize| {
            let end = lex::line_end(bytes, offset);
            bytes[..end].ends_with(b"\n").then(|| bytes[..end].ends_with(b"\r\n"))
        };
        let is_crlf = target.and_then(|section| ends_in_crlf(section.span.start)).or_else(|| ends_in_crlf(0));
        let indent_of = |section: &Section| {
            let value = section.login.as_ref().or(section.password.as_ref())?;
            // The value may be on a later line than its keyword.
            let line = &bytes[section.span.start..value.start];
            let line = &line[line.iter().position(|&byte| byte == b'\n')? + 1..];
            let blanks = line.iter().take_while(|&&byte| is_blank(byte)).count();
            (blanks > 0 && line.get(blanks).is_some_and(u8::is_ascii_alphabetic)).then(|| &line[..blanks])
        };
        let indent = target
            .and_then(indent_of)
            .or_else(|| Sections::new(bytes).find_map(|section| indent_of(&section)));
        Style {
            line_end: if is_crlf == Some(true) { b"\r\n" } else { b"\n" },
            indent: indent.unwrap_or(b"  "),
        }
    }

    /// A record that curl and the CLI read the same way, followed by `rest`, which the old record leaves.
    pub(crate) fn write_record(
        &self,
        host: &str,
        login: &str,
        password: &str,
        rest: &[u8],
    ) -> Zeroizing<Vec<u8>> {
        let Style { line_end, indent } = *self;
        // The CLI reads a carriage return as part of the last word, and ignores indented lines that end in one.
        // So a CRLF record is one line, with a space before the carriage return.
        let (between, last): ([&[u8]; 2], &[u8]) =
            if line_end == b"\r\n" { ([b" ", b""], b" ") } else { ([line_end, indent], b"") };
        let [host, login, password] = [host, login, password].map(str::as_bytes);
        let machine = [b"machine ", host, between[0], between[1]];
        let fields = [b"login ", login, between[0], between[1], b"password ", password, last, line_end, rest];
        Zeroizing::new([&machine[..], &fields[..]].concat().concat())
    }
}

/// The lines that stay when a record is removed or rewritten: its comments and, with a `style`, its account and
/// other words too.
pub(crate) fn lines_to_keep(bytes: &[u8], section: &Section, style: Option<&Style>) -> Zeroizing<Vec<u8>> {
    let end = section.span.end;
    let mut kept = Zeroizing::new(Vec::with_capacity(2 * section.span.len()));
    let mut lexer = Lexer::new(bytes, section.span.start);
    let mut position = section.span.start;
    let mut is_line_open = false;
    while position < end {
        let Ok(Some(word)) = lexer.next_word() else { break };
        if word.span.end > end {
            break;
        }
        let gap = &bytes[position..word.span.start];
        let mut lines = gap.split_inclusive(|&byte| byte == b'\n');
        // Up to its first newline, a gap belongs to the line of the word before it.
        let has_ended = lines.next().is_some_and(|line| line.ends_with(b"\n"));
        if has_ended && is_line_open {
            kept.extend_from_slice(style.map_or(b"\n", |style| style.line_end));
            is_line_open = false;
        }
        for line in lines.filter(|line| lex::is_comment(line)) {
            kept.extend_from_slice(line);
        }
        let mut span = word.span;
        let mut stays =
            matches!(word.kind, WordKind::Account | WordKind::Other) && span.start != section.span.start;
        if matches!(word.kind, WordKind::Machine | WordKind::Account | WordKind::Login | WordKind::Password)
            || span.start == section.span.start
        {
            let value = lexer.next_value().ok().flatten();
            span.end = value.map_or(span.end, |value| value.span.end);
        } else if bytes[span.start] == b'#' {
            // A comment after a value. Any words in it that curl takes for keywords stay with it.
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
        position = span.end;
    }
    if is_line_open {
        kept.extend_from_slice(style.map_or(b"\n", |style| style.line_end));
    }
    kept
}
