//! The files of `heroku accounts`: one per alias, in YAML, with `username` and, in netrc mode, `password` in plain text
//! (INTEROP.md, "Accounts files").

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::files::Bytes;
use crate::base::text;
use crate::base::token::{Token, Trace};

/// More than a name and a token need.
const MAX_BYTES: u64 = 64 << 10;
/// More accounts than anybody has.
const MAX_FILES: usize = 256;

/// A file of `heroku accounts`.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountFile {
    /// The alias, which is the file's name.
    pub alias: String,
    /// The file's path.
    pub path: PathBuf,
    /// The path for display.
    pub shown: String,
    /// The account's email. The CLI lists no file without one.
    pub username: String,
    /// The trace of the token, if the file holds one.
    pub trace: Option<Trace>,
}

/// A token in a file of `heroku accounts`.
#[derive(Debug)]
pub(crate) struct AccountToken {
    /// The file's path.
    pub path: PathBuf,
    /// The account's email. Empty if the file does not name one.
    pub username: String,
    /// The token.
    pub token: Token,
}

/// The folder with the files, as the CLI finds it: `~/.heroku/accounts` if `~/.heroku` exists, else
/// `~/.config/heroku/accounts`.
pub(crate) fn folder(env: &Env) -> PathBuf {
    let legacy = env.home().join(".heroku");
    if legacy.exists() { legacy } else { env.home().join(".config/heroku") }.join("accounts")
}

/// The accounts that the CLI would list, sorted by alias. `None` if there is no folder.
pub(crate) fn list(env: &Env) -> Result<Option<Vec<AccountFile>>> {
    let Some(paths) = paths(env)? else { return Ok(None) };
    // Like the CLI, this skips files that it cannot read.
    let account = |path: PathBuf| {
        let bytes = files::read(&path, MAX_BYTES).ok()??;
        let username = text_of(&bytes, "username").filter(|name| !name.is_empty())?;
        Some(AccountFile {
            alias: text::shown(&path.file_name().unwrap_or_default().to_string_lossy()),
            shown: env.tilde(&path),
            username: text::shown(username),
            trace: token_of(&bytes).map(|token| token.trace()),
            path,
        })
    };
    Ok(Some(paths.into_iter().filter_map(account).collect()))
}

/// Every token in the files, sorted by path. Fails if a file cannot be read, because it may hold one.
pub(crate) fn tokens(env: &Env) -> Result<Vec<AccountToken>> {
    let held = |path: PathBuf| match files::read(&path, MAX_BYTES) {
        Ok(bytes) => {
            let bytes = bytes.unwrap_or_default();
            let username = text::shown(text_of(&bytes, "username").unwrap_or_default());
            token_of(&bytes).map(|token| Ok(AccountToken { path, username, token }))
        }
        Err(error) => Some(Err(failed(env, &path, "read", &error))),
    };
    paths(env)?.unwrap_or_default().into_iter().filter_map(held).collect()
}

/// The token of an account; `None` if no file has one.
pub(crate) fn token_of_account(env: &Env, account: &str) -> Result<Option<Token>> {
    Ok(tokens(env)?.into_iter().find(|held| held.username == account).map(|held| held.token))
}

/// Replaces the token in a file, changes no other byte, makes the file readable only by its owner, and reads it back.
pub(crate) fn replace_token(env: &Env, path: &Path, token: &Token) -> Result<()> {
    let replace = || {
        // Write the target of a link, so that the link stays one.
        let target = dunce::canonicalize(path)?;
        // Only one action writes at a time, so a temporary file is left from a killed one.
        files::sweep(&target)?;
        let bytes = files::read(&target, MAX_BYTES)?.unwrap_or_default();
        let range =
            value(&bytes, "password").ok_or_else(|| io::Error::other("it no longer holds a password"))?;
        let (head, tail) = (&bytes[..range.start], &bytes[range.end..]);
        let after = Zeroizing::new([head, token.expose().as_bytes(), tail].concat());
        files::write(&target, &after)?;
        let written = files::read(&target, MAX_BYTES)?.unwrap_or_default();
        if written == after { Ok(()) } else { Err(io::Error::other("what was written did not read back")) }
    };
    replace().map_err(|error| failed(env, path, "write", &error))
}

/// The password in a file, without its quotes.
pub(crate) fn password_in(bytes: &[u8]) -> Option<Bytes> {
    bytes.get(value(bytes, "password")?).map(|value| Zeroizing::new(value.to_vec()))
}

/// The content of a file without the line of its password. `None` if it has none.
pub(crate) fn without_password(bytes: &[u8]) -> Option<Bytes> {
    let range = value(bytes, "password")?;
    let start = bytes[..range.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[range.end..].iter().position(|byte| *byte == b'\n');
    let end = end.map_or(bytes.len(), |end| range.end + end + 1);
    Some(Zeroizing::new([&bytes[..start], &bytes[end..]].concat()))
}

/// The paths of the files, sorted. `None` if there is no folder.
fn paths(env: &Env) -> Result<Option<Vec<PathBuf>>> {
    let folder = folder(env);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(env, &folder, "read", &error)),
    };
    let mut paths = Vec::new();
    for entry in entries.take(MAX_FILES) {
        let path = entry.map_err(|error| failed(env, &folder, "read", &error))?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(Some(paths))
}

fn token_of(bytes: &[u8]) -> Option<Token> {
    text_of(bytes, "password").and_then(Token::parse)
}

fn text_of<'a>(bytes: &'a [u8], name: &str) -> Option<&'a str> {
    std::str::from_utf8(bytes.get(value(bytes, name)?)?).ok()
}

