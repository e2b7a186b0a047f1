//! Finds values in every part of a file: also in comments, in macros, and after a syntax error, where no record is.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::Credential;
use crate::lex::{is_comment, line_start};

/// A word that may be a secret, wherever it stands in the file.
///
/// The words around it are taken at face value: the host is the word after the `machine` before it, the login the word
/// after the `login` beside it. Comment lines in a row have their own, so that `# machine HOST login ME password X` says
/// all three.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mention {
    /// The host; `None` if no `machine` precedes the word, or a `default` does.
    pub host: Option<Vec<u8>>,
    /// The login beside it, and the word itself as the password.
    pub credential: Credential,
    /// The line, counted from 1.
    pub line: usize,
    /// The word's byte range, without quotes.
    pub bytes: Range<usize>,
    /// The word follows the word `password`.
    pub is_password: bool,
    /// The word is in a comment, as curl sees comments.
    pub is_in_comment: bool,
    /// From the word `password`, if it precedes, to the end of the word with its quotes.
    pub(crate) whole: Range<usize>,
}

/// The values of the file: all words but keywords, hosts and logins.
pub(crate) fn all(bytes: &[u8]) -> Vec<Mention> {
    let mut found = Vec::new();
    let (mut records, mut comments) =
        (Context::default(), Context { is_comment: true, ..Context::default() });
    let mut start = 0;
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let range = start..start + line.len();
        start = range.end;
        if is_comment(line) {
            comments.read(bytes, range, index + 1, &mut found);
        } else {
            comments = Context { is_comment: true, first: found.len(), ..Context::default() };
            records.read(bytes, range, index + 1, &mut found);
        }
    }
    found
}

/// The file without this mention and its keyword, and without their line if nothing else is on it.
pub(crate) fn cut(bytes: &[u8], mention: &Mention) -> Zeroizing<Vec<u8>> {
    let mut range = mention.whole.clone();
    let start = line_start(bytes, range.start);
    let end = bytes[range.end..].iter().position(|&byte| byte == b'\n').map(|at| range.end + at + 1);
    let end = end.unwrap_or(bytes.len());
    let is_void = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'#';
    if bytes[start..range.start].iter().all(is_void) && bytes[range.end..end].iter().all(is_void) {
        range = start..end;
    }
    Zeroizing::new([&bytes[..range.start], &bytes[range.end..]].concat())
}

/// What the words before the next one mean for it.
#[derive(Default)]
struct Context {
    host: Option<Vec<u8>>,
    login: Option<Vec<u8>>,
    /// The keyword whose value comes next, and where it starts.
    keyword: Option<(Keyword, usize)>,
    /// The first mention of the current record.
    first: usize,
    /// These are the words of a comment.
    is_comment: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Machine,
    Default,
    Login,
    Password,
    Other,
}

impl Context {
    fn read(&mut self, bytes: &[u8], line: Range<usize>, number: usize, found: &mut Vec<Mention>) {
        let mut position = line.start;
        while position < line.end {
            let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'#';
            position += bytes[position..line.end].iter().take_while(|byte| is_between(byte)).count();
            let length =
                bytes[position..line.end].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            let word = position..position + length;
            position = word.end;
            if word.is_empty() {
                continue;
            }
            let before = self.keyword.take();
            let keyword = keyword(&bytes[word.clone()]);
            // A keyword is never a value here: `login` and `password` without values are followed by the next keyword.
            match (keyword, before) {
                (Some(Keyword::Default), _) => self.begin(None, found.len()),
                (Some(keyword), _) => self.keyword = Some((keyword, word.start)),
                (None, Some((Keyword::Machine, _))) => {
                    self.begin(Some(&bytes[unquoted(bytes, &word)]), found.len());
                }
                (None, Some((Keyword::Login, _))) => self.set_login(bytes, &word, found),
                (None, before) => {
                    let password =
                        before.and_then(|(keyword, start)| (keyword == Keyword::Password).then_some(start));
                    found.push(Mention {
                        host: self.host.clone(),
                        credential: Credential::new(
                            self.login.as_deref(),
                            Some(&bytes[unquoted(bytes, &word)]),
                        ),
                        line: number,
                        bytes: unquoted(bytes, &word),
                        is_password: password.is_some(),
                        is_in_comment: self.is_comment,
                        whole: password.unwrap_or(word.start)..word.end,
                    });
                }
            }
        }
    }

    fn begin(&mut self, host: Option<&[u8]>, found: usize) {
        (self.host, self.login, self.first) = (host.map(<[u8]>::to_vec), None, found);
    }

    /// A login may come after its password.
    fn set_login(&mut self, bytes: &[u8], word: &Range<usize>, found: &mut [Mention]) {
        let login = &bytes[unquoted(bytes, word)];
        self.login = Some(login.to_vec());
        let is_beside = |earlier: &&mut Mention| earlier.is_in_comment == self.is_comment;
        for earlier in found.iter_mut().skip(self.first).filter(is_beside) {
            earlier.credential.login.get_or_insert_with(|| Zeroizing::new(login.to_vec()));
        }
    }
}

fn keyword(word: &[u8]) -> Option<Keyword> {
    let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
    Some(match () {
        () if is("machine") => Keyword::Machine,
        () if is("default") => Keyword::Default,
        () if is("login") => Keyword::Login,
        () if is("password") => Keyword::Password,
        () if is("account") || is("macdef") => Keyword::Other,
        () => return None,
    })
}

/// The word without quotes around it.
fn unquoted(bytes: &[u8], word: &Range<usize>) -> Range<usize> {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let start = word.start + bytes[word.clone()].iter().take_while(|byte| is_quote(byte)).count();
    let end = word.end - bytes[start..word.end].iter().rev().take_while(|byte| is_quote(byte)).count();
    start..end
}
