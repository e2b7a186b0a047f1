//! Splits a file into sections: its records and its macros.

use std::ops::Range;

use crate::lex::{self, BOM, Lexer, SyntaxError, WordKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SectionKind {
    Machine,
    /// A `machine` right after a byte order mark. curl reads the mark and the keyword as one meaningless word.
    MachineAfterBom,
    Default,
    Macdef,
}

/// A record or a macro. If a record repeats its login or its password, the last one counts, as in curl.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) kind: SectionKind,
    /// From the keyword to the last word that belongs to the section.
    pub(crate) span: Range<usize>,
    pub(crate) host: Option<Range<usize>>,
    pub(crate) login: Option<Range<usize>>,
    pub(crate) password: Option<Range<usize>>,
    /// The record has exactly one login and one password, each with a value.
    pub(crate) is_plain: bool,
}

/// How a file ends, which decides whether a record can be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Clean,
    InMacro,
    /// curl stops with a syntax error at the word that starts at this offset.
    SyntaxError {
        offset: usize,
    },
}

/// Iterates over the sections of a file.
pub(crate) struct Sections<'a> {
    bytes: &'a [u8],
    lexer: Lexer<'a>,
    open: Option<OpenSection>,
    expects_host: bool,
    in_macro: bool,
    ending: Option<Ending>,
}

impl<'a> Sections<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Sections::starting_at(bytes, 0)
    }

    /// Starts at `offset`, which is the start of the file or of a section's keyword.
    pub(crate) fn starting_at(bytes: &'a [u8], offset: usize) -> Self {
        let lexer = Lexer::new(bytes, offset);
        let mut sections =
            Sections { bytes, lexer, open: None, expects_host: false, in_macro: false, ending: None };
        if offset == 0 {
            sections.begin_after_bom();
        }
        sections
    }

    /// How the file ends. Valid once the iterator is exhausted.
    pub(crate) fn ending(&self) -> Ending {
        self.ending.unwrap_or(Ending::Clean)
    }

    fn begin_after_bom(&mut self) {
        let mut ahead = self.lexer.clone();
        let Ok(Some(first)) = ahead.next_word() else { return };
        let Some(word) = self.bytes[..first.span.end].strip_prefix(BOM) else { return };
        if lex::word_kind(word) != WordKind::Machine {
            return;
        }
        if let Ok(Some(host)) = ahead.next_word()
            && host.kind == WordKind::Other
            // Only the Heroku CLI reads this as a record, and only with the host on the same line.
            && !self.bytes[first.span.end..host.span.start].contains(&b'\n')
        {
            self.begin(SectionKind::MachineAfterBom, BOM.len()..first.span.end);
            self.set_host(host.span);
            self.lexer = ahead;
        }
    }

    /// Reads up to the keyword of the next section, and returns the section that it ends.
    fn next_section(&mut self) -> Result<Option<Section>, SyntaxError> {
        loop {
            if std::mem::take(&mut self.expects_host)
                && let Some(host) = self.lexer.next_value()?
            {
                self.set_host(host.span);
            }
            let Some(word) = self.lexer.next_word()? else { break };
            let kind = match word.kind {
                WordKind::Machine => SectionKind::Machine,
                WordKind::Default => SectionKind::Default,
                WordKind::Macdef => SectionKind::Macdef,
                WordKind::Account | WordKind::Login | WordKind::Password | WordKind::Other => {
                    self.read_field(word.kind, &word.span)?;
                    continue;
                }
            };
            let ended = self.end();
            self.begin(kind, word.span);
            self.expects_host = kind == SectionKind::Machine;
            if kind == SectionKind::Macdef {
                self.in_macro = !self.lexer.skip_macro();
            }
            if ended.is_some() {
                return Ok(ended);
            }
        }
        self.ending = Some(if self.in_macro { Ending::InMacro } else { Ending::Clean });
        Ok(self.end())
    }

    fn begin(&mut self, kind: SectionKind, span: Range<usize>) {
        let section = Section { kind, span, host: None, login: None, password: None, is_plain: false };
        self.open = Some(OpenSection { section, logins: 0, passwords: 0, ignores_stray_words: false });
    }

    fn set_host(&mut self, host: Range<usize>) {
        if let Some(open) = &mut self.open {
            open.section.span.end = host.end;
            open.section.host = Some(host);
        }
    }

    fn read_field(&mut self, kind: WordKind, keyword: &Range<usize>) -> Result<(), SyntaxError> {
        let value = match kind {
            WordKind::Login | WordKind::Password | WordKind::Account => {
                self.lexer.next_value()?.map(|word| word.span)
            }
            WordKind::Machine | WordKind::Default | WordKind::Macdef | WordKind::Other => None,
        };
        // Words after a macro belong to no section.
        let Some(open) = self.open.as_mut().filter(|open| open.section.kind != SectionKind::Macdef) else {
            return Ok(());
        };
        let section = &mut open.section;
        let end = value.as_ref().map_or(keyword.end, |value| value.end);
        match kind {
            WordKind::Login => {
                open.logins += 1;
                section.login = value.or(section.login.take());
            }
            WordKind::Password => {
                open.passwords += 1;
                section.password = value.or(section.password.take());
            }
            WordKind::Account => {}
            // A stray word belongs to the section if it is on the same line, or indented below it.
            WordKind::Machine | WordKind::Default | WordKind::Macdef | WordKind::Other => {
                let gap = &self.bytes[section.span.end..keyword.start];
                open.ignores_stray_words |= gap.last() == Some(&b'\n');
                if open.ignores_stray_words {
                    return Ok(());
                }
            }
        }
        open.ignores_stray_words = false;
        section.span.end = end;
        Ok(())
    }

    fn end(&mut self) -> Option<Section> {
        self.open.take().map(|OpenSection { mut section, logins, passwords, .. }| {
            section.is_plain =
                logins == 1 && passwords == 1 && section.login.is_some() && section.password.is_some();
            section
        })
    }
}

impl Iterator for Sections<'_> {
    type Item = Section;

    fn next(&mut self) -> Option<Section> {
        if self.ending.is_some() {
            return None;
        }
        self.next_section().unwrap_or_else(|SyntaxError(offset)| {
            self.ending = Some(Ending::SyntaxError { offset });
            None
        })
    }
}

/// The section that is being read.
struct OpenSection {
    section: Section,
    logins: usize,
    passwords: usize,
    /// A stray word stood at the start of a line, so the stray words after it do not belong to the section either.
    ignores_stray_words: bool,
}
