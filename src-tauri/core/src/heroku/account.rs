//! The account that a token belongs to: `GET /account`.

use serde::Deserialize;

use super::Heroku;
use crate::base::error::Result;
use crate::base::token::Token;

/// The account that a token belongs to.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The account's email.
    pub email: String,
}

/// Asks Heroku for a token's account. Fails with [`Code::TokenRefused`](crate::Code::TokenRefused) if Heroku does not
/// accept the token.
pub fn of(heroku: &Heroku<'_>, token: &Token) -> Result<Account> {
    heroku.get("/account", token).map_err(Into::into)
}
