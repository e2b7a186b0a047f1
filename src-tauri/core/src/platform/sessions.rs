//! Sessions: what a browser or SSO login leaves at Heroku beside authorizations.

use super::Heroku;
use crate::error::Result;
use crate::token::Token;

/// Ends the session that a token belongs to. A token without one, and a token that is dead already, are done.
pub fn end_current(heroku: &Heroku, token: &Token) -> Result<()> {
    match heroku.delete("/oauth/sessions/~", token) {
        Err(failure) if failure.is_not_found() || failure.is_unauthorized() => Ok(()),
        other => other.map_err(Into::into),
    }
}
