use std::fmt;

use crate::scan::{Ending, Kind, Section, Sections};
use crate::{curl, heroku_cli};

/// Why curl and the Heroku CLI do not find the same credential for a host.
///
/// Of several reasons, the one that comes first here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The CLI does not come back from this file.
    Endless,
    /// The file is too large for curl.
    TooLarge,
    /// The record directly follows a byte order mark.
    ByteOrderMark,
    /// curl stops at a syntax error before the record.
    SyntaxError,
    /// The CLI takes a comment, a macro or a stray word for a record of the host.
    LookAlike,
    /// curl uses `default`.
    Default,
    /// The host has several records, and the first is empty.
    Duplicate,
    /// A word of the record is quoted.
    Quotes,
    /// A line of the record ends in a carriage return.
    CarriageReturn,
    /// A value of the record holds `#`, or a comment behind it holds keywords.
    HashSign,
    /// The record is not laid out as the CLI reads it.
    Layout,
}

impl Difference {
    pub(crate) fn of(bytes: &[u8], host: &str) -> Option<Self> {
        if heroku_cli::is_endless(bytes) {
            return Some(Self::Endless);
        }
        let loads = curl::loads(bytes);
        let found = loads.then(|| curl::credential(bytes, host.as_bytes())).flatten();
        if found == heroku_cli::credential(bytes, host) {
            return None;
        }
        if !loads {
            return Some(Self::TooLarge);
        }
        let mut sections = Sections::new(bytes);
        let (mut target, mut stop) = (None, None);
        for section in sections.by_ref() {
            let is_stop = stop.is_none() && curl::stops_at(bytes, &section, host.as_bytes());
            if target.is_none() && curl::names(bytes, &section, host.as_bytes()) {
                target = Some(section.clone());
            }
            stop = if is_stop { Some(section) } else { stop };
        }
        let is_broken = matches!(sections.ending(), Ending::Broken { .. }) && stop.is_none();
        Some(match target {
            Some(section) if section.kind == Kind::MachineAfterBom => Self::ByteOrderMark,
            None if is_broken => Self::SyntaxError,
            None if found.is_some() && !heroku_cli::names(bytes, host) => Self::Default,
            None => Self::LookAlike,
            Some(section) if heroku_cli::names(&bytes[..section.span.start], host) => Self::LookAlike,
            Some(_) if stop.as_ref().is_some_and(|stop| stop.kind == Kind::Default) => Self::Default,
            Some(section) if stop.is_some_and(|stop| stop.span != section.span) => Self::Duplicate,
            Some(section) => Self::in_record(bytes, &section),
        })
    }

    fn in_record(bytes: &[u8], section: &Section) -> Self {
        let words = [&section.host, &section.login, &section.password].map(Option::as_ref);
        let begins_quoted = |word: &std::ops::Range<usize>| bytes[word.start] == b'"';
        let end = crate::lex::line_end(bytes, section.span.end);
        if words.into_iter().flatten().any(begins_quoted) {
            Self::Quotes
        } else if bytes[section.span.start..end].contains(&b'\r') {
            Self::CarriageReturn
        } else if bytes[section.span.clone()].contains(&b'#') {
            Self::HashSign
        } else {
            Self::Layout
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endless => {
                "the Heroku CLI hangs at a comment behind `machine …` on a line that ends in a carriage return"
            }
            Self::TooLarge => "curl reads no netrc of more than 128 KiB, nor one with a line of more than 16 KiB",
            Self::ByteOrderMark => "a byte order mark before the record hides it from curl",
            Self::SyntaxError => "curl stops at a syntax error, such as a quote that is not closed",
            Self::LookAlike => "the Heroku CLI takes a comment, macro or stray word for a record of this host",
            Self::Default => "curl uses `default`, which the Heroku CLI does not know",
            Self::Duplicate => "the first of several records is empty: curl uses a later one, the Heroku CLI the first",
            Self::Quotes => "the record has quotes, which the Heroku CLI takes for a part of the value",
            Self::CarriageReturn => "the record has lines that end in a carriage return, which the Heroku CLI does not read",
            Self::HashSign => "curl takes `#` in a record for a part of it, the Heroku CLI for a comment",
            Self::Layout => {
                "the Heroku CLI reads login and password only on the `machine` line, one blank apart, or on indented \
                 lines right below it, in lower case"
            }
        })
    }
}
