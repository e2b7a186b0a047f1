use std::{error, fmt};

/// Why [`Netrc::set`](crate::Netrc::set) changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The host, login or password is empty.
    Empty(Field),
    /// The host, login or password is longer than 4095 bytes, the most that curl accepts.
    TooLong(Field),
    /// The host, login or password contains a character that curl or the Heroku CLI would not read back: white
    /// space, a control character, `#`, or `"` at its start.
    InvalidCharacter(Field, char),
    /// With the record, curl would no longer load the file: it reads at most 128 KiB, and 16 KiB a line.
    TooLarge,
    /// A comment, a macro or a word outside any record would hide the record from a reader, wherever the record
    /// went.
    Shadowed,
}

/// Why a program reads nothing of the file, whatever the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// The line where the program gives up, counted from 1.
    pub line: usize,
}

impl ParseError {
    pub(crate) fn at(bytes: &[u8], offset: usize) -> Self {
        ParseError { line: memchr::memchr_iter(b'\n', &bytes[..offset]).count() + 1 }
    }
}

/// The part of a record that an [`EditError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name of the host.
    Host,
    /// The login.
    Login,
    /// The password.
    Password,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Host => "host",
            Field::Login => "login",
            Field::Password => "password",
        })
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::Empty(field) => write!(f, "the {field} is empty, and netrc needs one"),
            EditError::TooLong(field) => {
                write!(f, "the {field} is too long for netrc: curl accepts at most 4095 bytes")
            }
            EditError::InvalidCharacter(field, character) => {
                write!(f, "the {field} contains {character:?}, which netrc cannot hold there")
            }
            EditError::TooLarge => f.write_str(
                "with this record, the netrc file would be too large for curl: remove something else from it first",
            ),
            EditError::Shadowed => f.write_str(
                "a comment, macro or stray word in the netrc file would hide this host's record: remove it by hand",
            ),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} keeps the program from reading the netrc file", self.line)
    }
}

impl error::Error for EditError {}

impl error::Error for ParseError {}
