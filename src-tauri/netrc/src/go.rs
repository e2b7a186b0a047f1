//! What Go's library go-netrc reads for a host: the first record of the host, or `default`.

use crate::{Credential, Netrc, ParseError};

/// The size of the buffer with which Go's `bufio.Scanner` starts.
const START_BUFFER_BYTES: usize = 4096;
/// The size at which Go's `bufio.Scanner` gives up if the buffer holds no whole word.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

impl Netrc {
    /// What Go's library `github.com/bgentry/go-netrc` finds for `host`. Heroku's provider for Terraform uses it.
    ///
    /// The first record of the host counts, even if it is empty, and then `default`. Keywords are lower case, quotes
    /// are part of a value, and `#` starts a comment only where a keyword could be.
    ///
    /// Source: bgentry/go-netrc, `netrc/netrc.go`; heroku/terraform-provider-heroku, `applyNetrcFile` in
    /// `heroku/config.go`.
    ///
    /// # Errors
    /// The library reads nothing of the file, whatever the host, if it contains a word that it does not know, a
    /// value outside a record or twice in one, or a record after `default`. The provider then stops with an error,
    /// even if its configuration or the environment has a token.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example login ann password p\nprotocol https\n");
    /// assert_eq!(netrc.go("a.example"), Err(netrc_edit::ParseError { line: 2 }));
    /// ```
    pub fn go(&self, host: &str) -> Result<Option<Credential>, ParseError> {
        let machines = parse(self.as_bytes())?;
        let named = machines.iter().find(|machine| machine.name == host.as_bytes());
        // A record whose name is missing counts as `default` too.
        let machine = named.or_else(|| machines.iter().rfind(|machine| machine.name.is_empty()));
        Ok(machine.and_then(Machine::credential))
    }
}

#[derive(Default)]
struct Machine<'a> {
    /// Empty for `default`.
    name: &'a [u8],
    login: &'a [u8],
    password: &'a [u8],
    account: &'a [u8],
}

impl Machine<'_> {
    fn credential(&self) -> Option<Credential> {
        let [login, password] = [self.login, self.password].map(|value| (!value.is_empty()).then_some(value));
        (login.is_some() || password.is_some()).then(|| Credential::new(login, password))
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<Machine<'_>>, ParseError> {
    let mut scanner = Scanner::new(bytes);
    let mut machines: Vec<Machine> = Vec::new();
    let (mut has_default, mut is_in_macro) = (false, false);
    while let Some(token) = scanner.scan()? {
        if token.is_empty() {
            break;
        }
        let error = ParseError { line: scanner.line };
        let word = trim(token);
        let is_known =
            matches!(word, b"machine" | b"default" | b"login" | b"password" | b"account" | b"macdef");
        if !is_known && !word.is_empty() && !word.starts_with(b"#") {
            if is_in_macro {
                continue;
            }
            return Err(error);
        }
        // A macro has no words that the library knows, except after an empty line.
        if token.windows(2).any(|pair| pair == b"\n\n") {
            is_in_macro = false;
        }
        match word {
            b"macdef" => {
                scanner.value()?;
                is_in_macro = true;
            }
            b"machine" | b"default" if has_default => return Err(error),
            b"machine" => machines.push(Machine { name: scanner.value()?, ..Machine::default() }),
            b"default" => {
                has_default = true;
                machines.push(Machine::default());
            }
            b"login" | b"password" | b"account" => {
                let machine = machines.last_mut().ok_or(error)?;
                let value = match word {
                    b"login" => &mut machine.login,
                    b"password" => &mut machine.password,
                    _ => &mut machine.account,
                };
                if !value.is_empty() {
                    return Err(error);
                }
                *value = scanner.value()?;
            }
            _ => {}
        }
    }
    Ok(machines)
}

/// Go's `bufio.Scanner`, which reads a file in pieces, with the words of the library: a word or a comment, and the
/// white space before it. White space at the end of a piece is a word of its own.
struct Scanner<'a> {
    file: &'a [u8],
    /// The part of the file that the buffer holds starts here.
    buffer: usize,
    capacity: usize,
    /// What was read but is not yet scanned: from here to `end`.
    start: usize,
    end: usize,
    is_at_end: bool,
    /// The line of the last word, counted from 1.
    line: usize,
}

impl<'a> Scanner<'a> {
    fn new(file: &'a [u8]) -> Self {
        Scanner { file, buffer: 0, capacity: 0, start: 0, end: 0, is_at_end: false, line: 1 }
    }

    /// The next word with the white space before it. It is empty at the end of the file.
    fn scan(&mut self) -> Result<Option<&'a [u8]>, ParseError> {
        loop {
            let unread = &self.file[self.start..self.end];
            if let Some(length) = word_length(unread, self.is_at_end) {
                let token = &unread[..length];
                self.start += length;
                self.line += memchr::memchr_iter(b'\n', token).count();
                return Ok(Some(token));
            }
            if self.is_at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// The next word as a value.
    fn value(&mut self) -> Result<&'a [u8], ParseError> {
        Ok(self.scan()?.map(trim).unwrap_or_default())
    }

    fn fill(&mut self) -> Result<(), ParseError> {
        let is_full = |scanner: &Self| scanner.end - scanner.buffer == scanner.capacity;
        let scanned = self.start - self.buffer;
        if scanned > 0 && (is_full(self) || scanned > self.capacity / 2) {
            self.buffer = self.start;
        }
        if is_full(self) {
            if self.capacity >= MAX_BUFFER_BYTES {
                return Err(ParseError { line: self.line });
            }
            self.capacity = (self.capacity * 2).clamp(START_BUFFER_BYTES, MAX_BUFFER_BYTES);
            self.buffer = self.start;
        }
        let end = self.file.len().min(self.buffer + self.capacity);
        self.is_at_end = end == self.end;
        self.end = end;
        Ok(())
    }
}

/// How long the first word is, with the white space before it, or `None` if it may continue after `bytes`.
fn word_length(bytes: &[u8], is_at_end: bool) -> Option<usize> {
    let start = bytes.len() - trim_start(bytes).len();
    let word = &bytes[start..];
    let length = match word.first() {
        None => return (is_at_end || !bytes.is_empty()).then_some(bytes.len()),
        Some(b'#') => memchr::memchr(b'\n', word),
        Some(_) => find_space(word),
    };
    length.map(|length| start + length).or_else(|| is_at_end.then_some(bytes.len()))
}

fn trim(bytes: &[u8]) -> &[u8] {
    let bytes = trim_start(bytes);
    let mut end = 0;
    let mut position = 0;
    while position < bytes.len() {
        let (is_space, width) = first(&bytes[position..]);
        position += width;
        if !is_space {
            end = position;
        }
    }
    &bytes[..end]
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let (true, width) = first(rest) {
        rest = &rest[width..];
    }
    rest
}

fn find_space(bytes: &[u8]) -> Option<usize> {
    let mut position = 0;
    while position < bytes.len() {
        let (is_space, width) = first(&bytes[position..]);
        if is_space {
            return Some(position);
        }
        position += width;
    }
    None
}

/// Whether the first character is white space for Go, and its width. A byte that is not UTF-8 is a character.
fn first(bytes: &[u8]) -> (bool, usize) {
    let start = &bytes[..bytes.len().min(4)];
    let valid = start.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.chars().next().map_or((false, 1), |character| (character.is_whitespace(), character.len_utf8()))
}
