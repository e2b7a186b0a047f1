//! Fixes that change the keychain.

use std::path::Path;

use super::super::{Done, Steps};
use super::{file, machine_changed};
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::base::token::Token;
use crate::heroku::account;
use crate::insight::remedy::Fix;
use crate::ledger::undo;
use crate::ledger::undo::{Entries, Secrets};
use crate::stores::accounts_files;
use crate::stores::keychain::{Keychain, Unlock};

/// Keeps one keychain entry of an account. If the tokens differ, that is the newest one that Heroku accepts; the others
/// are kept for undo.
pub(super) fn one_entry(steps: &mut Steps<'_>, account: &str) -> Result<Done> {
    let env = steps.env().clone();
    let keychain = Keychain::open(&env, Unlock::Ask)?;
    let before = keychain.secrets(account)?;
    let newest = before.last().filter(|_| before.len() > 1).ok_or_else(machine_changed)?;
    let (kept, why) = if before.iter().all(|secret| secret == newest) {
        (newest.clone(), "")
    } else {
        choose(steps, account, &before)?
    };
    let after = vec![kept.clone()];
    let entries = Entries { account: account.to_owned(), before, after };
    let undone = format!("The previous entries for {account} are back in the keychain.");
    undo::draft(&env, &undone).entries(&entries).save(&env)?;
    keychain.keep_only(account, &entries.after)?;
    Ok(Done { what: format!("The keychain now has one entry for {account}."), note: why.to_owned() })
}

/// Moves the token of a file into the keychain: stores it there and reads it back, then removes it from the file. If
/// that is interrupted, both hold the token.
pub(super) fn accounts_token(steps: &mut Steps<'_>, fix: &Fix, path: &Path, account: &str) -> Result<Done> {
    let env = steps.env().clone();
    let found = accounts_files::tokens(&env)?.into_iter().find(|held| held.path == path);
    let token = found.ok_or_else(machine_changed)?.token;
    let keychain = Keychain::open(&env, Unlock::Ask)?;
    let before = keychain.secrets(account)?;
    match keychain.get(account)? {
        Some(other) if other != token => {
            return Err(Error::new(
                Code::CannotFix,
                format!("The keychain has another token for {account}, {}.", other.trace().masked),
            )
            .means(format!("Both tokens stay where they are. The file has {}.", token.trace().masked))
            .next_step(format!(
                "If you do not need the one in the keychain, run `herokey forget keychain --account {account}`."
            )));
        }
        _ => {}
    }
    let (what, undone) = fix.messages(&env);
    let is_stored = !before.is_empty();
    let after = if is_stored { before.clone() } else { vec![Bytes::new(token.expose().into())] };
    let entries = Entries { account: account.to_owned(), before, after };
    file::change(&env, path, |now| {
        let now = now.ok_or_else(machine_changed)?;
        let without = fix.apply(&env, now)?;
        // If an interrupted fix recorded this change, its record also covers the new entry.
        if !undo::is_recorded(&env, path, now, &without)? {
            let change = undo::draft(&env, &undone).of(account);
            let change = change.file(path, Some(now), Some(&without), Secrets::Everything);
            if is_stored { change } else { change.entries(&entries) }.save(&env)?;
        }
        if !is_stored {
            keychain.set(account, &token)?;
            steps.done("Stored the token in the keychain and read it back")?;
        }
        Ok(Some(without))
    })?;
    Ok(Done { what, note: String::new() })
}

/// Chooses the newest entry that Heroku accepts for this account. If it accepts none or cannot be reached, that is the
/// newest entry, which the Heroku CLI uses. Returns the reason, too.
fn choose(steps: &Steps<'_>, account: &str, secrets: &[Bytes]) -> Result<(Bytes, &'static str)> {
    let newest = secrets.last().ok_or_else(machine_changed)?;
    let heroku = steps.runner.heroku()?;
    for secret in secrets.iter().rev() {
        let Some(token) = std::str::from_utf8(secret).ok().and_then(Token::parse) else { continue };
        match account::of(&heroku, &token) {
            Ok(found) if found.email == account => {
                return Ok((secret.clone(), "It is the newest one that Heroku accepts."));
            }
            Ok(_) => {}
            Err(error) if error.code == Code::TokenRefused => {}
            Err(error) if error.code == Code::Cancelled => return Err(error),
            Err(_) => {
                return Ok((
                    newest.clone(),
                    "Heroku could not be reached, so it is the newest one, which heroku uses.",
                ));
            }
        }
    }
    Ok((newest.clone(), "Heroku accepts none of them, so it is the newest one, which heroku uses."))
}
