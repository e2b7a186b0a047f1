//! Windows' `PasswordVault`, through `WinRT`: not written yet, and it says so.

use std::sync::Arc;

use keyring_core::CredentialStore;

use super::{Trouble, Unlock};
use crate::env::Env;

pub(super) const BACKEND: &str = "windows-password-vault";

/// Always [`Trouble::Unsupported`]: a token must not be written where this code could not read it back.
pub(super) fn connect(_env: &Env, _unlock: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    Err(unsupported())
}

/// Always [`Trouble::Unsupported`].
pub(super) fn ready(_env: &Env) -> keyring_core::Result<()> {
    Err(unsupported())
}

fn unsupported() -> keyring_core::Error {
    let trouble =
        Trouble::Unsupported("reading and writing the PasswordVault through WinRT is not supported yet");
    keyring_core::Error::PlatformFailure(Box::new(trouble))
}
