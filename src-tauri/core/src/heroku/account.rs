//! Whose token it is: `GET /account`.

use serde::Deserialize;

use super::Heroku;
use crate::base::error::Result;
use crate::base::token::Token;

/// The account a token acts as.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// What Heroku knows the person by.
    pub email: String,
}

/// Asks Heroku who a token is; [`Code::TokenRefused`](crate::Code::TokenRefused) where it is dead.
pub fn of(heroku: &Heroku<'_>, token: &Token) -> Result<Account> {
    heroku.get("/account", token).map_err(Into::into)
}
