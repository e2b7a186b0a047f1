//! Tokens inside git's configuration: in the address of a remote, in one that replaces others, in an extra header.

use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use secrecy::zeroize::Zeroizing;

use super::entries::{self, Entry, section_header};
use super::routes::authorization;
use super::{MAX_BYTES, failed, replace_in};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;
use crate::base::files::Bytes;
use crate::base::token::{Token, Trace};

/// A token in a file of git's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigToken {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The file and line as people write them: `~/app/.git/config:7`.
    pub shown: String,
    /// The token's mask and fingerprint.
    pub trace: Trace,
}

/// The tokens for Heroku's git host in the files that git reads, each with its file and line.
pub(crate) fn tokens(env: &Env) -> Result<Vec<(PathBuf, usize, Token)>> {
    tokens_in(env, &entries::read(env)?)
}

/// Does the same as [`tokens`], for files whose entries have been read.
pub(super) fn tokens_in(env: &Env, entries: &[Entry]) -> Result<Vec<(PathBuf, usize, Token)>> {
    let mut paths: Vec<&PathBuf> = Vec::new();
    for path in entries.iter().filter_map(|entry| entry.file.as_ref()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let host = env.hosts().git;
    let mut tokens = Vec::new();
    for path in paths {
        let bytes = files::read(path, MAX_BYTES).map_err(|error| failed("read", &error.to_string()))?;
        for found in find(&bytes.unwrap_or_default(), &host) {
            tokens.extend(Token::parse(&found.secret).map(|token| (path.clone(), found.line, token)));
        }
    }
    Ok(tokens)
}

/// Replaces the token in a line. Fails if the line has none any more.
pub(crate) fn replace_token(env: &Env, path: &Path, line: usize, token: &Token) -> Result<()> {
    let host = env.hosts().git;
    replace_in(env, path, |bytes| {
        let found = find(bytes, &host).into_iter().find(|found| found.line == line);
        let found =
            found.ok_or_else(|| failed("change", "another program has changed it in the meantime"))?;
        let new = found.form.with(token);
        let after = [&bytes[..found.range.start], &new, &bytes[found.range.end..]].concat();
        Ok(Some(Zeroizing::new(after)))
    })
}

/// Removes the tokens that are `unwanted` from a file, and keeps the rest of their addresses.
pub(crate) fn remove_tokens(env: &Env, path: &Path, unwanted: impl Fn(&Token) -> bool) -> Result<()> {
    let host = env.hosts().git;
    replace_in(env, path, |bytes| {
        let after =
            without(bytes, &host, |secret| Token::parse(secret).is_some_and(|token| unwanted(&token)));
        Ok(Some(after.unwrap_or_else(|| Zeroizing::new(bytes.to_vec()))))
    })
}

/// The file without the tokens for a host. `None` if it has none.
pub(crate) fn without_tokens(bytes: &[u8], host: &str) -> Option<Bytes> {
    without(bytes, host, |_| true)
}

/// The secrets of a file, as they are written and as git reads them.
pub(crate) fn secrets(bytes: &[u8], host: &str) -> Vec<Bytes> {
    let both = |found: Found| {
        let written = Zeroizing::new(bytes[found.range.clone()].to_vec());
        [written, Zeroizing::new(found.secret.as_bytes().to_vec())]
    };
    find(bytes, host).into_iter().flat_map(both).collect()
}

fn without(bytes: &[u8], host: &str, unwanted: impl Fn(&str) -> bool) -> Option<Bytes> {
    let mut rest = Zeroizing::new(bytes.to_vec());
    let all = find(bytes, host);
    let unwanted: Vec<_> = all.iter().filter(|found| unwanted(&found.secret)).collect();
    for found in unwanted.iter().rev() {
        rest.drain(found.whole.clone());
    }
    (!unwanted.is_empty()).then_some(rest)
}

/// A secret in a configuration.
struct Found {
    line: usize,
    secret: Zeroizing<String>,
    form: Form,
    /// What a new token replaces.
    range: Range<usize>,
    /// What goes with the secret: the user name and the `@` of an address, or the line of a header.
    whole: Range<usize>,
}

/// How a secret is written.
enum Form {
    /// As it is.
    Plain,
    /// Base64 of this user name, a colon and the secret.
    Basic(String),
}

impl Form {
    fn with(&self, token: &Token) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Plain => Zeroizing::new(token.expose().as_bytes().to_vec()),
            Self::Basic(user) => {
                let pair = Zeroizing::new(format!("{user}:{}", token.expose()));
                Zeroizing::new(STANDARD.encode(pair.as_bytes()).into_bytes())
            }
        }
    }
}

fn find(bytes: &[u8], host: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let (mut start, mut section) = (0, String::new());
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        let header = section_header(text.trim_start());
        if let Some((header, _)) = header {
            header.clone_into(&mut section);
        }
        found.extend(in_addresses(line, start, number + 1, host));
        found.extend(in_header(&text, line, start, number + 1, &section, host));
        start += line.len();
    }
    found
}

