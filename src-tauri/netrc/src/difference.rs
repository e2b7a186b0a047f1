use std::fmt;
use std::ops::Range;

use crate::scan::{Ending, Section, SectionKind, Sections};
use crate::{curl, heroku_cli, lex};

/// Why curl and the Heroku CLI do not find the same credential for a host.
///
/// If several reasons apply, the one listed first here is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The CLI hangs on this file.
    CliHangs,
    /// The file is too large for curl.
    TooLarge,
    /// The record follows a byte order mark, which hides it from curl.
    ByteOrderMark,
    /// curl stops at a syntax error before the record.
    SyntaxError,
    /// The CLI mistakes a comment, a macro or a stray word for a record of the host.
    Lookalike,
    /// curl uses `default`, which the CLI ignores.
    Default,
    /// The host has several records, and the first one is empty.
    Duplicate,
    /// A word of the record is quoted.
    Quotes,
    /// A line of the record ends in a carriage return.
    CarriageReturn,
    /// A value contains `#`, or a comment after the value contains keywords.
    HashSign,
    /// The layout of the record is not one that the CLI reads.
    Layout,
}

impl Difference {
    pub(crate) fn find(bytes: &[u8], host: &str) -> Option<Self> {
        if heroku_cli::hangs(bytes) {
            return Some(Self::CliHangs);
        }
        let can_load = curl::can_load(bytes);
        let found = can_load.then(|| curl::credential(bytes, host.as_bytes())).flatten();
        if found == heroku_cli::credential(bytes, host) {
            return None;
        }
        if !can_load {
            return Some(Self::TooLarge);
        }
        let mut sections = Sections::new(bytes);
        let (mut target, mut stop) = (None, None);
        for section in sections.by_ref() {
            let is_stop = stop.is_none() && curl::ends_search(bytes, &section, host.as_bytes());
            if target.is_none() && curl::is_for_host(bytes, &section, host.as_bytes()) {
                target = Some(section.clone());
            }
            stop = if is_stop { Some(section) } else { stop };
        }
        let hits_error = matches!(sections.ending(), Ending::SyntaxError { .. }) && stop.is_none();
        Some(match target {
            Some(section) if section.kind == SectionKind::MachineAfterBom => Self::ByteOrderMark,
            None if hits_error => Self::SyntaxError,
            None if found.is_some() && !heroku_cli::has_record(bytes, host) => Self::Default,
            None => Self::Lookalike,
            Some(section) if heroku_cli::has_record(&bytes[..section.span.start], host) => Self::Lookalike,
            Some(_) if stop.as_ref().is_some_and(|stop| stop.kind == SectionKind::Default) => Self::Default,
            Some(section) if stop.is_some_and(|stop| stop.span != section.span) => Self::Duplicate,
            Some(section) => Self::in_record(bytes, &section),
        })
    }

    fn in_record(bytes: &[u8], section: &Section) -> Self {
        let words = [&section.host, &section.login, &section.password].map(Option::as_ref);
        let is_quoted = |word: &Range<usize>| bytes[word.start] == b'"';
        let end = lex::line_end(bytes, section.span.end);
        if words.into_iter().flatten().any(is_quoted) {
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
            Self::CliHangs => "the Heroku CLI hangs on a `machine` line whose comment ends in a carriage return",
            Self::TooLarge => "curl reads no netrc file over 128 KiB, and none with a line over 16 KiB",
            Self::ByteOrderMark => "a byte order mark before the record hides it from curl",
            Self::SyntaxError => "curl stops at a syntax error, such as an unclosed quote",
            Self::Lookalike => "the Heroku CLI mistakes a comment, macro or stray word for a record of this host",
            Self::Default => "curl uses `default`, which the Heroku CLI ignores",
            Self::Duplicate => {
                "the first of several records is empty: curl uses a later one, the Heroku CLI only the first"
            }
            Self::Quotes => "the record has quotes, which the Heroku CLI reads as part of the value",
            Self::CarriageReturn => {
                "the record has lines that end in a carriage return, which the Heroku CLI does not read"
            }
            Self::HashSign => "curl reads `#` in the record as part of it, the Heroku CLI as the start of a comment",
            Self::Layout => {
                "the Heroku CLI reads login and password in lower case only, on the `machine` line between single \
                 spaces or on indented lines right below it"
            }
        })
    }
}
