//! `login.json`, which names the account whose token the Heroku CLI reads from the keychain (INTEROP.md, "login.json").

use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;
use serde::Serialize;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::text;

/// More than any email address needs.
const MAX_BYTES: u64 = 64 << 10;

#[derive(Serialize)]
struct LoginState {
    account: String,
}

/// The path of the file, whether it exists or not.
pub(crate) fn path(env: &Env) -> PathBuf {
    env.heroku_data_dir().join("login.json")
}

/// The account that it names. `None` if there is no file, or the CLI would not understand it either. Fails if the name is
/// not [plain](text::is_plain).
pub(crate) fn read(env: &Env) -> Result<Option<String>> {
    // As lenient as the CLI: the last of two `account` keys wins, and a list is not an object.
    let state = bytes(env)?.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let account = state.as_ref().and_then(|state| state.get("account")?.as_str());
    let Some(account) = account.filter(|account| !account.is_empty()) else { return Ok(None) };
    require_plain(env, account)?;
    Ok(Some(account.to_owned()))
}

/// The name of an account is shown, and tokens are stored under it.
fn require_plain(env: &Env, account: &str) -> Result<()> {
    if text::is_plain(account) {
        return Ok(());
    }
    let garbled = std::io::Error::other("the account's name has invisible characters, or is very long");
    Err(failed(env, "use", &garbled))
}

/// Its content. `None` if there is no file.
pub(crate) fn bytes(env: &Env) -> Result<Option<Zeroizing<Vec<u8>>>> {
    files::read(&path(env), MAX_BYTES).map_err(|error| failed(env, "read", &error))
}

/// The content that names this account, as the CLI would write it.
pub(crate) fn content_for(account: &str) -> Vec<u8> {
    format!("{}\n", serde_json::json!(LoginState { account: account.to_owned() })).into_bytes()
}

/// Writes the file for an account.
pub(crate) fn write(env: &Env, account: &str) -> Result<()> {
    require_plain(env, account)?;
    let written = files::private_folder(&env.heroku_data_dir()).and_then(|()| {
        files::sweep(&path(env))?;
        files::write(&path(env), &content_for(account))
    });
    written.map_err(|error| failed(env, "write", &error))
}

/// Removes the file. True if it existed.
pub(crate) fn remove(env: &Env) -> Result<bool> {
    files::remove(&path(env)).map_err(|error| failed(env, "remove", &error))
}

fn failed(env: &Env, verb: &str, error: &std::io::Error) -> Error {
    let path = env.tilde(&path(env));
    Error::new(Code::LoginStateFailed, format!("Could not {verb} {path}."))
        .means("Without it the Heroku CLI does not find the token in the keychain.")
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
    fn ignores_a_file_that_the_cli_would_not_understand() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HEROKU_DATA_DIR", home.path())]);
        for content in ["", "{}", "{\"account\":\"\"}", "{\"account\":7}", "not json"] {
            std::fs::write(path(&env), content).unwrap();
            assert_eq!(read(&env).unwrap(), None, "{content}");
        }
    }
}
