//! Fixes that change the keychain.

use std::path::Path;

use super::super::{Done, Steps};
use super::{file, not_as_it_was};
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::base::token::Token;
use crate::heroku::account;
use crate::insight::remedy::Fix;
use crate::ledger::undo;
use crate::ledger::undo::Entries;
use crate::stores::accounts_files;
use crate::stores::keychain::{Keychain, Unlock};

/// Leaves an account one entry: of different tokens the newest that Heroku accepts. The keychain keeps the others.
pub(super) fn one_entry(steps: &mut Steps<'_>, account: &str) -> Result<Done> {
    let env = steps.env().clone();
    let keychain = Keychain::open(&env, Unlock::Ask)?;
    let before = keychain.secrets(account)?;
    let newest = before.last().filter(|_| before.len() > 1).ok_or_else(not_as_it_was)?;
    let (kept, why) = if before.iter().all(|secret| secret == newest) {
        (newest.clone(), "")
    } else {
        chosen(steps, account, &before)?
    };
    let after = vec![kept.clone()];
    let entries = Entries { account: account.to_owned(), before, after };
    let back = format!("The keychain has the entries of {account} that it had.");
    undo::draft(&env, &back).entries(&entries).keep(&env)?;
    keychain.keep_only(account, &entries.after)?;
    Ok(Done { what: format!("The keychain has one entry of {account} now."), note: why.to_owned() })
}

/// Moves the token of a file into the keychain: stored and read back, then out of the file. Killed between the two, the
/// token is in both.
pub(super) fn accounts_token(steps: &mut Steps<'_>, fix: &Fix, path: &Path, account: &str) -> Result<Done> {
    let env = steps.env().clone();
    let found = accounts_files::tokens(&env)?.into_iter().find(|held| held.path == path);
    let token = found.ok_or_else(not_as_it_was)?.token;
    let keychain = Keychain::open(&env, Unlock::Ask)?;
    let before = keychain.secrets(account)?;
    match keychain.get(account)? {
        Some(other) if other != token => {
            return Err(Error::new(
                Code::CannotFix,
                format!("The keychain has another token of {account}, {}.", other.trace().masked),
            )
            .means(format!("Both stay where they are: that one, and {}.", token.trace().masked))
            .next_step(format!(
                "Forget the one you do not need: `herokey forget keychain --account {account}`."
            )));
        }
        _ => {}
    }
    let (what, back) = fix.said(&env);
    let is_stored = !before.is_empty();
    let after = if is_stored { before.clone() } else { vec![Bytes::new(token.expose().into())] };
    let entries = Entries { account: account.to_owned(), before, after };
    file::change(&env, path, |now| {
        let now = now.ok_or_else(not_as_it_was)?;
        let without = fix.applied(&env, now)?;
        // The entry that a killed fix has made is known as new by what that one wrote down.
        if !undo::is_noted(&env, path, now, &without)? {
            let change = undo::draft(&env, &back).of(account);
            let change = change.file(path, Some(now), Some(&without), &fix.secrets(&env, now));
            if is_stored { change } else { change.entries(&entries) }.keep(&env)?;
        }
        if !is_stored {
            keychain.set(account, &token)?;
            steps.done("Saved in the keychain and read back")?;
        }
        Ok(Some(without))
    })?;
    Ok(Done { what, note: String::new() })
}

/// The newest entry that Heroku accepts for this account. Where it accepts none, or cannot be asked, the newest, which is
/// the one that the Heroku CLI reads.
fn chosen(steps: &Steps<'_>, account: &str, secrets: &[Bytes]) -> Result<(Bytes, &'static str)> {
    let newest = secrets.last().ok_or_else(not_as_it_was)?;
    let heroku = steps.runner.heroku()?;
    for secret in secrets.iter().rev() {
        let Some(token) = std::str::from_utf8(secret).ok().and_then(Token::parse) else { continue };
        match account::of(&heroku, &token) {
            Ok(found) if found.email == account => {
                return Ok((secret.clone(), "It is the newest that Heroku accepts."));
            }
            Ok(_) => {}
            Err(error) if error.code == Code::TokenRefused => {}
            Err(error) if error.code == Code::Cancelled => return Err(error),
            Err(_) => {
                return Ok((
                    newest.clone(),
                    "Heroku could not be asked, so it is the newest, which heroku uses.",
                ));
            }
        }
    }
    Ok((newest.clone(), "Heroku accepts none of them, so it is the newest, which heroku uses."))
}
