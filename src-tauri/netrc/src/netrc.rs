use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::edit::{self, Placement, SetPlan};
use crate::lex::{MAX_VALUE_BYTES, unquote};
use crate::scan::{Ending, SectionKind, Sections};
use crate::{Credential, Difference, EditError, Field, Mention, curl, heroku_cli, mention};

/// The contents of a netrc file, with methods to read and edit its records.
///
/// Each call scans the file from its start, in time linear in its size.
/// `Debug` shows only the size.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Netrc(Zeroizing<Vec<u8>>);

/// A record of the file, with its values unquoted as curl reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The host as written, or `None` for `default`. Host names are compared without regard to ASCII case.
    pub host: Option<Vec<u8>>,
    /// The login and password. If the record repeats one of them, the last one counts, as in curl.
    pub credential: Credential,
    /// The line of the record's first word, counted from 1.
    pub line: usize,
    /// The record's byte range, from its first word to the last word that belongs to it, with the comments between.
    pub bytes: Range<usize>,
    /// Whether a byte order mark before `machine` hides the record from curl. The Heroku CLI still reads it.
    pub is_hidden_by_bom: bool,
}

impl Netrc {
    /// Takes the contents of a netrc file. Any bytes are valid, and they stay as they are until an edit.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Self {
        Netrc(Zeroizing::new(bytes.into()))
    }

    /// The contents of the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The contents of the file, which hold passwords. The caller must wipe them.
    pub fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.0)
    }

    /// All records, including `default`, in file order.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example login ann machine A.example login bob\n");
    /// let logins: Vec<_> = netrc.records().map(|record| record.credential.login().map(<[u8]>::to_vec)).collect();
    /// assert_eq!(logins, [Some(b"ann".to_vec()), Some(b"bob".to_vec())]);
    /// ```
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let bytes = self.as_bytes();
        let (mut line, mut counted_to) = (1, 0);
        Sections::new(bytes).filter(|section| section.kind != SectionKind::Macdef).map(move |section| {
            line += memchr::memchr_iter(b'\n', &bytes[counted_to..section.span.start]).count();
            counted_to = section.span.start;
            let is_hidden_by_bom = section.kind == SectionKind::MachineAfterBom;
            Record {
                host: (section.kind != SectionKind::Default).then(|| {
                    section.host.clone().map_or_else(Vec::new, |span| unquote(&bytes[span]).to_vec())
                }),
                credential: curl::credential_of(bytes, &section),
                line,
                bytes: section.span,
                is_hidden_by_bom,
            }
        })
    }

    /// Every word that may be a secret, in file order: those of [`Netrc::records`], and those that no program reads, such
    /// as in comments and after a syntax error.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("# was: old\nmachine a.example\n  login\n  password new\n");
    /// let words: Vec<_> = netrc.mentions().iter().map(|found| (found.line, found.is_password)).collect();
    /// assert_eq!(words, [(1, false), (1, false), (4, true)]);
    /// ```
    pub fn mentions(&self) -> Vec<Mention> {
        mention::all(&self.0)
    }

    /// Removes the first mention that is `unwanted`, with the word `password` before it. False if there is none.
    ///
    /// Use this where no record is: in a record that curl reads, the words after a missing value get another meaning.
    ///
    /// ```
    /// let mut netrc = netrc_edit::Netrc::parse("# machine a.example login ann password old\n");
    /// assert!(netrc.cut(|found| found.credential.password() == Some(b"old")));
    /// assert_eq!(netrc.as_bytes(), b"# machine a.example login ann \n");
    /// ```
    pub fn cut(&mut self, unwanted: impl FnMut(&Mention) -> bool) -> bool {
        let mut unwanted = unwanted;
        let Some(found) = self.mentions().into_iter().find(|found| unwanted(found)) else { return false };
        self.0 = mention::cut(&self.0, &found);
        true
    }

    /// What curl uses for `host` when the request names no user: the first record of the host, or `default`,
    /// that has a login or a password.
    ///
    /// `None` too if curl does not load the file: it is larger than 128 KiB without its comments, or has a line of
    /// more than 16 KiB.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example\nmachine A.example login \"a\\\"b\"\npassword p\n");
    /// assert_eq!(netrc.curl("a.example").unwrap().login(), Some(&b"a\"b"[..]));
    /// ```
    pub fn curl(&self, host: &str) -> Option<Credential> {
        let loaded = curl::without_nul(&self.0);
        let bytes = loaded.as_ref().unwrap_or(&self.0);
        curl::can_load(&self.0).then(|| curl::credential(bytes, host.as_bytes())).flatten()
    }

    /// The line, counted from 1, of the first syntax error for curl, such as an unclosed quote.
    ///
    /// curl stops there, unless it finds a record of its host first.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example login ann\npassword \"p\nmachine b.example\n");
    /// assert_eq!(netrc.syntax_error_line(), Some(2));
    /// ```
    pub fn syntax_error_line(&self) -> Option<usize> {
        let bytes = self.as_bytes();
        let mut sections = Sections::new(bytes);
        sections.by_ref().for_each(drop);
        match sections.ending() {
            Ending::SyntaxError { offset } => Some(memchr::memchr_iter(b'\n', &bytes[..offset]).count() + 1),
            Ending::Clean | Ending::InMacro => None,
        }
    }

    /// What the Heroku CLI (11.10) uses for `host`: its first record whose name matches exactly, if the CLI finds a
    /// password there.
    ///
    /// The CLI looks on the `machine` line, where single spaces must separate the words, and on the indented lines
    /// right below it.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine api.heroku.com\nlogin me@example.com\npassword HRKU-fake\n");
    /// assert!(netrc.curl("api.heroku.com").is_some());
    /// assert_eq!(netrc.heroku_cli("api.heroku.com"), None);
    /// ```
    pub fn heroku_cli(&self, host: &str) -> Option<Credential> {
        heroku_cli::credential(&self.0, host)
    }

    /// Why [`Netrc::curl`] and [`Netrc::heroku_cli`] differ for `host`, or `None` if they agree.
    ///
    /// ```
    /// use netrc_edit::{Difference, Netrc};
    ///
    /// let netrc = Netrc::parse("machine api.heroku.com\nlogin me@example.com\npassword HRKU-fake\n");
    /// assert_eq!(netrc.difference("api.heroku.com"), Some(Difference::Layout));
    /// assert_eq!(netrc.difference("other.example"), None);
    /// ```
    pub fn difference(&self, host: &str) -> Option<Difference> {
        Difference::find(&self.0, host)
    }

    /// Sets the credential that both curl and the Heroku CLI find for `host`.
    ///
    /// - The host's first record gets the new values in place if both readers then find them. Otherwise the record
    ///   is rewritten, and its account, other words and comments move below it.
    /// - Later records of the host with the same login, or with none, are removed, because no reader reaches them.
    ///   Records with another login stay: `curl -u` and git ask for them by name.
    /// - A new record goes before `default`, where curl stops, or else at the end. It also goes before any trailing
    ///   records that lack a login or a password, because older versions of curl read those correctly only if no
    ///   other record follows. If the CLI would mistake an earlier comment for a record of the host, the new record
    ///   goes before everything.
    /// - Nothing changes if both readers already find the credential and no record is to be removed.
    ///
    /// In a file with CRLF line endings the record is one line that ends in a space, the only layout that the CLI
    /// reads there.
    ///
    /// ```
    /// let mut netrc = netrc_edit::Netrc::parse("machine a.example\n\tlogin ann # since May\n\tpassword old\n");
    /// netrc.set("a.example", "ann", "new")?;
    /// assert_eq!(netrc.as_bytes(), b"machine a.example\n\tlogin ann # since May\n\tpassword new\n");
    /// # Ok::<(), netrc_edit::EditError>(())
    /// ```
    ///
    /// # Errors
    /// The file stays unchanged if netrc cannot hold one of the values, if both readers would not find the record
    /// anywhere in this file, or if the file would become too large for curl.
    pub fn set(&mut self, host: &str, login: &str, password: &str) -> Result<(), EditError> {
        for (field, text) in [(Field::Host, host), (Field::Login, login), (Field::Password, password)] {
            check(field, text)?;
        }
        let plan = SetPlan::new(&self.0, host, login, password);
        if plan.is_done() {
            return Ok(());
        }
        let mut candidates = Placement::ALL.into_iter().filter_map(|placement| plan.candidate(placement));
        let edited = candidates.find(|candidate| candidate.fulfills(&plan));
        let edited = edited.ok_or(EditError::Shadowed)?.bytes;
        if curl::can_load(&self.0) && !curl::can_load(&edited) {
            return Err(EditError::TooLarge);
        }
        self.0 = edited;
        Ok(())
    }

    /// Removes all records of `host` and returns how many there were.
    ///
    /// Comments inside them stay. If only comments are left, the file gets a final newline, because curl 8.22
    /// crashes without one.
    ///
    /// ```
    /// let mut netrc = netrc_edit::Netrc::parse("machine a.example login ann machine b.example login bob\n");
    /// assert_eq!(netrc.remove("a.example"), 1);
    /// assert_eq!(netrc.as_bytes(), b"machine b.example login bob\n");
    /// ```
    pub fn remove(&mut self, host: &str) -> usize {
        self.remove_where(host, |_| true)
    }

    /// Removes the records of `host` whose credential, as curl reads it, is `unwanted`, and returns how many.
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

fn check(field: Field, text: &str) -> Result<(), EditError> {
    let is_invalid = |c: char| c.is_control() || c == '#' || heroku_cli::is_space(c);
    if text.is_empty() {
        Err(EditError::Empty(field))
    } else if text.len() > MAX_VALUE_BYTES {
        Err(EditError::TooLong(field))
    } else if let Some(character) = text.chars().find(|&c| is_invalid(c)) {
        Err(EditError::InvalidCharacter(field, character))
    } else if text.starts_with('"') {
        Err(EditError::InvalidCharacter(field, '"'))
    } else {
        Ok(())
    }
}
