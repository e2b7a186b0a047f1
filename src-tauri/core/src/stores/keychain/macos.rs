//! The login keychain, with the generic passwords of the Heroku CLI: service `heroku-cli`, account = email.
//!
//! They are read and written through `/usr/bin/security`, as the CLI does: the system lets the program that made an
//! entry read it without asking, and any other only once the person has allowed it.

use std::ffi::c_void;
use std::sync::Arc;

use keyring_core::{CredentialStore, Result};

use super::logins::{self, Logins};
use super::security::Security;
use super::{Trouble, Unlock, failure, no_access};
use crate::base::env::Env;

pub(super) const BACKEND: &str = Security::BACKEND;
pub(super) const HOW_TO_UNLOCK: &str =
    "Unlock it (in Keychain Access, or with `security unlock-keychain`), then try again.";
pub(super) const HOW_TO_START: &str =
    "Make a login keychain in Keychain Access, or store the token in .netrc.";

const PROGRAM: &str = "/usr/bin/security";
/// `kSecUnlockStateStatus` of `SecKeychain.h`.
const UNLOCKED: u32 = 1;

pub(super) fn connect(env: &Env, unlock: Unlock) -> Result<Arc<CredentialStore>> {
    open(unlock)?;
    let limit = if unlock == Unlock::Ask { env.limits.unlock } else { env.limits.keychain };
    Ok(logins::store(Security::new(PROGRAM, env, limit)))
}

pub(super) fn ready(env: &Env) -> Result<()> {
    Security::new(PROGRAM, env, env.limits.unlock).unlock()
}

/// `security` makes the system ask the person to unlock a locked keychain, whoever started it. So where nobody is to be
/// asked it is not started.
pub(super) fn open(unlock: Unlock) -> Result<()> {
    if unlock == Unlock::Ask || is_unlocked()? { Ok(()) } else { Err(no_access(Trouble::Locked)) }
}

#[expect(unsafe_code, reason = "no crate has this call, which asks nobody")]
fn is_unlocked() -> Result<bool> {
    #[link(name = "Security", kind = "framework")]
    unsafe extern "C" {
        fn SecKeychainGetStatus(keychain: *const c_void, status: *mut u32) -> i32;
    }
    let mut status = 0;
    // SAFETY: null is the default keychain; the status is written before the call returns.
    let code = unsafe { SecKeychainGetStatus(std::ptr::null(), &raw mut status) };
    match code {
        0 => Ok(status & UNLOCKED != 0),
        code => Err(failure(Trouble::Missing(format!("the default keychain has no status: {code}")))),
    }
}
