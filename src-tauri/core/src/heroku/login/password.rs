//! Login by email and password (INTEROP.md, "Password login").

use secrecy::SecretString;

use super::super::Heroku;
use super::super::authorizations::{Created, New, create_as};
use super::super::client::Credential;
use crate::base::error::{Code, Error, Result};

/// The longest life that Heroku gives a token for a password: thirty days, in seconds.
pub const LONGEST: u64 = 2_592_000;

/// Makes an authorization for an email and its password. The code of a second factor is asked for where Heroku wants
/// one; [`Code::BrowserNeeded`] where it takes no password from this account.
pub fn log_in(heroku: &Heroku<'_>, email: &str, password: &SecretString, new: &New<'_>) -> Result<Created> {
    create_as(heroku, &Credential::Password { email, password }, new).map_err(|failure| {
        if failure.is_unauthorized() {
            let detail = Error::from(failure).detail;
            return Error::new(Code::PasswordRefused, "Heroku does not accept this email and password.")
                .means("Nothing was changed.")
                .next_step("Type them again, or log in with the browser.")
                .detail(detail);
        }
        super::perhaps_made(failure.into())
    })
}