/// The secrets in the addresses of a line: `//USER:SECRET@HOST`.
fn in_addresses(line: &[u8], start: usize, number: usize, host: &str) -> Vec<Found> {
    let ends = |at: &usize| {
        let rest = &line[at + 1..];
        let same = rest.get(..host.len()).is_some_and(|name| name.eq_ignore_ascii_case(host.as_bytes()));
        same && rest.get(host.len()).is_none_or(|next| !next.is_ascii_alphanumeric() && !b".-".contains(next))
    };
    let ats = (0..line.len()).filter(|at| line[*at] == b'@').filter(ends);
    let secret = |at: usize| {
        let slashes = line[..at].windows(2).rposition(|two| two == b"//")?;
        let user_start = slashes + 2;
        let user = &line[user_start..at];
        if user.iter().any(|byte| byte.is_ascii_whitespace() || b"/\"".contains(byte)) {
            return None;
        }
        let colon = user.iter().position(|byte| *byte == b':');
        let secret_start = colon.map_or(user_start, |colon| user_start + colon + 1);
        let secret = percent_decode(&line[secret_start..at]).decode_utf8().ok()?;
        let secret = Zeroizing::new(secret.into_owned());
        // A user name alone is a secret only if it is a token.
        let is_secret = if colon.is_some() { !secret.is_empty() } else { is_token(&secret) };
        is_secret.then_some(Found {
            line: number,
            secret,
            form: Form::Plain,
            range: start + secret_start..start + at,
            whole: start + user_start..start + at + 1,
        })
    };
    ats.filter_map(secret).collect()
}

/// The secret in an extra header for this host, or in one for every host if it is a token of Heroku.
fn in_header(
    text: &str,
    line: &[u8],
    start: usize,
    number: usize,
    section: &str,
    host: &str,
) -> Option<Found> {
    let (name, subsection) = section.split_once([' ', '\t']).unwrap_or((section, ""));
    let is_for_host = subsection.contains(&format!("//{host}")) || subsection.contains(&format!("@{host}"));
    let is_for_all = subsection.is_empty();
    let rest = section_header(text.trim_start()).map_or(text, |(_, rest)| rest);
    let (key, value) = rest.split_once('=')?;
    let is_header = name.eq_ignore_ascii_case("http") && key.trim().eq_ignore_ascii_case("extraheader");
    if !is_header || !(is_for_host || is_for_all) {
        return None;
    }
    let value = value.trim().trim_matches('"');
    let (user, secret) = authorization(value)?;
    if is_for_all && !is_token(&secret) {
        return None;
    }
    let written = value.rsplit(' ').next()?.as_bytes();
    let at = line.windows(written.len()).rposition(|bytes| bytes == written)?;
    let has_section = rest.len() != text.len();
    let whole = if has_section { line.len() - rest.len()..line.len() } else { 0..line.len() };
    Some(Found {
        line: number,
        secret,
        form: user.map_or(Form::Plain, Form::Basic),
        range: start + at..start + at + written.len(),
        whole: start + whole.start..start + whole.end,
    })
}

/// True if a text looks like a token that Heroku issues.
pub(super) fn is_token(text: &str) -> bool {
    Token::parse(text).is_some_and(|token| token.has_heroku_shape())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "git.heroku.com";

    fn cleaned(config: &str) -> Option<String> {
        without_tokens(config.as_bytes(), HOST).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn removes_the_token_and_keeps_the_rest_of_an_address() {
        for (before, after) in [
            (
                "[remote \"heroku\"]\n\turl = https://heroku:HRKU-fake-one@git.heroku.com/app.git\n",
                "[remote \"heroku\"]\n\turl = https://git.heroku.com/app.git\n",
            ),
            (
                "[url \"https://:HRKU-fake-one@git.heroku.com/\"]\n\tinsteadOf = heroku:\n",
                "[url \"https://git.heroku.com/\"]\n\tinsteadOf = heroku:\n",
            ),
            (
                "[remote \"heroku\"]\n\turl = https://HRKU-fake-one@GIT.heroku.com/app.git\n",
                "[remote \"heroku\"]\n\turl = https://GIT.heroku.com/app.git\n",
            ),
            (
                "[http \"https://git.heroku.com\"]\n\textraHeader = \"Authorization: Basic eDpmYWtl\"\n\tx = y\n",
                "[http \"https://git.heroku.com\"]\n\tx = y\n",
            ),
            ("[http] extraHeader = Authorization: Bearer HRKU-fake-one\n", "[http]"),
        ] {
            assert_eq!(cleaned(before).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn leaves_what_is_no_token_of_heroku() {
        for config in [
            "[remote \"heroku\"]\n\turl = https://me@git.heroku.com/app.git\n",
            "[remote \"origin\"]\n\turl = https://x:fake@github.com/app.git\n",
            "[remote \"evil\"]\n\turl = https://x:fake@git.heroku.com.evil.example/app.git\n",
            "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic eDpmYWtl\n",
            "[http]\n\textraheader = AUTHORIZATION: basic eDpmYWtl\n",
            "[user]\n\temail = me@git.heroku.com\n",
        ] {
            assert_eq!(cleaned(config), None, "{config}");
        }
    }

    #[test]
    fn a_new_token_is_written_in_the_form_of_the_old_one() {
        let new = Token::parse("HRKU-fake-new").unwrap();
        let pair = STANDARD.encode("x:fake");
        let config = format!("[http \"https://{HOST}\"]\n\textraheader = Authorization: Basic {pair}\n");
        let found = find(config.as_bytes(), HOST).remove(0);
        assert_eq!(&config[found.range.clone()], pair);
        assert_eq!(found.form.with(&new).as_slice(), STANDARD.encode("x:HRKU-fake-new").as_bytes());
    }

    #[test]
    fn every_form_of_a_secret_is_known() {
        let config = b"[remote \"heroku\"]\n\turl = https://x:fake%2Fone@git.heroku.com/app.git\n";
        let texts: Vec<_> =
            secrets(config, HOST).iter().map(|secret| String::from_utf8_lossy(secret).into_owned()).collect();
        assert_eq!(texts, ["fake%2Fone", "fake/one"]);
    }
}
