//! A record as text: how it is written, and what is kept of the one it replaces.

use zeroize::Zeroizing;

use crate::lex::{self, Lexer, Word, is_blank};
use crate::scan::{Section, Sections};

/// How the file is written.
pub(crate) struct Style<'a> {
    pub(crate) line_end: &'static [u8],
    indent: &'a [u8],
}

impl<'a> Style<'a> {
    pub(crate) fn of(bytes: &'a [u8], target: Option<&Section>) -> Self {
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
        let indent =
            target.and_then(indented).or_else(|| Sections::new(bytes).find_map(|section| indented(&section)));
        Style {
            line_end: if has_return == Some(true) { b"\r\n" } else { b"\n" },
            indent: indent.unwrap_or(b"  "),
        }
    }

    /// The record as both curl and the CLI read it, with what is kept of the old one below.
    pub(crate) fn record(&self, host: &str, login: &str, password: &str, kept: &[u8]) -> Zeroizing<Vec<u8>> {
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
pub(crate) fn kept(bytes: &[u8], section: &Section, style: Option<&Style>) -> Zeroizing<Vec<u8>> {
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
        for line in lines.filter(|line| lex::is_comment(line)) {
            kept.extend_from_slice(line);
        }
        let mut span = token.span;
        let mut stays = matches!(token.word, Word::Account | Word::Other) && span.start != section.span.start;
        if matches!(token.word, Word::Machine | Word::Account | Word::Login | Word::Password)
            || span.start == section.span.start
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
