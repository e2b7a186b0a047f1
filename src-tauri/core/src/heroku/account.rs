//! The account that a token belongs to: `GET /account`.

use serde::Deserialize;

use super::Heroku;
use super::client::Answer;
use super::failure::garbled;
use crate::base::error::Result;
use crate::base::text::{Email, Text};
use crate::base::token::Token;

const PATH: &str = "/account";

/// The account that a token belongs to.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's email.
    pub email: String,
}

#[derive(Deserialize)]
struct Shown {
    email: Text,
}

impl Answer for Shown {
    fn texts(&mut self) -> Vec<&mut Text> {
        vec![&mut self.email]
    }
}

/// Asks Heroku for a token's account. Fails with [`Code::TokenRefused`](crate::Code::TokenRefused) if Heroku does not
/// accept the token.
pub fn of(heroku: &Heroku<'_>, token: &Token) -> Result<Account> {
    let shown: Shown = heroku.get(PATH, token)?;
    // Everything that stores a token is named by it.
    let email = Email::parse(&shown.email).ok_or_else(|| garbled(PATH, "the email is not one"))?;
    Ok(Account { email: email.into() })
}
