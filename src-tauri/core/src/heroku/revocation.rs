//! Revoking a token, and the proof that it worked: Heroku's refusal of that very token. Nothing else is proof, since a
//! list may leave out the token's authorization or show it in another form.

use super::authorizations::Authorization;
use super::{Heroku, account, authorizations, sessions};
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;

/// What became of a token that Heroku was asked to revoke.
#[derive(Debug)]
pub(crate) enum Revocation {
    /// Heroku refuses the token.
    Proven,
    /// The token belongs to the account's default authorization, the dashboard's API key. Since other programs may use
    /// it, it was kept.
    KeptDefault,
    /// The token still works, or may still work.
    Unproven(Unproven),
}

/// Why a token may still work although Heroku was asked to revoke it.
#[derive(Debug)]
pub(crate) enum Unproven {
    /// Heroku still accepts the token, and lists neither an authorization nor a session for it.
    NotListed,
    /// Heroku still accepts the token. It may belong to either of two authorizations, so neither was revoked.
    Ambiguous {
        /// The name of one authorization.
        one: String,
        /// The name of the other.
        other: String,
    },
    /// Heroku answered as if this authorization were revoked, but still accepts the token.
    StillAccepted {
        /// The authorization's name.
        authorization: String,
    },
    /// Heroku could not be asked whether it still accepts the token.
    NotChecked(Error),
}

/// Revokes a token: its authorization, unless that is the account's default one, and its session.
///
/// Fails if Heroku could not be asked, so that nothing was revoked.
pub(crate) fn revoke(heroku: &Heroku<'_>, token: &Token) -> Result<Revocation> {
    let unproven = match revoke_authorization(heroku, token)? {
        Attempt::Refused => return Ok(Revocation::Proven),
        Attempt::KeptDefault => return Ok(Revocation::KeptDefault),
        Attempt::Unproven(unproven) => unproven,
    };
    let ended = sessions::end_current(heroku, token);
    match (is_refused(heroku, token), ended) {
        (Ok(true), _) => Ok(Revocation::Proven),
        // Another try would end the same way, for instance because the token's scope does not allow it.
        (Ok(false), Err(error)) if !error.is_transient() && error.code != Code::Cancelled => {
            Ok(Revocation::Unproven(unproven))
        }
        // Heroku carried out nothing.
        (_, Err(error)) if !matches!(unproven, Unproven::StillAccepted { .. }) => Err(error),
        (Ok(false), _) => Ok(Revocation::Unproven(unproven)),
        (Err(error), _) => Ok(Revocation::Unproven(Unproven::NotChecked(error))),
    }
}

/// Like [`revoke`], but fails unless Heroku refuses the token then.
pub(crate) fn revoke_for_certain(heroku: &Heroku<'_>, token: &Token) -> Result<()> {
    match revoke(heroku, token)? {
        Revocation::Proven => Ok(()),
        Revocation::Unproven(Unproven::NotChecked(error)) => Err(error),
        Revocation::KeptDefault | Revocation::Unproven(_) => Err(still_accepted()),
    }
}

fn still_accepted() -> Error {
    Error::new(Code::HerokuError, "Heroku still accepts the token.")
}

/// Fails unless Heroku refuses the token.
pub(crate) fn require_refused(heroku: &Heroku<'_>, token: &Token) -> Result<()> {
    if is_refused(heroku, token)? { Ok(()) } else { Err(still_accepted()) }
}

/// True if Heroku refuses the token; fails if Heroku cannot be asked.
pub(crate) fn is_refused(heroku: &Heroku<'_>, token: &Token) -> Result<bool> {
    match account::of(heroku, token) {
        Ok(_) => Ok(false),
        Err(error) if error.code == Code::TokenRefused => Ok(true),
        Err(error) => Err(error),
    }
}

/// What came of revoking a token's authorization.
enum Attempt {
    /// Heroku refused the token, which was therefore revoked before.
    Refused,
    /// It is the default authorization.
    KeptDefault,
    /// What is true if Heroku still accepts the token.
    Unproven(Unproven),
}

fn revoke_authorization(heroku: &Heroku<'_>, token: &Token) -> Result<Attempt> {
    let all = match authorizations::list(heroku, token) {
        Err(error) if error.code == Code::TokenRefused => return Ok(Attempt::Refused),
        // The token's scope does not allow listing authorizations.
        Err(error) if matches!(error.code, Code::Forbidden | Code::NotFound) => Vec::new(),
        other => other?,
    };
    let own: Vec<&Authorization> = all.iter().filter(|authorization| authorization.is_for(token)).collect();
    let authorization = match own.as_slice() {
        [] => return Ok(Attempt::Unproven(Unproven::NotListed)),
        [one] => one,
        [one, other, ..] => {
            let (one, other) = (one.name(), other.name());
            return Ok(Attempt::Unproven(Unproven::Ambiguous { one, other }));
        }
    };
    match authorizations::default(heroku, token) {
        Ok(Some(default)) if default.id == authorization.id || default.is_for(token) => {
            return Ok(Attempt::KeptDefault);
        }
        // Somebody else has just revoked it.
        Err(error) if error.code == Code::TokenRefused => return Ok(Attempt::Refused),
        other => drop(other?),
    }
    match authorizations::revoke(heroku, token, &authorization.id) {
        // Heroku may have revoked it at an earlier attempt whose response was lost.
        Err(error) if error.code != Code::TokenRefused => Err(error),
        _ => Ok(Attempt::Unproven(Unproven::StillAccepted { authorization: authorization.name() })),
    }
}
