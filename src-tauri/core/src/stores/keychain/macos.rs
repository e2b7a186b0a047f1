//! macOS's login keychain, with the generic passwords of the Heroku CLI.
//!
//! Like the CLI, Herokey reads and writes them with `/usr/bin/security`: the system lets the program that made an entry
//! read it without asking, but any other program only once the user has allowed it.

use std::ffi::c_void;
use std::sync::Arc;

use keyring_core::{CredentialStore, Result};

use super::backend::{self, Backend};
use super::security::Security;
use super::{KeychainFailure, Unlock, failure, no_access};
use crate::base::env::Env;

pub(super) const BACKEND: &str = Security::NAME;
pub(super) const HOW_TO_UNLOCK: &str =
    "Unlock it (in Keychain Access, or with `security unlock-keychain`), then try again.";
pub(super) const HOW_TO_START: &str =
    "Create a login keychain in Keychain Access, or store the token in .netrc.";

const PROGRAM: &str = "/usr/bin/security";
/// `kSecUnlockStateStatus` of `SecKeychain.h`.
const UNLOCKED: u32 = 1;

pub(super) fn connect(env: &Env, unlock: Unlock) -> Result<Arc<CredentialStore>> {
    open(unlock)?;
    Ok(backend::store(Security::new(PROGRAM, env, unlock.timeout(env))))
}

pub(super) fn unlock_for_writing(env: &Env) -> Result<()> {
    Security::new(PROGRAM, env, env.limits.unlock).unlock()
}

pub(super) fn unlock(env: &Env) -> Result<()> {
    unlock_for_writing(env)
}

/// Fails if the keychain is locked and must not ask: `security` would make the system ask the user to unlock it.
pub(super) fn open(unlock: Unlock) -> Result<()> {
    if unlock == Unlock::Ask || is_unlocked()? { Ok(()) } else { Err(no_access(KeychainFailure::Locked)) }
}

#[expect(unsafe_code, reason = "no crate has this call, which does not prompt the user")]
fn is_unlocked() -> Result<bool> {
    #[link(name = "Security", kind = "framework")]
    unsafe extern "C" {
        fn SecKeychainGetStatus(keychain: *const c_void, status: *mut u32) -> i32;
    }
    let mut status = 0;
    // SAFETY: null means the default keychain; the call writes the status before it returns.
    let code = unsafe { SecKeychainGetStatus(std::ptr::null(), &raw mut status) };
    match code {
        0 => Ok(status & UNLOCKED != 0),
        code => Err(failure(KeychainFailure::Missing(format!("the default keychain has no status: {code}")))),
    }
}
