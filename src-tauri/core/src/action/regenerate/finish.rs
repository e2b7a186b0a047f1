//! What a killed regeneration left: forward where the new token is stored, back where it is not.

use super::super::{Done, Finished, Steps, nothing_left};
use super::successor::{lost_for_good, remove_orphan};
use super::{retire, unchanged};
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::heroku::{Heroku, account, authorizations};
use crate::ledger::journal::{Entry, Regeneration};
use crate::ledger::known_tokens;
use crate::stores::copies;
use crate::stores::copies::Copy;
use crate::stores::keychain::Unlock;

/// Finishes a regeneration. What cannot be done now is an error, and stays in the journal.
pub(in crate::action) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Finished> {
    let Some(record) = &entry.regeneration else { return Ok(nothing_left(entry)) };
    copies::sweep(steps.env())?;
    let copies = copies::all(steps.env(), Unlock::Ask)?;
    let named = |name: Option<&String>| -> Result<Vec<&Copy>> {
        let mut found = Vec::new();
        for copy in &copies {
            if Some(&known_tokens::name(steps.env(), &copy.token)?) == name {
                found.push(copy);
            }
        }
        Ok(found)
    };
    let (old, new) = (named(Some(&record.old_token))?, named(record.new_token.as_ref())?);
    let heroku = steps.runner.heroku()?;
    if let Some(first) = new.first() {
        return forward(steps, &heroku, record, &old, &first.token);
    }
    match old.first() {
        Some(first) => back(&heroku, record, &first.token),
        None => Ok(Finished::Gone(gone(record))),
    }
}

/// The new token is stored somewhere: it goes wherever the old one still is, and the old one is revoked.
fn forward(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    record: &Regeneration,
    old: &[&Copy],
    new: &Token,
) -> Result<Finished> {
    if let Err(error) = account::of(heroku, new) {
        return left(&error, record);
    }
    for copy in old {
        copies::put(steps.env(), &copy.spot, new)?;
    }
    let mut said = String::new();
    if !record.in_place {
        let token = old.first().map(|copy| &copy.token);
        said = retire(steps, heroku, record.old_id.as_deref(), record.is_default, token, new)?;
    }
    Ok(Finished::Done(Done {
        what: "The interrupted regeneration is finished: the new token is in place.".to_owned(),
        note: said,
    }))
}

/// The new token is stored nowhere: whatever was made for it is removed.
fn back(heroku: &Heroku<'_>, record: &Regeneration, old: &Token) -> Result<Finished> {
    let undone = |note: String| {
        let what = "The interrupted regeneration is undone: your token is as it was.".to_owned();
        Finished::Done(Done { what, note })
    };
    if record.in_place {
        return match account::of(heroku, old) {
            Ok(_) => Ok(undone(String::new())),
            Err(error) if error.code == Code::TokenRefused => {
                let id = record.old_id.as_deref().unwrap_or_default();
                let lost = lost_for_good(&format!("“{}” ({id})", record.description), &error);
                Ok(Finished::Gone(lost))
            }
            Err(error) => Err(unchanged(error)),
        };
    }
    let removed = match &record.new_id {
        Some(id) => authorizations::revoke(heroku, old, id).map(|was| was.then(|| id.clone())),
        None => remove_orphan(heroku, old, record),
    };
    match removed {
        Ok(None) => Ok(undone(String::new())),
        Ok(Some(name)) => Ok(undone(format!("The authorization that was made for it is revoked: {name}."))),
        // Another try would not do better: a person must decide.
        Err(error) if error.code == Code::Conflict => {
            Ok(undone(format!("{} {}", error.what, error.next_step)))
        }
        Err(error) => left(&error, record),
    }
}

fn left(error: &Error, record: &Regeneration) -> Result<Finished> {
    let which = record.new_id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
    let what = format!(
        "An interrupted regeneration is not finished: “{}”{which} may be one too many.",
        record.description
    );
    match error.code {
        Code::TokenRefused | Code::Forbidden => {
            // No token on this machine can finish it.
            let left = Error::new(Code::PartlyDone, what);
            Ok(Finished::Gone(left.next_step("Log in again, then see `herokey authorizations`.")))
        }
        _ => Err(Error::new(Code::PartlyDone, what)
            .means("The stored token works.")
            .next_step("Start Herokey again when Heroku can be reached.")
            .detail(format!("{} {}", error.what, error.detail))),
    }
}

/// Neither token is on this machine any more: somebody has logged out, or in, since.
fn gone(record: &Regeneration) -> Error {
    let ids: Vec<&str> = [&record.old_id, &record.new_id].into_iter().flatten().map(String::as_str).collect();
    Error::new(
        Code::PartlyDone,
        "An interrupted regeneration cannot be finished: its tokens are not here any more.",
    )
    .means(format!("Authorizations may be left at Heroku: “{}” {}", record.description, ids.join(", ")))
    .next_step("See `herokey authorizations`.")
}
