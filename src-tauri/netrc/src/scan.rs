//! The file as a sequence of records and macros.

use std::ops::Range;

use crate::lex::{self, BOM, Lexer, Word};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Machine,
    /// A `machine` that directly follows a byte order mark. curl takes mark and keyword as one meaningless word.
    MachineAfterBom,
    Default,
    Macdef,
}

/// A record or a macro. Of several logins or passwords in one record curl uses the last.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    /// From the keyword to the last word that belongs to it.
    pub(crate) span: Range<usize>,
    pub(crate) host: Option<Range<usize>>,
    pub(crate) login: Option<Range<usize>>,
    pub(crate) password: Option<Range<usize>>,
    /// One login and one password, each with its value.
    pub(crate) is_plain: bool,
}

/// How a file ends, which is what must be known to add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Clean,
    InMacro,
    /// curl stops with a syntax error before the end.
    Broken {
        /// Where the word starts that it stops at.
        at: usize,
    },
}

pub(crate) struct Sections<'a> {
    bytes: &'a [u8],
    lexer: Lexer<'a>,
    open: Option<Open>,
    host_is_next: bool,
    in_macro: bool,
    ending: Option<Ending>,
}

/// The section being read.
struct Open {
    section: Section,
    logins: usize,
    passwords: usize,
    /// A stray word at the start of a line was seen: further stray words are not the section's either.
    left: bool,
}

impl<'a> Sections<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Sections::from(bytes, 0)
    }

    /// Starts at the keyword of a section, or at the start of the file.
    pub(crate) fn from(bytes: &'a [u8], at: usize) -> Self {
        let lexer = Lexer::new(bytes, at);
        let mut sections =
            Sections { bytes, lexer, open: None, host_is_next: false, in_macro: false, ending: None };
        if at == 0 {
            sections.open_after_bom();
        }
        sections
    }

    /// Known once the last section has been given.
    pub(crate) fn ending(&self) -> Ending {
        self.ending.unwrap_or(Ending::Clean)
    }

    fn open_after_bom(&mut self) {
        let mut ahead = self.lexer.clone();
        let Ok(Some(first)) = ahead.word() else { return };
        let Some(word) = self.bytes[..first.span.end].strip_prefix(BOM) else { return };
        if lex::keyword(word) != Word::Machine {
            return;
        }
        if let Ok(Some(host)) = ahead.word()
            && host.word == Word::Other
            // The Heroku CLI, for whom this is a record, wants it so.
            && !self.bytes[first.span.end..host.span.start].contains(&b'\n')
        {
            self.begin(Kind::MachineAfterBom, BOM.len()..first.span.end);
            self.name(host.span);
            self.lexer = ahead;
        }
    }

    /// Reads on to the next section's keyword, and gives the section that this ends.
    fn read(&mut self) -> Result<Option<Section>, lex::Broken> {
        loop {
            if std::mem::take(&mut self.host_is_next)
                && let Some(host) = self.lexer.value()?
            {
                self.name(host.span);
            }
            let Some(token) = self.lexer.word()? else { break };
            let kind = match token.word {
                Word::Machine => Kind::Machine,
                Word::Default => Kind::Default,
                Word::Macdef => Kind::Macdef,
                word => {
                    self.field(word, &token.span)?;
                    continue;
                }
            };
            let ended = self.close();
            self.begin(kind, token.span);
            self.host_is_next = kind == Kind::Machine;
            if kind == Kind::Macdef {
                self.in_macro = !self.lexer.skip_macro();
            }
            if ended.is_some() {
                return Ok(ended);
            }
        }
        self.ending = Some(if self.in_macro { Ending::InMacro } else { Ending::Clean });
        Ok(self.close())
    }

    fn begin(&mut self, kind: Kind, span: Range<usize>) {
        let section = Section { kind, span, host: None, login: None, password: None, is_plain: false };
        self.open = Some(Open { section, logins: 0, passwords: 0, left: false });
    }

    fn name(&mut self, host: Range<usize>) {
        if let Some(open) = &mut self.open {
            open.section.span.end = host.end;
            open.section.host = Some(host);
        }
    }

    fn field(&mut self, word: Word, key: &Range<usize>) -> Result<(), lex::Broken> {
        let value = match word {
            Word::Login | Word::Password | Word::Account => self.lexer.value()?.map(|token| token.span),
            _ => None,
        };
        // Words after a macro belong to nothing.
        let Some(open) = self.open.as_mut().filter(|open| open.section.kind != Kind::Macdef) else {
            return Ok(());
        };
        let section = &mut open.section;
        let end = value.as_ref().map_or(key.end, |value| value.end);
        match word {
            Word::Login => {
                open.logins += 1;
                section.login = value.or(section.login.take());
            }
            Word::Password => {
                open.passwords += 1;
                section.password = value.or(section.password.take());
            }
            Word::Account => {}
            // A stray word is the section's if it is on the same line, or indented below.
            _ => {
                let gap = &self.bytes[section.span.end..key.start];
                open.left |= gap.last() == Some(&b'\n');
                if open.left {
                    return Ok(());
                }
            }
        }
        open.left = false;
        section.span.end = end;
        Ok(())
    }

    fn close(&mut self) -> Option<Section> {
        self.open.take().map(|Open { mut section, logins, passwords, .. }| {
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
        self.read().unwrap_or_else(|lex::Broken(at)| {
            self.ending = Some(Ending::Broken { at });
            None
        })
    }
}
