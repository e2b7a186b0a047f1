//! Ways to get a token. Each has a file.

pub mod browser;
mod loopback;
pub mod oauth;
pub mod password;
pub mod sso;

use crate::base::error::{Code, Error};

fn denied(detail: &str) -> Error {
    Error::new(Code::LoginDenied, "The login was denied in the browser.")
        .means("Nothing was changed.")
        .next_step("Log in again and choose Log in there.")
        .detail(detail)
}

/// After the request that makes a token: where its answer was lost or is of no use, Heroku may have done the work.
fn perhaps_made(error: Error) -> Error {
    match error.code {
        Code::HerokuUnreachable | Code::HerokuGarbled | Code::HerokuError => error.means(PERHAPS_MADE),
        _ => error.means("Nothing was changed."),
    }
}

const PERHAPS_MADE: &str =
    "What was stored is as it was. If Heroku made a token, nobody knows it: see `herokey authorizations`.";

fn timed_out() -> Error {
    Error::new(Code::LoginTimedOut, "Nobody decided in the browser within the time limit.")
        .means(PERHAPS_MADE)
        .next_step("Log in again; if no page opens, open the address that is shown by hand.")
}

fn cancelled() -> Error {
    Error::new(Code::Cancelled, "The login was cancelled.").means("Nothing was changed.")
}
