//! The end of the old token, which counts only once Heroku refuses it.

use super::super::Steps;
use super::successor::revoke_listed;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::heroku::revocation::is_refused;
use crate::heroku::{Heroku, authorizations, sessions};

/// The token that a regeneration replaced, as far as it is known.
pub(super) struct Old<'a> {
    /// The id of its authorization; `None` if it belongs to a session.
    pub(super) id: Option<&'a str>,
    /// True if that is the account's default authorization, which cannot be revoked.
    pub(super) is_default: bool,
    /// True if Heroku already revoked the token when it created the new one.
    pub(super) in_place: bool,
    /// The token; `None` if it is no longer on this machine.
    pub(super) token: Option<&'a Token>,
}

/// Why the old token is not known to be revoked.
pub(super) enum Unrevoked {
    /// Another try may revoke it.
    ForNow(Error),
    /// Herokey cannot revoke it.
    ForGood(Error),
}

/// Revokes the old token, and fails unless Heroku refuses it then. If the token is no longer known, its authorization must
/// be gone instead.
pub(super) fn revoke_old(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    old: &Old<'_>,
    new: &Token,
) -> Result<(), Unrevoked> {
    let asked = old.ask(heroku, new);
    let refused = old.token.map(|token| is_refused(heroku, token));
    let step = match (refused, asked) {
        (Some(Ok(true)), _) => "Revoked the old token",
        (_, Err(error)) => return Err(Unrevoked::ForNow(old.not_revoked(&error))),
        (None, Ok(())) if old.id.is_some() => "Revoked the old authorization",
        (None, Ok(())) => return Err(Unrevoked::ForGood(session_unknown())),
        (Some(Ok(false)), Ok(())) if old.id.is_none() => return Err(Unrevoked::ForGood(not_listed())),
        (Some(Ok(false)), Ok(())) => {
            let error = Error::new(Code::HerokuError, "Heroku still accepts the old token.");
            return Err(Unrevoked::ForNow(old.not_revoked(&error)));
        }
        (Some(Err(error)), Ok(())) => return Err(Unrevoked::ForNow(not_checked(&error))),
    };
    steps.done(step).map_err(Unrevoked::ForNow)
}

impl Old<'_> {
    /// Asks Heroku to revoke the token.
    fn ask(&self, heroku: &Heroku<'_>, new: &Token) -> Result<()> {
        match (self.id, self.token) {
            _ if self.in_place => Ok(()),
            // Regenerating the default authorization makes its old token invalid.
            (Some(id), _) if self.is_default => authorizations::regenerate(heroku, new, id).map(drop),
            (Some(id), None) => revoke_listed(heroku, new, id).map(drop),
            (Some(id), Some(_)) => authorizations::revoke(heroku, new, id).map(drop),
            (None, Some(token)) => sessions::end_current(heroku, token),
            (None, None) => Ok(()),
        }
    }

    fn not_revoked(&self, error: &Error) -> Error {
        let (which, by_hand) = match self.id {
            Some(id) => (format!("authorization {id}"), format!("run `herokey revoke {id}`")),
            None => ("its session".to_owned(), "end that session in the dashboard".to_owned()),
        };
        Error::new(
            Code::PartlyDone,
            format!("The new token is in place, but the old one could not be revoked ({which})."),
        )
        .means("The new token works, and the old one may work too.")
        .next_step(format!(
            "When Heroku can be reached, run `herokey regenerate` again to finish, or {by_hand}."
        ))
        .detail(format!("{} {}", error.what, error.detail))
    }
}

fn not_checked(error: &Error) -> Error {
    Error::new(
        Code::PartlyDone,
        "The new token is in place, but Heroku did not confirm that the old one is revoked.",
    )
    .means("The old token may still be valid.")
    .next_step("When Heroku can be reached, run `herokey regenerate` again to finish.")
    .detail(format!("{} {}", error.what, error.detail))
}

fn not_listed() -> Error {
    Error::new(Code::PartlyDone, "The new token is in place, but the old one could not be revoked.")
        .means(
            "Heroku lists no authorization for the old token, and ending its session had no effect, so it stays valid \
             until it expires.",
        )
        .next_step(
            "To revoke it now, look for it on https://dashboard.heroku.com/account/applications, or run \
             `herokey authorizations` and then `herokey revoke ID`.",
        )
}

fn session_unknown() -> Error {
    Error::new(
        Code::PartlyDone,
        "The new token is in place, but the old one is no longer on this machine, so its session could not be ended.",
    )
    .means("The old token may stay valid until it expires.")
    .next_step("To end its session now, run `herokey authorizations` and then `herokey revoke ID`.")
}
