use std::{error, fmt};

/// Why [`Netrc::set`](crate::Netrc::set) changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// A value is empty.
    Empty(Value),
    /// A value is longer than the 4095 bytes that curl takes.
    TooLong(Value),
    /// A value holds a character that one of the readers would not read back: white space, a control
    /// character, `#`, or `"` at its start.
    Character(Value, char),
    /// curl reads no netrc of more than 128 KiB, nor one with a line of more than 16 KiB. It reads the file
    /// as it is, and would not as it would be.
    TooLarge,
    /// Something else in the file that reads like a record of the host is in the way: a comment or a macro
    /// with `machine HOST` in it, or a word that belongs to no record, before every place where the record
    /// could stand.
    Obscured,
}

/// Which value an [`EditError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// The name of the host.
    Host,
    /// The login.
    Login,
    /// The password.
    Password,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Host => "host",
            Value::Login => "login",
            Value::Password => "password",
        })
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::Empty(value) => write!(f, "the {value} is empty: netrc needs one"),
            EditError::TooLong(value) => {
                write!(f, "the {value} is too long for netrc: curl takes at most 4095 bytes")
            }
            EditError::Character(value, character) => {
                write!(f, "the {value} holds {character:?}, which netrc cannot hold there")
            }
            EditError::TooLarge => {
                f.write_str("with this record the netrc file would be too large for curl: remove something from it")
            }
            EditError::Obscured => f.write_str(
                "a comment, macro or stray word in the netrc file would hide this host's record: remove it by hand",
            ),
        }
    }
}

impl error::Error for EditError {}
