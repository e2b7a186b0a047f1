//! The files of the CLI's plugin `heroku-accounts`: one an account, YAML with `username` and, where the plugin keeps
//! tokens itself, `password` in plain text (INTEROP.md, "Where the CLI keeps a token").

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::file;
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::token::Token;

/// More than such a file ever holds.
const LIMIT: u64 = 64 << 10;

/// The files that hold a token, and their tokens.
pub fn tokens(env: &Env) -> Result<Vec<(PathBuf, Token)>> {
    let folder = folder(env);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(env, &folder, "read", &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(env, &folder, "read", &error))?.path();
        if !path.is_file() {
            continue;
        }
        let bytes = file::read(&path, LIMIT).map_err(|error| failed(env, &path, "read", &error))?;
        let bytes = bytes.unwrap_or_default();
        if let Some(token) = password(&bytes).and_then(|place| token_at(&bytes, place)) {
            found.push((path, token));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Puts a token in the place of the one in a file, changes nothing else, and reads it back.
pub fn put(env: &Env, path: &Path, token: &Token) -> Result<()> {
    let replaced = || {
        // What is linked to is written, so that a link stays a link.
        let target = dunce::canonicalize(path)?;
        // One action writes at a time, so what stands beside it is a killed one's.
        file::sweep(&target)?;
        let bytes = file::read(&target, LIMIT)?.unwrap_or_default();
        let place = password(&bytes).ok_or_else(|| io::Error::other("it holds no password any more"))?;
        let (head, tail) = (&bytes[..place.start], &bytes[place.end..]);
        let after = Zeroizing::new([head, token.expose().as_bytes(), tail].concat());
        file::write(&target, &after)?;
        let written = file::read(&target, LIMIT)?.unwrap_or_default();
        if written == after { Ok(()) } else { Err(io::Error::other("what was written did not read back")) }
    };
    replaced().map_err(|error| failed(env, path, "write", &error))
}

/// A file's password, as it stands there.
pub(crate) fn password_in(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    bytes.get(password(bytes)?).map(|value| Zeroizing::new(value.to_vec()))
}

/// A file without the line of its password.
pub(crate) fn without_password(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let place = password(bytes)?;
    let start = bytes[..place.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[place.end..].iter().position(|byte| *byte == b'\n');
    let end = end.map_or(bytes.len(), |end| place.end + end + 1);
    Some(Zeroizing::new([&bytes[..start], &bytes[end..]].concat()))
}

/// `~/.heroku/accounts` if it is there, else `~/.config/heroku/accounts`, as the plugin looks.
fn folder(env: &Env) -> PathBuf {
    let old = env.home().join(".heroku/accounts");
    if old.is_dir() { old } else { env.home().join(".config/heroku/accounts") }
}

/// Where the value of `password` stands, without its quotes. Older files were written by Ruby: `:password:`.
fn password(bytes: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let value = line.strip_prefix(b":").unwrap_or(line).strip_prefix(b"password:");
        if let Some(value) = value {
            let padding = value.len() - value.trim_ascii_start().len();
            let from = start + line.len() - value.len() + padding;
            let value = value.trim_ascii();
            let quoted = value.len() > 1 && matches!(value[0], b'\'' | b'"') && value.ends_with(&value[..1]);
            let quotes = usize::from(quoted);
            return Some(from + quotes..from + value.len() - quotes);
        }
        start += line.len();
    }
    None
}

fn token_at(bytes: &[u8], place: Range<usize>) -> Option<Token> {
    bytes.get(place).and_then(|value| std::str::from_utf8(value).ok()).and_then(Token::parse)
}

fn failed(env: &Env, path: &Path, verb: &str, error: &io::Error) -> Error {
    Error::new(Code::AccountsFileFailed, format!("Could not {verb} {}.", env.tilde(path)))
        .means("It is as it was.")
        .fix("Mend what the detail says, then try again.")
        .detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Token {
        Token::parse(text).unwrap()
    }

    #[test]
    fn only_the_token_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        assert!(tokens(&env).unwrap().is_empty());
        let folder = home.path().join(".config/heroku/accounts");
        std::fs::create_dir_all(&folder).unwrap();
        let files = [
            ("home", "username: me@example.com\npassword: HRKU-fake-one\n"),
            ("quoted", "password: 'HRKU-fake-one'\r\nusername: me@example.com # me\r\n"),
            ("ruby", "---\n:username: me@example.com\n:password:   \"HRKU-fake-one\""),
        ];
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        std::fs::write(folder.join("keychain"), "username: me@example.com\n").unwrap();
        let found = tokens(&env).unwrap();
        assert_eq!(found.len(), files.len());
        for ((path, held), (name, text)) in found.iter().zip(files) {
            assert_eq!((path, held), (&folder.join(name), &token("HRKU-fake-one")));
            put(&env, path, &token("HRKU-fake-longer")).unwrap();
            let expected = text.replace("HRKU-fake-one", "HRKU-fake-longer");
            assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
        }
        let error = put(&env, &folder.join("keychain"), &token("HRKU-fake-new")).unwrap_err();
        assert_eq!(error.code, Code::AccountsFileFailed);
    }

    #[test]
    fn the_old_folder_is_looked_into_first() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        for folder in [".config/heroku/accounts", ".heroku/accounts"] {
            std::fs::create_dir_all(home.path().join(folder)).unwrap();
            std::fs::write(home.path().join(folder).join("me"), "password: HRKU-fake-one\n").unwrap();
        }
        let paths: Vec<_> = tokens(&env).unwrap().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, [home.path().join(".heroku/accounts/me")]);
    }
}
