//! Link: points the Heroku CLI at a token that is already in the keychain.

use super::{Done, Start};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::ledger::undo;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::login_json;

/// Writes an account that has a token in the keychain into `login.json`. When the Heroku CLI cannot read the keychain, it
/// deletes that file and is logged out, although the token is still there (INTEROP.md, "login.json").
pub(super) fn link(start: &Start<'_>, account: &str) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        if Keychain::open(env, Unlock::Ask)?.get(account)?.is_none() {
            return Err(Error::new(Code::NotLoggedIn, format!("The keychain has no token for {account}."))
                .means("Nothing was changed.")
                .next_step("Run `herokey accounts` to see which accounts have a token, or log in."));
        }
        point_at(env, account)?;
        let note = if env.netrc_only() {
            "The Heroku CLI still ignores the keychain, because HEROKU_NETRC_WRITE=true is set."
        } else if !stores::cli_reads_keychain(env) {
            "The Heroku CLI cannot read the keychain until you install the package libsecret-tools."
        } else {
            ""
        };
        Ok(Done { what: format!("The Heroku CLI now uses the token for {account}."), note: note.to_owned() })
    })
}

/// Records how to undo the change, then writes the account into `login.json`.
fn point_at(env: &Env, account: &str) -> Result<()> {
    let path = login_json::path(env);
    let (before, after) = (login_json::bytes(env)?, login_json::content_for(account));
    let before = before.as_ref().map(|bytes| bytes.as_slice());
    if before != Some(&after) {
        let back = format!("{} names the same account as before.", env.tilde(&path));
        undo::draft(env, &back).file(&path, before, Some(&after), undo::Secrets::These(&[])).save(env)?;
    }
    login_json::write(env, account)
}
