//! Sessions: what a browser or SSO login leaves at Heroku beside authorizations.

use jiff::Timestamp;
use serde::Deserialize;

use super::Heroku;
use super::authorizations::{Lifetime, lifetime, plain_text};
use super::client::segment;
#[cfg(doc)]
use crate::base::error::Code;
use crate::base::error::Result;
use crate::base::token::Token;

const PATH: &str = "/oauth/sessions";

/// One session. Heroku does not show its token.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    /// What it is called in paths.
    pub id: String,
    /// Where it was begun; empty where Heroku has no words for it.
    #[serde(default, deserialize_with = "plain_text")]
    pub description: String,
    /// When it was begun.
    pub created_at: Option<Timestamp>,
    /// How long it lasts from now on.
    #[serde(default, rename = "expires_in", deserialize_with = "lifetime")]
    pub lifetime: Lifetime,
}

/// Every session of the account, in Heroku's order.
pub fn list(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Session>> {
    heroku.get(PATH, token).map_err(Into::into)
}

/// Ends a session; false where there is none of that id, so that it ended before.
/// [`Code::TokenRefused`] also where it was the token's own and the first answer was lost.
pub fn end(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    heroku.delete(&format!("{PATH}/{}", segment(id)), token).map_err(Into::into)
}

/// Ends the session that a token belongs to. A token without one, and a token that is dead already, are done.
pub fn end_current(heroku: &Heroku<'_>, token: &Token) -> Result<()> {
    match heroku.delete(&format!("{PATH}/~"), token) {
        Err(failure) if failure.is_unauthorized() => Ok(()),
        other => other.map(|_| ()).map_err(Into::into),
    }
}
