//! `login.json`: whose token the Heroku CLI takes from the keychain (INTEROP.md, "login.json").

use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;
use serde::Serialize;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;

/// More than any email address needs.
const LIMIT: u64 = 64 << 10;

#[derive(Serialize)]
struct LoginState {
    account: String,
}

/// Where the file is, whether it exists or not.
pub fn path(env: &Env) -> PathBuf {
    env.heroku_data_dir().join("login.json")
}

/// The account it names; `None` where there is no file, or one that the CLI would not understand either.
pub fn read(env: &Env) -> Result<Option<String>> {
    // Loosely, as the CLI does: of two accounts the last one, and no list in the place of an object.
    let state = bytes(env)?.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let account = state.as_ref().and_then(|state| state.get("account")?.as_str());
    Ok(account.filter(|account| !account.is_empty()).map(str::to_owned))
}

/// What it holds; `None` where there is no file.
pub(crate) fn bytes(env: &Env) -> Result<Option<Zeroizing<Vec<u8>>>> {
    files::read(&path(env), LIMIT).map_err(|error| failed(env, "read", &error))
}

/// What it holds where it names this account.
pub(crate) fn naming(account: &str) -> Vec<u8> {
    format!("{}\n", serde_json::json!(LoginState { account: account.to_owned() })).into_bytes()
}

/// Points it at an account, with the bytes that the CLI would write.
pub fn write(env: &Env, account: &str) -> Result<()> {
    let written = files::private_folder(&env.heroku_data_dir()).and_then(|()| {
        files::sweep(&path(env))?;
        files::write(&path(env), &naming(account))
    });
    written.map_err(|error| failed(env, "write", &error))
}

/// Removes it; true if it was there.
pub fn remove(env: &Env) -> Result<bool> {
    files::remove(&path(env)).map_err(|error| failed(env, "remove", &error))
}

fn failed(env: &Env, verb: &str, error: &std::io::Error) -> Error {
    let path = env.tilde(&path(env));
    Error::new(Code::LoginStateFailed, format!("Could not {verb} {path}."))
        .means("The Heroku CLI finds the token in the keychain through this file.")
        .next_step("Check the file's owner and mode, then try again.")
        .detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_the_cli_writes() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        assert_eq!(read(&env).unwrap(), None);
        write(&env, "me@example.com").unwrap();
        assert_eq!(std::fs::read(path(&env)).unwrap(), b"{\"account\":\"me@example.com\"}\n");
        assert_eq!(read(&env).unwrap().as_deref(), Some("me@example.com"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path(&env)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(remove(&env).unwrap());
        assert!(!remove(&env).unwrap());
    }

    #[test]
    fn takes_what_the_cli_would_not_understand_for_none() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HEROKU_DATA_DIR", home.path())]);
        for content in ["", "{}", "{\"account\":\"\"}", "{\"account\":7}", "not json"] {
            std::fs::write(path(&env), content).unwrap();
            assert_eq!(read(&env).unwrap(), None, "{content}");
        }
    }
}
