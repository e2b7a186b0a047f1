//! Login with email and password (INTEROP.md, "Password login").

use secrecy::SecretString;

use super::super::Heroku;
use super::super::authorizations::{CreatedAuthorization, NewAuthorization, create_as};
use super::super::client::Credential;
use crate::base::error::{Code, Error, Result};

/// The longest lifetime that Heroku gives a token from a password login: thirty days, in seconds.
pub const MAX_LIFETIME_SECONDS: u64 = 2_592_000;

/// Creates an authorization with an email and its password, and asks the user for a two-factor code if Heroku wants
/// one. Fails with [`Code::BrowserNeeded`] if Heroku does not let the account log in with a password.
pub(crate) fn log_in(
    heroku: &Heroku<'_>,
    email: &str,
    password: &SecretString,
    new: &NewAuthorization<'_>,
) -> Result<CreatedAuthorization> {
    create_as(heroku, &Credential::Password { email, password }, new).map_err(|failure| {
        if failure.is_unauthorized() {
            let detail = Error::from(failure).detail;
            return Error::new(Code::PasswordRefused, "Heroku does not accept this email and password.")
                .means("Nothing was changed.")
                .next_step("Enter them again, or log in with the browser.")
                .detail(detail);
        }
        super::maybe_created(failure.into())
    })
}
