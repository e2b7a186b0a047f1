//! SSH keys of the account: add one, remove one.

use super::{Done, Runner, run};
use crate::error::{Code, Error, Result};
use crate::journal::Verb;
use crate::platform::keys::{self, PublicKey};
use crate::store::keychain::Unlock;
use crate::store::lookup;

/// Adds a public key to the account.
pub fn add_key(runner: &Runner<'_>, key: &PublicKey) -> Result<Done> {
    run(runner, Verb::SshKeys, |steps| {
        let token = lookup::require_token(steps.env(), Unlock::Ask)?.token;
        let added = keys::add(&runner.heroku()?, &token, key).map_err(|error| match error.code {
            Code::HerokuUnreachable | Code::HerokuGarbled | Code::HerokuError => {
                error.means("The key may have been added all the same: see `herokey keys`.")
            }
            _ => error.means("The key was not added."),
        })?;
        Ok(Done { what: format!("Key {} added.", added.fingerprint), note: String::new() })
    })
}

/// Removes a key from the account, by its fingerprint or id.
pub fn remove_key(runner: &Runner<'_>, key: &str) -> Result<Done> {
    run(runner, Verb::SshKeys, |steps| {
        let token = lookup::require_token(steps.env(), Unlock::Ask)?.token;
        let removed = keys::remove(&runner.heroku()?, &token, key)
            .map_err(|error| error.means("The key may still be there: see `herokey keys`."))?;
        if !removed {
            return Err(Error::new(Code::NotFound, format!("The account has no key {key}."))
                .means("No key was removed.")
                .fix("See `herokey keys` for what is there."));
        }
        Ok(Done { what: format!("Key {key} removed."), note: String::new() })
    })
}
