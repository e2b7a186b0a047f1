//! Revoke: revokes an authorization or ends a session of the account.

use super::{Done, Runner, Start};
use crate::action::access;
use crate::action::access::{Access, AccessKind, not_found};
use crate::base::error::{Code, Error, Result};
use crate::base::person::Confirmation;
use crate::base::text::Text;
use crate::base::token::Token;
use crate::heroku::{Heroku, authorizations, revocation, sessions};
use crate::ledger::seen_access;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// Revokes an authorization, or ends a session, by its id. Asks the user first if it belongs to this machine or is the
/// account's default one.
///
/// Fails with [`Code::PartlyDone`] if Heroku still accepts a token of this machine that belongs to the authorization, or
/// still lists what was revoked.
pub(super) fn revoke(start: &Start<'_>, id: &str, team: Option<&str>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        let token = lookup::require_token(env, Unlock::Ask)?.token;
        let heroku = start.runner.heroku()?;
        if let Some(team) = team {
            return revoke_of_team(start.runner, &heroku, &token, id, team);
        }
        let all = access::with_local_tokens(env, &heroku, &token)?;
        let (access, tokens) = all.iter().find(|(access, _)| &*access.id == id).ok_or_else(|| not_found(id))?;
        if let Some(question) = question(access) {
            start.runner.person.confirm(&question)?;
        }
        let accepted = still_accepted(&heroku, &tokens.iter().collect::<Vec<_>>())?;
        let revoked = match access.kind {
            AccessKind::Authorization => authorizations::revoke(&heroku, &token, id),
            AccessKind::Session => sessions::end(&heroku, &token, id),
        };
        let found = match revoked {
            // Heroku revoked the token in use, but its answer was lost, so the retry was refused.
            Err(error) if error.code == Code::TokenRefused && access.this_machine => true,
            other => other
                .map_err(|error| error.means("It may still be valid. Nothing on this machine was changed."))?,
        };
        let name = name(access);
        let note = if ended_here(&heroku, &token, access, &accepted).map_err(|why| unproven(&name, &why))? {
            "A token on this machine no longer works. Log in again, or remove it with `herokey logout --local-only`."
        } else {
            ""
        };
        seen_access::remove(env, id);
        let what =
            if found { format!("Revoked {name}.") } else { format!("{name} had already been revoked.") };
        Ok(Done { what, note: note.to_owned() })
    })
}

/// Revokes an authorization that acts for a team, and checks that it is no longer listed.
fn revoke_of_team(
    runner: &Runner<'_>,
    heroku: &Heroku<'_>,
    token: &Token,
    id: &str,
    team: &str,
) -> Result<Done> {
    let list = || access::all(runner.env, heroku, token, Some(team));
    let all = list()?;
    let found = all.iter().find(|access| &*access.id == id).ok_or_else(|| not_found(id))?;
    if let Some(question) = question(found) {
        runner.person.confirm(&question)?;
    }
    let name = name(found);
    authorizations::revoke(heroku, token, id).map_err(|error| error.means("It may still be valid."))?;
    if list()?.iter().any(|access| access.id == found.id) {
        let why = Error::new(Code::HerokuError, "Heroku answered as if it were revoked, but still lists it.");
        return Err(unproven(&name, &why));
    }
    Ok(Done { what: format!("Revoked {name} of the team “{}”.", Text::of(team)), note: String::new() })
}

/// Checks what Heroku answered. `accepted`: the tokens of this machine that may belong to what was revoked and that Heroku
/// accepted before. Returns true if Heroku refuses one of them now.
fn ended_here(heroku: &Heroku<'_>, in_use: &Token, access: &Access, accepted: &[&Token]) -> Result<bool> {
    let left = still_accepted(heroku, accepted)?.len();
    // Of a session, Heroku does not show which token belongs to it.
    let must_be_refused = access.kind == AccessKind::Authorization;
    let had_effect = left == 0 || !must_be_refused;
    // A refused token cannot ask for the list; its refusal is the proof.
    let is_listed = || -> Result<bool> {
        Ok(!revocation::is_refused(heroku, in_use)? && is_listed(heroku, in_use, access)?)
    };
    if !had_effect || is_listed()? {
        return Err(Error::new(Code::HerokuError, "Heroku answered as if it were revoked, but it is not."));
    }
    Ok(left < accepted.len())
}

/// Those of the tokens that Heroku accepts.
fn still_accepted<'a>(heroku: &Heroku<'_>, tokens: &[&'a Token]) -> Result<Vec<&'a Token>> {
    let mut accepted = Vec::new();
    for token in tokens {
        if !revocation::is_refused(heroku, token)? {
            accepted.push(*token);
        }
    }
    Ok(accepted)
}

fn is_listed(heroku: &Heroku<'_>, token: &Token, access: &Access) -> Result<bool> {
    match access.kind {
        AccessKind::Authorization => {
            Ok(authorizations::list(heroku, token)?.iter().any(|listed| listed.id == access.id))
        }
        AccessKind::Session => Ok(sessions::list(heroku, token)?.iter().any(|listed| listed.id == access.id)),
    }
}

fn unproven(name: &str, why: &Error) -> Error {
    Error::new(Code::PartlyDone, format!("It is not certain that {name} is revoked."))
        .means("It may still be valid. Nothing on this machine was changed.")
        .next_step("Run `herokey authorizations` to see whether it is still listed, then revoke it again.")
        .detail(format!("{} {}", why.what, why.detail).trim())
}

/// The question to ask before revoking; `None` if it can be revoked without asking.
fn question(access: &Access) -> Option<Confirmation> {
    let means = match (access.default, access.this_machine) {
        (true, _) => {
            "This is the account's default authorization (the API key in the dashboard). Scripts and other machines may use it."
        }
        (false, true) if access.kind == AccessKind::Session => {
            "This may be this machine's session. If it is, heroku and git stop working here until you log in again."
        }
        (false, true) => {
            "This authorization belongs to this machine. heroku and git stop working here until you log in again."
        }
        (false, false) => return None,
    };
    Some(Confirmation {
        ask: format!("Revoke {}?", name(access)),
        means: means.to_owned(),
        yes: "Revoke".to_owned(),
    })
}

fn name(access: &Access) -> String {
    if access.description.is_empty() {
        access.id.to_string()
    } else {
        format!("“{}”", access.description)
    }
}
