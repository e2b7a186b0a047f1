//! The files of `heroku accounts`: one an alias, YAML with `username` and, in netrc mode, `password` in plain text
//! (INTEROP.md, "Accounts files").

use std::io;
use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use super::file;
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::token::{Token, Trace};

/// More than a name and a token need.
const LARGEST: u64 = 64 << 10;
/// More accounts than anybody has.
const MOST: usize = 256;

/// One account, under its alias.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountFile {
    /// The alias: the file's name.
    pub alias: String,
    /// The file.
    pub path: PathBuf,
    /// The path as a person writes it.
    pub shown: String,
    /// The account's email; the CLI lists no file without one.
    pub username: String,
    /// The trace of the token in it; `None` where there is none.
    pub trace: Option<Trace>,
}

/// The folder: `~/.heroku/accounts` if `~/.heroku` exists, else `~/.config/heroku/accounts`, as the CLI finds it.
pub fn folder(env: &Env) -> PathBuf {
    let legacy = env.home().join(".heroku");
    if legacy.exists() { legacy } else { env.home().join(".config/heroku") }.join("accounts")
}

/// The accounts that the CLI would list, by alias; `None` where there is no folder.
pub fn list(env: &Env) -> Result<Option<Vec<AccountFile>>> {
    let folder = folder(env);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(env, &folder, &error)),
    };
    let mut accounts = Vec::new();
    for entry in entries.take(MOST) {
        let path = entry.map_err(|error| failed(env, &folder, &error))?.path();
        // What is no file, or cannot be read, is no account for the CLI either.
        let Ok(Some(text)) = file::read(&path, LARGEST) else { continue };
        let Some((username, token)) = parse(&text) else { continue };
        accounts.push(AccountFile {
            alias: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            shown: env.tilde(&path),
            path,
            username,
            trace: token.map(|token| token.trace()),
        });
    }
    accounts.sort_by(|one, other| one.alias.cmp(&other.alias));
    Ok(Some(accounts))
}

/// The token in an account's file, for the action that moves it; `None` where there is none.
pub fn token(account: &AccountFile) -> io::Result<Option<Token>> {
    Ok(file::read(&account.path, LARGEST)?.and_then(|text| parse(&text)).and_then(|(_, token)| token))
}

/// Reads the mapping of two plain or quoted scalars that the CLI writes, and the Ruby symbols (`:username`) of the
/// plugin before it. Anything else in YAML is not an account here.
fn parse(bytes: &[u8]) -> Option<(String, Option<Token>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let line = line.strip_prefix(':').unwrap_or(line);
            scalar(line.strip_prefix(name)?.strip_prefix(':')?)
        })
    };
    let username = value("username").filter(|name| !name.is_empty())?;
    Some((username.to_string(), value("password").and_then(|password| Token::parse(&password))))
}

/// A YAML scalar on one line: plain up to a comment, or in quotes.
fn scalar(text: &str) -> Option<Zeroizing<String>> {
    let trimmed = text.trim();
    if !text.starts_with([' ', '\t']) {
        return None;
    }
    let value = match trimmed.chars().next()? {
        '"' => {
            let inner = trimmed[1..].split('"').next()?;
            // An escape is not something that a name or a token has.
            if inner.contains('\\') { None } else { Some(inner) }
        }
        '\'' => trimmed[1..].split('\'').next(),
        '#' | '|' | '>' | '&' | '*' | '!' | '{' | '[' => None,
        _ => trimmed.split(" #").next().map(str::trim_end),
    };
    value.filter(|value| !matches!(*value, "null" | "~")).map(|value| Zeroizing::new(value.to_owned()))
}

fn failed(env: &Env, folder: &std::path::Path, error: &io::Error) -> Error {
    Error::new(Code::AccountsFailed, format!("Could not read {}.", env.tilde(folder)))
        .means("It is not known whether the accounts there hold tokens in plain text.")
        .fix("Check the folder's owner and mode, then try again.")
        .detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Option<String>)> {
        parse(text.as_bytes()).map(|(name, token)| (name, token.map(|token| token.expose().to_owned())))
    }

    #[test]
    fn reads_what_the_cli_and_its_plugin_write() {
        let me = || "me@example.com".to_owned();
        let fake = || Some("HRKU-fake-one".to_owned());
        assert_eq!(parsed("username: me@example.com\npassword: HRKU-fake-one\n"), Some((me(), fake())));
        assert_eq!(
            parsed("---\n:username: me@example.com\n:password: HRKU-fake-one\n"),
            Some((me(), fake()))
        );
        assert_eq!(
            parsed("username: 'me@example.com'\npassword: \"HRKU-fake-one\" # mine\n"),
            Some((me(), fake()))
        );
        assert_eq!(parsed("username: me@example.com\n"), Some((me(), None)));
        assert_eq!(parsed("password: HRKU-fake-one\n"), None, "the CLI lists no account without a name");
        assert_eq!(parsed("username:\n"), None);
        assert_eq!(parsed("not yaml"), None);
    }

    #[test]
    fn the_old_folder_comes_first() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        assert_eq!(list(&env).unwrap(), None);
        let new = home.path().join(".config/heroku/accounts");
        std::fs::create_dir_all(&new).unwrap();
        std::fs::write(new.join("work"), "username: me@example.com\npassword: HRKU-fake-one\n").unwrap();
        std::fs::create_dir(new.join("folder")).unwrap();
        let accounts = list(&env).unwrap().unwrap();
        assert_eq!(accounts.len(), 1);
        let shown = accounts[0].shown.replace('\\', "/");
        assert_eq!((accounts[0].alias.as_str(), shown.as_str()), ("work", "~/.config/heroku/accounts/work"));
        assert_eq!(token(&accounts[0]).unwrap().unwrap().trace(), accounts[0].trace.clone().unwrap());
        std::fs::create_dir(home.path().join(".heroku")).unwrap();
        assert_eq!(list(&env).unwrap(), None);
    }
}
