//! Link: point the Heroku CLI at a token that is in the keychain already.

use super::{Done, Start};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::ledger::undo;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::login_json;

/// Writes an account with a token in the keychain into `login.json`. A CLI that could not read the keychain deletes
/// that file and is logged out, though the token is still there (INTEROP.md, "login.json").
pub(super) fn link(start: &Start<'_>, account: &str) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        if Keychain::open(env, Unlock::Ask)?.get(account)?.is_none() {
            return Err(Error::new(Code::NotLoggedIn, format!("The keychain has no token of {account}."))
                .means("Nothing was changed.")
                .next_step("See `herokey status` for what is there, or log in."));
        }
        point_at(env, account)?;
        let note = if env.netrc_only() {
            "HEROKU_NETRC_WRITE=true still keeps the Heroku CLI from looking into the keychain."
        } else if !stores::cli_reads_keychain(env) {
            "The Heroku CLI cannot see the keychain until the package libsecret-tools is installed."
        } else {
            ""
        };
        Ok(Done { what: format!("The Heroku CLI uses the token of {account}."), note: note.to_owned() })
    })
}

/// Writes the account, and how to take that back.
fn point_at(env: &Env, account: &str) -> Result<()> {
    let path = login_json::path(env);
    let (before, after) = (login_json::bytes(env)?, login_json::naming(account));
    let before = before.as_ref().map(|bytes| bytes.as_slice());
    if before != Some(&after) {
        let back = format!("{} names whom it named.", env.tilde(&path));
        undo::draft(env, &back).file(&path, before, Some(&after), &[]).keep(env)?;
    }
    login_json::write(env, account)
}
