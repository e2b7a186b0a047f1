//! Makes an authorization for another program, machine or team, and makes new tokens for existing ones. Herokey stores none
//! of these tokens: the caller delivers them, and until that is done the action is in the journal.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::access::{self, not_found};
use super::{Done, Runner, Start};
use crate::base::error::{Code, Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::{CreatedAuthorization, NewAuthorization};
use crate::ledger::journal::{JournalEntry, Verb};
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// The rights that a program with a face offers for an authorization (INTEROP.md, "Authorizations").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// Read the account, and apps with their configuration.
    Read,
    /// The same, and change apps.
    Write,
    /// Everything.
    Everything,
}

impl Rights {
    /// The scopes to ask for.
    pub fn scope(self) -> Vec<String> {
        let scope: &[&str] = match self {
            Self::Read => &["identity", "read-protected"],
            Self::Write => &["identity", "write-protected"],
            Self::Everything => &["global"],
        };
        scope.iter().map(ToString::to_string).collect()
    }
}

/// An authorization to make.
#[derive(Clone, Debug, Default)]
pub struct NewAccess {
    /// Its description in the list; empty for Heroku's own.
    pub description: String,
    /// What its token may do; empty for everything (INTEROP.md, "Authorizations").
    pub scope: Vec<String>,
    /// How long Heroku accepts the token, in seconds; `None` for no end.
    pub lifetime_seconds: Option<u64>,
    /// The team that it acts for; `None` for the account.
    pub team: Option<String>,
}

/// Makes an authorization and delivers its token, which Heroku shows only once. Revokes it if that fails.
pub fn authorize(
    runner: &Runner<'_>,
    new: &NewAccess,
    deliver: impl FnOnce(&Token) -> Result<()>,
) -> Result<Done> {
    runner.env.hosts().require_allowed()?;
    Start { runner, verb: Verb::Authorize }.run(|steps| {
        let by = lookup::require_token(steps.env(), Unlock::Ask)?.token;
        let heroku = runner.heroku()?;
        let scope: Vec<Text> = new.scope.iter().map(|scope| Text::of(scope)).collect();
        let wanted = NewAuthorization {
            description: &new.description,
            expires_in: new.lifetime_seconds,
            scope: &scope,
        };
        steps.commit(&format!("Asked Heroku for “{}”", new.description))?;
        let created = match &new.team {
            None => authorizations::create(&heroku, &by, &wanted),
            Some(team) => authorizations::create_for_team(&heroku, &by, team, &wanted)
                .map_err(|error| access::of_team(error, team)),
        };
        let CreatedAuthorization { authorization, token } =
            created.map_err(|error| not_made(error, &new.description))?;
        if let Err(error) = deliver(&token) {
            return Err(match authorizations::revoke(&heroku, &by, &authorization.id) {
                Ok(_) => error
                    .means("The new authorization was revoked again.")
                    .next_step("Try again, or let `herokey authorizations create` print the token."),
                Err(cause) => Error::new(Code::PartlyDone, error.what)
                    .means(format!("{} is still there, and nobody has its token.", authorization.name()))
                    .next_step(format!("Revoke it with `herokey revoke {}`.", authorization.id))
                    .detail(format!("{} {}", cause.what, cause.detail).trim()),
            });
        }
        Ok(Done { what: format!("Made {}.", authorization.name()), note: String::new() })
    })
}

/// Makes a new token for an authorization, by its id, and delivers it. Heroku revokes the old one at once.
///
/// Refuses an authorization of this machine, whose copies `herokey regenerate` replaces, too.
pub fn new_token(
    runner: &Runner<'_>,
    id: &str,
    team: Option<&str>,
    deliver: impl FnOnce(&Token) -> Result<()>,
) -> Result<Done> {
    runner.env.hosts().require_allowed()?;
    Start { runner, verb: Verb::Authorize }.run(|steps| {
        let by = lookup::require_token(steps.env(), Unlock::Ask)?.token;
        let heroku = runner.heroku()?;
        let all = access::all(steps.env(), &heroku, &by, team)?;
        let found = all.iter().find(|access| &*access.id == id).ok_or_else(|| not_found(id))?;
        if found.this_machine {
            return Err(Error::new(Code::WrongUsage, "This authorization belongs to this machine.")
                .means("Nothing was changed.")
                .next_step(
                    "`herokey regenerate` makes a new token for it and stores it wherever the old one is.",
                ));
        }
        steps.commit(&format!("Asked Heroku for a new token for “{}”", found.description))?;
        let made = authorizations::regenerate(&heroku, &by, id).map_err(|error| {
            if error.outcome_is_unknown() {
                error.means("Heroku may have made a new token, which nobody knows, and revoked the old one.")
            } else {
                error.means("The old token still works.")
            }
        })?;
        let name = made.authorization.name();
        deliver(&made.token).map_err(|error| {
            error
                .means(format!("The old token of {name} no longer works, and nobody has the new one."))
                .next_step("Make another new token; `herokey authorizations regenerate ID` prints it.")
        })?;
        let what = format!("Made a new token for {name}; the old one no longer works.");
        Ok(Done { what, note: String::new() })
    })
}

/// Herokey was killed before the new token was delivered.
pub(super) fn abandoned(entry: &JournalEntry) -> Error {
    let asked = entry.done.last().map(String::as_str).unwrap_or_default();
    Error::new(Code::PartlyDone, "Herokey was stopped while it made a token.")
        .means(format!("{asked}. If Heroku made it, perhaps nobody has it."))
        .next_step("Look at `herokey authorizations`, and revoke what nobody uses.")
}

fn not_made(error: Error, description: &str) -> Error {
    if error.outcome_is_unknown() {
        return error
            .means(format!("Heroku may have made “{description}”, but its token is lost."))
            .next_step("Run `herokey authorizations`, and revoke it if it is there.");
    }
    let means = format!("Nothing was made. {}", error.means);
    error.means(means.trim_end())
}
