//! What Python's `netrc` module reads, and what `requests` takes from it: the last record of the host, or `default`.

use zeroize::Zeroizing;

use crate::{Credential, Netrc, ParseError};

impl Netrc {
    /// What Python's `requests` uses for `host`. It reads the file with Python's `netrc` module; this models the one
    /// of Python 3.11 and newer, where the locale is UTF-8.
    ///
    /// The last record of the host wins, then the last `default`. Host and keywords are compared exactly, and
    /// `requests` asks for the host in lower case. A record without a login gets its `account` as login. Quotes and
    /// backslashes work everywhere in a file, and `""` ends it. `user` is the same as `login`.
    ///
    /// Source: python/cpython, `Lib/netrc.py`; psf/requests, `get_netrc_auth` in `src/requests/utils.py`.
    ///
    /// # Errors
    /// `requests` uses nothing of the file, whatever the host, if the module finds a word that it does not know, a
    /// macro without an empty line at its end, or a byte order mark. A comment after an empty line is an error too
    /// unless it is a single word, and so is one of several words that has no space after its `#` and stands outside
    /// a record. If the file is not UTF-8, each request fails.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example\n  login ann\n  password p\n\n# for work\n");
    /// assert_eq!(netrc.python("a.example"), Err(netrc_edit::ParseError { line: 5 }));
    /// ```
    pub fn python(&self, host: &str) -> Result<Option<Credential>, ParseError> {
        let bytes = self.as_bytes();
        let text = str::from_utf8(bytes).map_err(|error| ParseError::at(bytes, error.valid_up_to()))?;
        let mut lexer = Lexer { text, position: 0, line: 1, start: 0 };
        let record =
            find_record(&mut lexer, host).map_err(|Unreadable| ParseError::at(bytes, lexer.start))?;
        Ok(record.and_then(Record::credential))
    }
}

/// The module raises an error at the last word that it read.
struct Unreadable;

type Word = Zeroizing<String>;

#[derive(Default)]
struct Record {
    login: Word,
    account: Word,
    password: Word,
}

impl Record {
    /// What `requests` sends: nothing if all values are empty.
    fn credential(self) -> Option<Credential> {
        let login = if self.login.is_empty() { self.account } else { self.login };
        let [login, password] =
            [&login, &self.password].map(|value| (!value.is_empty()).then_some(value.as_bytes()));
        (login.is_some() || password.is_some()).then(|| Credential::new(login, password))
    }
}

fn find_record(lexer: &mut Lexer, host: &str) -> Result<Option<Record>, Unreadable> {
    let (mut found, mut default) = (None, None);
    // The word that ended the record before.
    let mut pending: Option<Word> = None;
    loop {
        let line = lexer.line;
        let keyword = pending.take().unwrap_or_else(|| lexer.word());
        let name = match keyword.as_str() {
            "" => return Ok(found.or(default)),
            "machine" => lexer.word(),
            "default" => keyword,
            "macdef" => {
                lexer.word();
                lexer.skip_macro()?;
                continue;
            }
            "#" if lexer.line == line => {
                lexer.skip_line();
                continue;
            }
            comment if comment.starts_with('#') => continue,
            _ => return Err(Unreadable),
        };
        if name.is_empty() {
            return Err(Unreadable);
        }
        let (record, next) = read_record(lexer)?;
        pending = Some(next);
        if *name == host {
            found = Some(record);
        } else if *name == "default" {
            default = Some(record);
        }
    }
}

/// The record whose name was just read, and the word after it.
fn read_record(lexer: &mut Lexer) -> Result<(Record, Word), Unreadable> {
    let mut record = Record::default();
    loop {
        let line = lexer.line;
        let keyword = lexer.word();
        match keyword.as_str() {
            "" | "machine" | "default" | "macdef" => return Ok((record, keyword)),
            "login" | "user" => record.login = lexer.word(),
            "account" => record.account = lexer.word(),
            "password" => record.password = lexer.word(),
            comment if comment.starts_with('#') => {
                if lexer.line == line {
                    lexer.skip_line();
                }
            }
            _ => return Err(Unreadable),
        }
    }
}

#[derive(Clone, Copy)]
struct Lexer<'a> {
    text: &'a str,
    position: usize,
    /// The line as the module counts it: it does not count lines that it skips whole.
    line: usize,
    /// Where the last word starts.
    start: usize,
}

impl Lexer<'_> {
    /// The next word, or an empty one at the end of the file. The module does not tell a quoted word from others, nor
    /// `""` from the end.
    fn word(&mut self) -> Word {
        let mut length = 0;
        Lexer { ..*self }.read_word(|character| length += character.len_utf8());
        let mut word = Zeroizing::new(String::with_capacity(length));
        self.read_word(|character| word.push(character));
        word
    }

    fn read_word(&mut self, mut add: impl FnMut(char)) {
        let (start, first) = loop {
            let start = self.position;
            match self.next() {
                None => return,
                Some(character) if is_space(character) => {}
                Some(character) => break (start, character),
            }
        };
        self.start = start;
        let is_quoted = first == '"';
        let mut next = if is_quoted { self.next() } else { Some(first) };
        while let Some(character) = next {
            match character {
                '"' if is_quoted => return,
                _ if !is_quoted && is_space(character) => return,
                '\\' => self.next().into_iter().for_each(&mut add),
                _ => add(character),
            }
            next = self.next();
        }
    }

    /// Skips to the line after the empty line that ends a macro.
    fn skip_macro(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.skip_line() {
                None => return Err(Unreadable),
                Some(0) => return Ok(()),
                Some(_) => {}
            }
        }
    }

    /// Skips the rest of the line and returns how many characters it has, or `None` at the end of the file.
    fn skip_line(&mut self) -> Option<usize> {
        let mut next = Some(self.next_uncounted()?);
        let mut length = 0;
        while next.is_some_and(|character| character != '\n') {
            length += 1;
            next = self.next_uncounted();
        }
        Some(length)
    }

    fn next(&mut self) -> Option<char> {
        let character = self.next_uncounted()?;
        self.line += usize::from(character == '\n');
        Some(character)
    }

    /// The next character. Python turns a carriage return, and one with a newline, into a newline.
    fn next_uncounted(&mut self) -> Option<char> {
        let rest = &self.text[self.position..];
        let character = rest.chars().next()?;
        self.position += if rest.starts_with("\r\n") { 2 } else { character.len_utf8() };
        Some(if character == '\r' { '\n' } else { character })
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n')
}
