//! curl's words: what separates them, what quotes them, which of them are keywords.

use std::ops::Range;

use zeroize::Zeroizing;

/// The longest word curl takes as a value, in bytes, after unquoting.
pub(crate) const LONGEST_VALUE: usize = 4095;

pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Machine,
    Default,
    Account,
    Login,
    Password,
    Macdef,
    /// A value, or a word that means nothing.
    Other,
}

/// A word and the bytes it was written with, quotes included.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) word: Word,
    pub(crate) span: Range<usize>,
}

/// curl gives up at the word that starts here: it uses nothing of the record it is in, nor of what follows.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) usize);

#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at `at`, which is the start of a word or of the file.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        let mut lexer = Lexer { bytes, at };
        if at == 0 {
            lexer.begin_line();
        }
        lexer
    }

    /// The next word that may be a keyword.
    pub(crate) fn word(&mut self) -> Result<Option<Token>, Broken> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            None => Ok(None),
            Some(b'"') => self.quoted().map(Some),
            Some(_) => {
                let span = self.unquoted();
                // A carriage return with a blank after it. curl stops at it with a syntax error.
                if span.is_empty() {
                    return Err(Broken(start));
                }
                let word = keyword(&self.bytes[start..span.end]);
                Ok(Some(Token { word, span }))
            }
        }
    }

    /// The next word, as the value of the keyword before it.
    pub(crate) fn value(&mut self) -> Result<Option<Token>, Broken> {
        self.skip_space();
        match self.peek() {
            None => Ok(None),
            Some(b'"') => self.quoted().map(Some),
            Some(_) => {
                let span = self.unquoted();
                if span.len() > LONGEST_VALUE {
                    return Err(Broken(span.start));
                }
                Ok(Some(Token { word: Word::Other, span }))
            }
        }
    }

    /// Goes to the empty line that ends a macro. False when the file ends first.
    pub(crate) fn skip_macro(&mut self) -> bool {
        while let Some(newline) = find(self.bytes, self.at, b'\n') {
            self.at = newline + 1;
            self.begin_line();
            self.skip(|byte| byte == b'\r');
            if self.peek() == Some(b'\n') {
                return true;
            }
        }
        self.at = self.bytes.len();
        false
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|&byte| !skipped(byte)).unwrap_or(rest.len());
    }

    /// Passes what curl drops when it loads a line: leading blanks, and whole lines of comment,
    /// even those inside a quoted word or a macro.
    fn begin_line(&mut self) {
        self.skip(is_blank);
        while self.peek() == Some(b'#') {
            self.at = line_end(self.bytes, self.at);
            self.skip(is_blank);
        }
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'\n' => {
                    self.at += 1;
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
        let start = self.at;
        self.skip(|byte| byte > b' ' || !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        start..self.at
    }

    fn quoted(&mut self) -> Result<Token, Broken> {
        let start = self.at;
        let mut length = 0;
        let mut escaped = false;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' if !escaped => return Ok(Token { word: Word::Other, span: start..self.at }),
                b'\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                b'\n' => self.begin_line(),
                _ => {}
            }
            escaped = false;
            length += 1;
            if length > LONGEST_VALUE {
                return Err(Broken(start));
            }
        }
        Err(Broken(start))
    }
}

/// The value that `raw`, one word as it was written, stands for.
pub(crate) fn unquote(raw: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut value = Zeroizing::new(Vec::with_capacity(raw.len()));
    let Some(inner) = raw.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        value.extend_from_slice(raw);
        return value;
    };
    let mut lexer = Lexer { bytes: inner, at: 0 };
    let mut escaped = false;
    while let Some(byte) = lexer.peek() {
        lexer.at += 1;
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

pub(crate) fn keyword(word: &[u8]) -> Word {
    let (name, meaning): (&[u8], Word) = match (word.len(), word.first().map(u8::to_ascii_lowercase)) {
        (5, Some(b'l')) => (b"login", Word::Login),
        (6, Some(b'm')) => (b"macdef", Word::Macdef),
        (7, Some(b'm')) => (b"machine", Word::Machine),
        (7, Some(b'd')) => (b"default", Word::Default),
        (7, Some(b'a')) => (b"account", Word::Account),
        (8, Some(b'p')) => (b"password", Word::Password),
        _ => return Word::Other,
    };
    if word.eq_ignore_ascii_case(name) { meaning } else { Word::Other }
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether curl drops the line when it loads the file.
pub(crate) fn is_comment(line: &[u8]) -> bool {
    line.iter().find(|&&byte| !is_blank(byte)) == Some(&b'#')
}

/// Where the line that `at` is in begins.
pub(crate) fn line_start(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1)
}

/// Where the line after the one that `at` is in begins, or the end of the file.
pub(crate) fn line_end(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, b'\n').map_or(bytes.len(), |newline| newline + 1)
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, &bytes[from..]).map(|found| from + found)
}
