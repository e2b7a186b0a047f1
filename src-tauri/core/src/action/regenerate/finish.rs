//! Finishes an interrupted regeneration: completes it if the new token is stored, else undoes it.

use super::super::{Done, Finished, Steps, nothing_to_finish};
use super::revoke::{Old, Unrevoked, revoke_old};
use super::successor::{lost_for_good, remove_orphan, revoke_listed};
use super::unchanged;
use crate::action::copies;
use crate::action::copies::TokenCopy;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::heroku::{Heroku, account};
use crate::ledger::journal::{JournalEntry, Regeneration};
use crate::ledger::known_tokens;
use crate::stores::keychain::Unlock;

/// Finishes an interrupted regeneration. After an error it stays in the journal.
pub(in crate::action) fn finish(steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    let Some(record) = &entry.regeneration else { return Ok(nothing_to_finish(entry)) };
    copies::sweep(steps.env())?;
    let copies = copies::all(steps.env(), Unlock::Ask)?;
    let copies_of = |name: Option<&String>| -> Result<Vec<&TokenCopy>> {
        let mut found = Vec::new();
        for copy in &copies {
            if Some(&known_tokens::fingerprint(steps.env(), &copy.token)?) == name {
                found.push(copy);
            }
        }
        Ok(found)
    };
    let (old, new) = (copies_of(Some(&record.old_token))?, copies_of(record.new_token.as_ref())?);
    let heroku = steps.runner.heroku()?;
    if let Some(first) = new.first() {
        return complete(steps, &heroku, record, &old, &first.token);
    }
    match old.first() {
        Some(first) => roll_back(&heroku, record, &first.token),
        None => Ok(Finished::Abandoned(tokens_missing(record))),
    }
}

/// The new token is stored somewhere: replaces the remaining copies of the old one, then revokes it.
fn complete(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    record: &Regeneration,
    old: &[&TokenCopy],
    new: &Token,
) -> Result<Finished> {
    if let Err(error) = account::of(heroku, new) {
        return not_finished(&error, record);
    }
    for copy in old {
        copies::replace(steps.env(), &copy.location, new)?;
    }
    let token = old.first().map(|copy| &copy.token);
    let was_replaced = record.in_place && token.is_none();
    if !was_replaced {
        let old = Old {
            id: record.old_id.as_deref(),
            is_default: record.is_default,
            in_place: record.in_place,
            token,
        };
        match revoke_old(steps, heroku, &old, new) {
            Ok(()) => {}
            Err(Unrevoked::ForNow(error)) => return Err(error),
            Err(Unrevoked::ForGood(error)) => return Ok(Finished::Abandoned(error)),
        }
    }
    let what = "Finished the interrupted regeneration: the new token is in place.".to_owned();
    Ok(Finished::Done(Done { what, note: String::new() }))
}

/// The new token is not stored: revokes the authorization that was created for it.
fn roll_back(heroku: &Heroku<'_>, record: &Regeneration, old: &Token) -> Result<Finished> {
    let undone = |note: String| {
        let what = "Undid the interrupted regeneration: your token is unchanged.".to_owned();
        Finished::Done(Done { what, note })
    };
    if record.in_place {
        return match account::of(heroku, old) {
            Ok(_) => Ok(undone(String::new())),
            Err(error) if error.code == Code::TokenRefused => {
                let id = record.old_id.as_deref().unwrap_or_default();
                let lost = lost_for_good(&format!("“{}” ({id})", record.description), &error);
                Ok(Finished::Abandoned(lost))
            }
            Err(error) => Err(unchanged(error)),
        };
    }
    let removed = match &record.new_id {
        Some(id) => revoke_listed(heroku, old, id).map(|found| found.then(|| id.to_string())),
        None => remove_orphan(heroku, old, record),
    };
    match removed {
        Ok(None) => Ok(undone(String::new())),
        Ok(Some(name)) => Ok(undone(format!("Revoked the authorization that was created for it: {name}."))),
        // Another try would end the same way: the user must decide.
        Err(error) if error.code == Code::Conflict => {
            Ok(undone(format!("{} {}", error.what, error.next_step)))
        }
        Err(error) => not_finished(&error, record),
    }
}

fn not_finished(error: &Error, record: &Regeneration) -> Result<Finished> {
    let which = record.new_id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
    let what = format!(
        "An interrupted regeneration is not finished: the authorization “{}”{which} may be left over.",
        record.description
    );
    match error.code {
        Code::TokenRefused | Code::Forbidden => {
            // No token on this machine can finish it.
            let error = Error::new(Code::PartlyDone, what)
                .next_step("Log in again, then check `herokey authorizations`.");
            Ok(Finished::Abandoned(error))
        }
        _ => Err(Error::new(Code::PartlyDone, what)
            .means("The stored token works.")
            .next_step("Start Herokey again when Heroku can be reached.")
            .detail(format!("{} {}", error.what, error.detail))),
    }
}

/// The error when neither token is on this machine any more, because of a logout or another login since then.
fn tokens_missing(record: &Regeneration) -> Error {
    let ids: Vec<&str> = [&record.old_id, &record.new_id].into_iter().flatten().map(|id| &**id).collect();
    Error::new(
        Code::PartlyDone,
        "An interrupted regeneration cannot be finished: its tokens are no longer on this machine.",
    )
    .means(format!("Authorizations may be left over at Heroku: “{}” {}", record.description, ids.join(", ")))
    .next_step("Check `herokey authorizations`.")
}
