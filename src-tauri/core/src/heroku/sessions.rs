//! Sessions, which a browser or SSO login creates at Heroku besides authorizations.

use jiff::Timestamp;
use serde::Deserialize;

use super::Heroku;
use super::authorizations::{Lifetime, lifetime, or_default};
use super::client::{Answer, segment};
#[cfg(doc)]
use crate::base::error::Code;
use crate::base::error::Result;
use crate::base::text::Text;
use crate::base::token::Token;

const PATH: &str = "/oauth/sessions";

/// A session. Heroku does not show its token.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Session {
    /// The session's id, which is part of its path.
    pub(crate) id: Text,
    /// Where the session was started; empty if Heroku does not say.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) description: Text,
    /// When the session was started.
    pub(crate) created_at: Option<Timestamp>,
    /// How long the session remains valid from now on.
    #[serde(default, rename = "expires_in", deserialize_with = "lifetime")]
    pub(crate) lifetime: Lifetime,
}

impl Answer for Session {
    fn texts(&mut self) -> Vec<&mut Text> {
        vec![&mut self.id, &mut self.description]
    }
}

/// Lists the account's sessions, in Heroku's order.
pub(crate) fn list(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Session>> {
    heroku.list(PATH, token).map_err(Into::into)
}

/// Ends a session; false if none has that id, so that it ended before. If the session is the token's own and the first
/// response is lost, this fails with [`Code::TokenRefused`].
pub(crate) fn end(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    heroku.delete(&format!("{PATH}/{}", segment(id)), token).map_err(Into::into)
}

/// Ends the session that a token belongs to. Does nothing for a token without a session, or one that is no longer valid.
pub(crate) fn end_current(heroku: &Heroku<'_>, token: &Token) -> Result<()> {
    match heroku.delete(&format!("{PATH}/~"), token) {
        Err(failure) if failure.is_unauthorized() => Ok(()),
        other => other.map(|_| ()).map_err(Into::into),
    }
}
