use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::edit::{self, Change, Place};
use crate::lex::{LONGEST_VALUE, unquote};
use crate::scan::{Ending, Kind, Sections};
use crate::{Credential, Difference, EditError, Value, curl, heroku_cli};

/// A netrc file: its bytes, and what they mean.
///
/// Each question and each edit reads the file from its start, in time linear in its size.
/// `Debug` shows the size alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Netrc(Zeroizing<Vec<u8>>);

/// A record of the file, values unquoted as curl reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The host as it is written, `None` for `default`. Two entries of one host, compared without regard to
    /// ASCII case, are duplicates.
    pub host: Option<Vec<u8>>,
    /// Of several logins or passwords in the record, the last, as in curl.
    pub credential: Credential,
    /// The line its first word is in, counted from 1.
    pub line: usize,
    /// Its bytes, from its first word to the last that is its own, comments between them included.
    pub bytes: Range<usize>,
    /// A byte order mark before its `machine` hides it from curl. The Heroku CLI reads it.
    pub is_hidden_by_bom: bool,
}

impl Netrc {
    /// Takes any bytes, and keeps them.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Self {
        Netrc(Zeroizing::new(bytes.into()))
    }

    /// The file, byte for byte.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The file, byte for byte. It holds passwords, and is no longer wiped when dropped.
    pub fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.0)
    }

    /// All records, `default` included, in the order of the file.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example login ann machine A.example login bob\n");
    /// let logins: Vec<_> = netrc.entries().map(|entry| entry.credential.login().map(<[u8]>::to_vec)).collect();
    /// assert_eq!(logins, [Some(b"ann".to_vec()), Some(b"bob".to_vec())]);
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let bytes = self.as_bytes();
        let (mut line, mut counted) = (1, 0);
        Sections::new(bytes).filter(|section| section.kind != Kind::Macdef).map(move |section| {
            line += memchr::memchr_iter(b'\n', &bytes[counted..section.span.start]).count();
            counted = section.span.start;
            let is_hidden_by_bom = section.kind == Kind::MachineAfterBom;
            Entry {
                host: (section.kind != Kind::Default).then(|| {
                    section.host.clone().map_or_else(Vec::new, |span| unquote(&bytes[span]).to_vec())
                }),
                credential: curl::read(bytes, &section),
                line,
                bytes: section.span,
                is_hidden_by_bom,
            }
        })
    }

    /// What curl uses for `host` when the request names no user: the first record of the host, or `default`,
    /// that has a login or a password. `None` also where curl reads nothing at all, because the file is
    /// larger than 128 KiB without its comments or has a line of more than 16 KiB.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example\nmachine A.example login \"a\\\"b\"\npassword p\n");
    /// assert_eq!(netrc.curl("a.example").unwrap().login(), Some(&b"a\"b"[..]));
    /// ```
    pub fn curl(&self, host: &str) -> Option<Credential> {
        let loaded = curl::without_nul(&self.0);
        let bytes = loaded.as_ref().unwrap_or(&self.0);
        curl::loads(&self.0).then(|| curl::credential(bytes, host.as_bytes())).flatten()
    }

    /// The line, counted from 1, of the word that curl stops at with a syntax error, unless it finds what it looks for
    /// before: a quote that is not closed, say.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example login ann\npassword \"p\nmachine b.example\n");
    /// assert_eq!(netrc.syntax_error(), Some(2));
    /// ```
    pub fn syntax_error(&self) -> Option<usize> {
        let bytes = self.as_bytes();
        let mut sections = Sections::new(bytes);
        sections.by_ref().for_each(drop);
        match sections.ending() {
            Ending::Broken { at } => Some(memchr::memchr_iter(b'\n', &bytes[..at]).count() + 1),
            Ending::Clean | Ending::InMacro => None,
        }
    }

    /// What the Heroku CLI (11.10) reads for `host`: the first record of exactly this name, if its password is
    /// where the CLI looks for it. That is on the `machine` line, single spaces between, or on indented lines
    /// that follow it without a gap.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine api.heroku.com\nlogin me@example.com\npassword HRKU-fake\n");
    /// assert!(netrc.curl("api.heroku.com").is_some());
    /// assert_eq!(netrc.heroku_cli("api.heroku.com"), None);
    /// ```
    pub fn heroku_cli(&self, host: &str) -> Option<Credential> {
        heroku_cli::credential(&self.0, host)
    }

    /// Why [`Netrc::curl`] and [`Netrc::heroku_cli`] answer differently for `host`, `None` where they agree.
    ///
    /// ```
    /// use netrc_edit::{Difference, Netrc};
    ///
    /// let netrc = Netrc::parse("machine api.heroku.com\nlogin me@example.com\npassword HRKU-fake\n");
    /// assert_eq!(netrc.difference("api.heroku.com"), Some(Difference::Layout));
    /// assert_eq!(netrc.difference("other.example"), None);
    /// ```
    pub fn difference(&self, host: &str) -> Option<Difference> {
        Difference::of(&self.0, host)
    }

    /// Makes this the credential of `host`, for curl and for the Heroku CLI.
    ///
    /// The host's first record gets the new values in place if both readers then agree; if not, it is written
    /// anew, with its account and comments below. Later records of the host go if they have the same login or
    /// none, since they are dead for both; one of another login stays, for `curl -u` and git ask for it by name.
    /// A new record comes before `default`, where curl stops, else at the end, in both cases before records that
    /// lack a login or a password, which older versions of curl read right only if no other follows; before
    /// everything, if a comment that the CLI takes for a record of the host comes earlier. What holds already
    /// changes nothing.
    ///
    /// In a file with CRLF line ends the record is a single line with a space at its end: the CLI reads no other.
    ///
    /// ```
    /// let mut netrc = netrc_edit::Netrc::parse("machine a.example\n\tlogin ann # since May\n\tpassword old\n");
    /// netrc.set("a.example", "ann", "new")?;
    /// assert_eq!(netrc.as_bytes(), b"machine a.example\n\tlogin ann # since May\n\tpassword new\n");
    /// # Ok::<(), netrc_edit::EditError>(())
    /// ```
    ///
    /// # Errors
    /// Nothing is changed if a value cannot be read back, or no place in the file serves.
    pub fn set(&mut self, host: &str, login: &str, password: &str) -> Result<(), EditError> {
        for (value, text) in [(Value::Host, host), (Value::Login, login), (Value::Password, password)] {
            check(value, text)?;
        }
        let change = Change::new(&self.0, host, login, password);
        if change.is_made() {
            return Ok(());
        }
        let mut edited = Place::ALL.into_iter().filter_map(|place| change.at(place));
        let edited = edited.find(|edited| edited.serves(&change)).ok_or(EditError::Obscured)?.bytes;
        if curl::loads(&self.0) && !curl::loads(&edited) {
            return Err(EditError::TooLarge);
        }
        self.0 = edited;
        Ok(())
    }

    /// Removes all records of `host`, and says how many there were. The comments in them stay, and where nothing
    /// but comments does, the last line is ended, since curl 8.22 crashes otherwise.
    ///
    /// ```
    /// let mut netrc = netrc_edit::Netrc::parse("machine a.example login ann machine b.example login bob\n");
    /// assert_eq!(netrc.remove("a.example"), 1);
    /// assert_eq!(netrc.as_bytes(), b"machine b.example login bob\n");
    /// ```
    pub fn remove(&mut self, host: &str) -> usize {
        self.remove_where(host, |_| true)
    }

    /// Removes the records of `host` whose credential, as curl reads it, is `unwanted`, and says how many.
    ///
    /// ```
    /// let mut netrc = netrc_edit::Netrc::parse("machine a.example password old\nmachine a.example password new\n");
    /// assert_eq!(netrc.remove_where("a.example", |found| found.password() == Some(b"old")), 1);
    /// assert_eq!(netrc.as_bytes(), b"machine a.example password new\n");
    /// ```
    pub fn remove_where(&mut self, host: &str, unwanted: impl FnMut(&Credential) -> bool) -> usize {
        let (edited, count) = edit::remove(&self.0, host, unwanted);
        if count > 0 {
            self.0 = edited;
        }
        count
    }
}

impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Netrc({} bytes)", self.0.len())
    }
}

fn check(value: Value, text: &str) -> Result<(), EditError> {
    let cannot = |c: char| c.is_control() || c == '#' || heroku_cli::is_space(c);
    if text.is_empty() {
        Err(EditError::Empty(value))
    } else if text.len() > LONGEST_VALUE {
        Err(EditError::TooLong(value))
    } else if let Some(character) = text.chars().find(|&c| cannot(c)) {
        Err(EditError::Character(value, character))
    } else if text.starts_with('"') {
        Err(EditError::Character(value, '"'))
    } else {
        Ok(())
    }
}
