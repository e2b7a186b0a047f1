//! Adds and removes the account's SSH keys.

use super::{Done, Start};
use crate::base::error::{Code, Error, Result};
use crate::heroku::keys;
use crate::heroku::keys::PublicKey;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// Adds a public key to the account.
pub(super) fn add(start: &Start<'_>, key: &PublicKey) -> Result<Done> {
    start.run(|steps| {
        let token = lookup::require_token(steps.env(), Unlock::Ask)?.token;
        let added = keys::add(&start.runner.heroku()?, &token, key).map_err(|error| match error.code {
            Code::HerokuUnreachable | Code::HerokuGarbled | Code::HerokuError => {
                error.means("The key may have been added anyway; check with `herokey keys`.")
            }
            _ => error.means("The key was not added."),
        })?;
        Ok(Done { what: format!("Key {} added.", added.fingerprint), note: String::new() })
    })
}

/// Removes a key from the account, by its fingerprint or id.
pub(super) fn remove(start: &Start<'_>, key: &str) -> Result<Done> {
    start.run(|steps| {
        let token = lookup::require_token(steps.env(), Unlock::Ask)?.token;
        let removed = keys::remove(&start.runner.heroku()?, &token, key)
            .map_err(|error| error.means("The key may still be there; check with `herokey keys`."))?;
        if !removed {
            return Err(Error::new(Code::NotFound, format!("The account has no key {key}."))
                .means("No key was removed.")
                .next_step("Run `herokey keys` to see the account's keys."));
        }
        Ok(Done { what: format!("Key {key} removed."), note: String::new() })
    })
}