/// The position of a key's value, without its quotes. Understands the plain and quoted scalars that the CLI writes, and
/// the Ruby symbols (`:username`) of the plugin before it, but no other YAML.
fn value(bytes: &[u8], name: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let rest = line.strip_prefix(b":").unwrap_or(line).strip_prefix(name.as_bytes());
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(b":")) {
            let from = start + line.len() - rest.len();
            return scalar(rest).map(|range| from + range.start..from + range.end);
        }
        start += line.len();
    }
    None
}

/// The position of a YAML scalar on one line: plain, up to a comment, or in quotes.
fn scalar(text: &[u8]) -> Option<Range<usize>> {
    let trimmed = text.trim_ascii_start();
    let from = text.len() - trimmed.len();
    if from == 0 {
        return None;
    }
    let (start, length) = match trimmed.first()? {
        quote @ (b'"' | b'\'') => {
            let inner = &trimmed[1..];
            let length = inner.iter().position(|byte| byte == quote)?;
            // Emails and tokens need no escapes.
            if *quote == b'"' && inner[..length].contains(&b'\\') {
                return None;
            }
            (from + 1, length)
        }
        b'#' | b'|' | b'>' | b'&' | b'*' | b'!' | b'{' | b'[' => return None,
        _ => {
            let comment = trimmed.windows(2).position(|pair| pair == b" #").unwrap_or(trimmed.len());
            (from, trimmed[..comment].trim_ascii_end().len())
        }
    };
    let range = start..start + length;
    let is_null = start == from && matches!(&text[range.clone()], b"null" | b"~");
    (!is_null).then_some(range)
}

fn failed(env: &Env, path: &Path, verb: &str, error: &io::Error) -> Error {
    Error::new(Code::AccountsFailed, format!("Could not {verb} {}.", env.tilde(path)))
        .means("It was not changed. It may hold a token in plain text.")
        .next_step("Fix the problem shown under \"Technical details\", then try again.")
        .detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<&str>, Option<&str>) {
        (text_of(text.as_bytes(), "username"), text_of(text.as_bytes(), "password"))
    }

    fn home(folder: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Env) {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
        for (name, text) in files {
            std::fs::write(home.path().join(folder).join(name), text).unwrap();
        }
        (home, env)
    }

    #[test]
    fn reads_what_the_cli_and_the_old_plugin_write() {
        let both = (Some("me@example.com"), Some("HRKU-fake-one"));
        for text in [
            "username: me@example.com\npassword: HRKU-fake-one\n",
            "---\n:username: me@example.com\n:password: HRKU-fake-one\n",
            "username: 'me@example.com'\npassword: \"HRKU-fake-one\" # mine\n",
            "password: HRKU-fake-one # mine\r\nusername:  me@example.com\r\n",
        ] {
            assert_eq!(read(text), both, "{text}");
        }
        assert_eq!(read("username: me@example.com\n"), (both.0, None));
        for text in ["username:\n", "username: null\npassword: ~\n", "password:x\n", "not yaml", ""] {
            assert_eq!(read(text), (None, None), "{text}");
        }
    }

    #[test]
    fn only_the_token_is_replaced() {
        let files = [
            ("home", "username: me@example.com\npassword: HRKU-fake-one\n"),
            ("nobody", "password: HRKU-fake-one"),
            ("quoted", "password: 'HRKU-fake-one'\r\nusername: me@example.com # me\r\n"),
            ("ruby", "---\n:username: me@example.com\n:password:   \"HRKU-fake-one\""),
        ];
        let (home, env) = home(".config/heroku/accounts", &files);
        let folder = home.path().join(".config/heroku/accounts");
        std::fs::write(folder.join("keychain"), "username: me@example.com\n").unwrap();
        std::fs::create_dir(folder.join("folder")).unwrap();
        let found = tokens(&env).unwrap();
        assert_eq!(found.len(), files.len());
        let longer = Token::parse("HRKU-fake-longer").unwrap();
        for (held, (name, text)) in found.iter().zip(files) {
            assert_eq!((held.path.clone(), held.token.expose()), (folder.join(name), "HRKU-fake-one"));
            replace_token(&env, &held.path, &longer).unwrap();
            let expected = text.replace("HRKU-fake-one", "HRKU-fake-longer");
            assert_eq!(std::fs::read_to_string(&held.path).unwrap(), expected);
        }
        let error = replace_token(&env, &folder.join("keychain"), &longer).unwrap_err();
        assert_eq!(error.code, Code::AccountsFailed);
        let listed = list(&env).unwrap().unwrap();
        let aliases: Vec<_> = listed.iter().map(|file| (file.alias.as_str(), file.trace.is_some())).collect();
        assert_eq!(aliases, [("home", true), ("keychain", false), ("quoted", true), ("ruby", true)]);
        assert_eq!(listed[0].shown.replace('\\', "/"), "~/.config/heroku/accounts/home");
    }

    #[test]
    fn only_the_line_of_the_password_is_removed() {
        let text = b"# work\nusername: me@example.com\npassword: 'HRKU-fake-one'\nmore: 1";
        assert_eq!(password_in(text).unwrap().as_slice(), b"HRKU-fake-one");
        let without = without_password(text).unwrap();
        assert_eq!(without.as_slice(), b"# work\nusername: me@example.com\nmore: 1");
        assert!(without_password(&without).is_none());
    }

    #[test]
    fn the_old_folder_is_used_if_its_parent_exists() {
        let (home, env) = home(".config/heroku/accounts", &[("me", "username: me@example.com\n")]);
        assert_eq!(list(&env).unwrap().unwrap().len(), 1);
        std::fs::create_dir(home.path().join(".heroku")).unwrap();
        assert_eq!(list(&env).unwrap(), None);
        assert!(tokens(&env).unwrap().is_empty());
    }
}
