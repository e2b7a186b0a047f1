//! curl's lexer: how a netrc file splits into words, how words are quoted, and which of them are keywords.

use std::ops::Range;

use zeroize::Zeroizing;

/// The longest value curl accepts, in bytes after unquoting.
pub(crate) const MAX_VALUE_BYTES: usize = 4095;

pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordKind {
    Machine,
    Default,
    Account,
    Login,
    Password,
    Macdef,
    /// A value, or a word without a meaning.
    Other,
}

/// A word, and the bytes it is written in, including its quotes.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) kind: WordKind,
    pub(crate) span: Range<usize>,
}

/// curl stops at the word that starts at this offset. It uses neither the record around it nor what follows.
#[derive(Debug)]
pub(crate) struct SyntaxError(pub(crate) usize);

#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at `position`, which is the start of a word or of the file.
    pub(crate) fn new(bytes: &'a [u8], position: usize) -> Self {
        let mut lexer = Lexer { bytes, position };
        if position == 0 {
            lexer.begin_line();
        }
        lexer
    }

    /// Reads the next word, which may be a keyword.
    pub(crate) fn next_word(&mut self) -> Result<Option<Word>, SyntaxError> {
        self.skip_space();
        let start = self.position;
        match self.peek() {
            None => Ok(None),
            Some(b'"') => self.quoted().map(Some),
            Some(_) => {
                let span = self.unquoted();
                // A carriage return followed by a space or tab is a syntax error for curl.
                if span.is_empty() {
                    return Err(SyntaxError(start));
                }
                let kind = word_kind(&self.bytes[start..span.end]);
                Ok(Some(Word { kind, span }))
            }
        }
    }

    /// Reads the next word as the value of the keyword before it, so it is never a keyword itself.
    pub(crate) fn next_value(&mut self) -> Result<Option<Word>, SyntaxError> {
        self.skip_space();
        match self.peek() {
            None => Ok(None),
            Some(b'"') => self.quoted().map(Some),
            Some(_) => {
                let span = self.unquoted();
                if span.len() > MAX_VALUE_BYTES {
                    return Err(SyntaxError(span.start));
                }
                Ok(Some(Word { kind: WordKind::Other, span }))
            }
        }
    }

    /// Skips to the empty line that ends a macro, or returns false if the file ends first.
    pub(crate) fn skip_macro(&mut self) -> bool {
        while let Some(newline) = find(self.bytes, self.position, b'\n') {
            self.position = newline + 1;
            self.begin_line();
            self.skip(|byte| byte == b'\r');
            if self.peek() == Some(b'\n') {
                return true;
            }
        }
        self.position = self.bytes.len();
        false
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.position..];
        self.position += rest.iter().position(|&byte| !skipped(byte)).unwrap_or(rest.len());
    }

    /// Skips what curl drops when it loads a line: leading spaces and tabs, and comment lines, even those inside a
    /// quoted word or a macro.
    fn begin_line(&mut self) {
        self.skip(is_blank);
        while self.peek() == Some(b'#') {
            self.position = line_end(self.bytes, self.position);
            self.skip(is_blank);
        }
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.position += 1,
                b'\n' => {
                    self.position += 1;
                    self.begin_line();
                }
                b'\r' => {
                    self.skip(|byte| byte == b'\r');
                    if self.peek() != Some(b'\n') {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    fn unquoted(&mut self) -> Range<usize> {
        let start = self.position;
        self.skip(|byte| byte > b' ' || !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        start..self.position
    }

    fn quoted(&mut self) -> Result<Word, SyntaxError> {
        let start = self.position;
        let mut length = 0;
        let mut escaped = false;
        self.position += 1;
        while let Some(byte) = self.peek() {
            self.position += 1;
            match byte {
                b'"' if !escaped => return Ok(Word { kind: WordKind::Other, span: start..self.position }),
                b'\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                b'\n' => self.begin_line(),
                _ => {}
            }
            escaped = false;
            length += 1;
            if length > MAX_VALUE_BYTES {
                return Err(SyntaxError(start));
            }
        }
        Err(SyntaxError(start))
    }
}

/// The value of a word as curl reads it; `raw` is the word as written, including its quotes.
pub(crate) fn unquote(raw: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut value = Zeroizing::new(Vec::with_capacity(raw.len()));
    let Some(inner) = raw.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        value.extend_from_slice(raw);
        return value;
    };
    let mut lexer = Lexer { bytes: inner, position: 0 };
    let mut escaped = false;
    while let Some(byte) = lexer.peek() {
        lexer.position += 1;
        if byte == b'\\' && !escaped {
            escaped = true;
            continue;
        }
        value.push(match byte {
            b'n' if escaped => b'\n',
            b'r' if escaped => b'\r',
            b't' if escaped => b'\t',
            other => other,
        });
        if byte == b'\n' {
            lexer.begin_line();
        }
        escaped = false;
    }
    value
}

pub(crate) fn word_kind(word: &[u8]) -> WordKind {
    let (keyword, kind): (&[u8], WordKind) = match (word.len(), word.first().map(u8::to_ascii_lowercase)) {
        (5, Some(b'l')) => (b"login", WordKind::Login),
        (6, Some(b'm')) => (b"macdef", WordKind::Macdef),
        (7, Some(b'm')) => (b"machine", WordKind::Machine),
        (7, Some(b'd')) => (b"default", WordKind::Default),
        (7, Some(b'a')) => (b"account", WordKind::Account),
        (8, Some(b'p')) => (b"password", WordKind::Password),
        _ => return WordKind::Other,
    };
    if word.eq_ignore_ascii_case(keyword) { kind } else { WordKind::Other }
}

/// Whether this is a space or a tab.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether this is a comment line, which curl drops when it loads the file.
pub(crate) fn is_comment(line: &[u8]) -> bool {
    line.iter().find(|&&byte| !is_blank(byte)) == Some(&b'#')
}

/// Where the line that contains `offset` starts.
pub(crate) fn line_start(bytes: &[u8], offset: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[..offset]).map_or(0, |newline| newline + 1)
}

/// Where the line that contains `offset` ends: after its newline, or at the end of the file.
pub(crate) fn line_end(bytes: &[u8], offset: usize) -> usize {
    find(bytes, offset, b'\n').map_or(bytes.len(), |newline| newline + 1)
}

fn find(bytes: &[u8], start: usize, needle: u8) -> Option<usize> {
    memchr::memchr(needle, &bytes[start..]).map(|found| start + found)
}
