//! Windows' `PasswordVault`, with the credentials of the Heroku CLI: their resource is `heroku-cli`, and their user name
//! is the email.
//!
//! Each call runs on its own thread and opens the vault anew. The thread initializes no COM apartment, so the `windows`
//! crate puts it into the process's multithreaded one, whichever the program's other threads use.

use std::sync::Arc;

use keyring_core::{CredentialStore, Error, Result};
use windows::Security::Credentials::{PasswordCredential, PasswordVault};
use windows::core::{HRESULT, HSTRING};

use super::backend::{self, Backend};
use super::{KeychainFailure, Unlock, failure, no_access};
use crate::base::env::Env;

pub(super) const BACKEND: &str = Vault::NAME;
pub(super) const HOW_TO_UNLOCK: &str = "Sign in to Windows again, then try again.";
pub(super) const HOW_TO_START: &str =
    "Start the service Credential Manager (VaultSvc), or store the token in _netrc.";

/// `HRESULT_FROM_WIN32(ERROR_NOT_FOUND)`: the vault has no such credential.
const NOT_FOUND: HRESULT = HRESULT::from_win32(1168);
/// `E_ACCESSDENIED`.
const ACCESS_DENIED: HRESULT = HRESULT::from_win32(5);
/// `REGDB_E_CLASSNOTREG`: the system has no vault.
const NO_SUCH_CLASS: HRESULT = HRESULT(0x8004_0154_u32.cast_signed());
/// `ERROR_SERVICE_DISABLED` and `ERROR_SERVICE_NOT_ACTIVE`: the vault's service does not run.
const NO_SERVICE: [HRESULT; 2] = [HRESULT::from_win32(1058), HRESULT::from_win32(1062)];
/// `ERROR_NO_SUCH_LOGON_SESSION`: the session has no vault, for example over SSH.
const NO_SESSION: HRESULT = HRESULT::from_win32(1312);

/// The vault is open while the user is signed in to Windows, and never prompts.
pub(super) fn connect(_: &Env, _: Unlock) -> Result<Arc<CredentialStore>> {
    vault()?;
    Ok(backend::store(Vault))
}

pub(super) fn unlock_for_writing(_: &Env) -> Result<()> {
    vault().map(drop)
}

pub(super) fn unlock(env: &Env) -> Result<()> {
    unlock_for_writing(env)
}

#[derive(Debug)]
struct Vault;

impl Backend for Vault {
    const NAME: &str = "windows-password-vault";

    fn get(&self, service: &str, account: &str) -> Result<Vec<u8>> {
        let credential = retrieve(service, account)?;
        credential.RetrievePassword().map_err(trouble)?;
        Ok(credential.Password().map_err(trouble)?.to_string_lossy().into_bytes())
    }

    /// Replaces an existing credential, because the vault keeps only one for each resource and user name.
    fn set(&self, service: &str, account: &str, secret: &[u8]) -> Result<()> {
        let secret = std::str::from_utf8(secret)
            .map_err(|_| failure(KeychainFailure::Failed("the vault keeps only text".to_owned())))?;
        let credential =
            PasswordCredential::CreatePasswordCredential(&service.into(), &account.into(), &secret.into());
        vault()?.Add(&credential.map_err(trouble)?).map_err(trouble)
    }

    fn remove(&self, service: &str, account: &str) -> Result<()> {
        vault()?.Remove(&retrieve(service, account)?).map_err(trouble)
    }

    fn accounts(&self, service: &str) -> Result<Vec<String>> {
        let found = match vault()?.FindAllByResource(&service.into()) {
            Err(error) if error.code() == NOT_FOUND => return Ok(Vec::new()),
            other => other.map_err(trouble)?,
        };
        let mut accounts = Vec::new();
        for credential in found {
            accounts.push(credential.UserName().map_err(trouble)?.to_string_lossy());
        }
        Ok(accounts)
    }
}

fn vault() -> Result<PasswordVault> {
    PasswordVault::new().map_err(trouble)
}

fn retrieve(service: &str, account: &str) -> Result<PasswordCredential> {
    vault()?.Retrieve(&HSTRING::from(service), &HSTRING::from(account)).map_err(trouble)
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes a value")]
fn trouble(error: windows::core::Error) -> Error {
    match error.code() {
        NOT_FOUND => Error::NoEntry,
        ACCESS_DENIED => no_access(KeychainFailure::Denied),
        NO_SUCH_CLASS | NO_SESSION => failure(KeychainFailure::Missing(error.to_string())),
        code if NO_SERVICE.contains(&code) => failure(KeychainFailure::Missing(error.to_string())),
        _ => failure(KeychainFailure::Failed(error.to_string())),
    }
}
