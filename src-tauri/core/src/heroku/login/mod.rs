//! The ways to log in, one file each.

pub(crate) mod browser;
mod loopback;
pub mod oauth;
pub mod password;
pub mod sso;

use crate::base::error::{Code, Error};

fn denied(detail: &str) -> Error {
    Error::new(Code::LoginDenied, "The login was denied in the browser.")
        .means("Nothing was changed.")
        .next_step("Log in again and choose \"Log In\" in the browser.")
        .detail(detail)
}

/// Says what a failure of the request that creates a token means: without a usable response, Heroku may have created it.
fn maybe_created(error: Error) -> Error {
    match error.code {
        Code::HerokuUnreachable | Code::HerokuGarbled | Code::HerokuError => error.means(MAYBE_CREATED),
        _ => error.means("Nothing was changed."),
    }
}

const MAYBE_CREATED: &str = "The stored token is unchanged. Heroku may have created a token that nobody has seen: see \
                             `herokey authorizations`.";

fn timed_out() -> Error {
    Error::new(Code::LoginTimedOut, "The login was not confirmed in the browser within the time limit.")
        .means(MAYBE_CREATED)
        .next_step("Log in again. If no page opens, open the displayed address yourself.")
}

fn cancelled() -> Error {
    Error::new(Code::Cancelled, "The login was cancelled.").means("Nothing was changed.")
}
