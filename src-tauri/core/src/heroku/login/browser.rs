//! Login in the browser as with `heroku login`, without an OAuth client or a redirect (INTEROP.md, "Browser login").

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::super::Heroku;
use super::super::client::Answer;
use super::super::failure::{Failure, Refusal, garbled};
use crate::base::error::{Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;

/// How often waiting is retried after a failure of Heroku or the network.
const RETRIES: u32 = 3;
/// More than the address of any login page.
const MAX_URL_BYTES: usize = 4096;

/// A login that waits for the user's decision in the browser.
pub(crate) struct Pending {
    /// The page where the user decides.
    pub(crate) address: Url,
    answer: Url,
    ticket: Token,
}

#[derive(Serialize)]
struct Description {
    description: String,
}

#[derive(Deserialize)]
struct Urls {
    browser_url: String,
    cli_url: String,
    token: SecretString,
}

/// The addresses are checked as a whole: hiding a part of one would lead elsewhere.
impl Answer for Urls {
    fn texts(&mut self) -> Vec<&mut Text> {
        Vec::new()
    }
}

#[derive(Deserialize)]
struct Decision {
    access_token: Option<SecretString>,
    error: Option<String>,
}

/// Begins a login; `description` names it in the account's list of authorizations.
pub(crate) fn begin(heroku: &Heroku<'_>, description: &str) -> Result<Pending> {
    let body = Description { description: description.to_owned() };
    let urls: Urls = heroku.post_login("/auth", &body)?;
    let host = &heroku.hosts.login_url;
    // Both must be at the login host, since the user's browser and the ticket go there.
    let is_good = |url: &Url| {
        let plain =
            url.username().is_empty() && url.password().is_none() && url.as_str().len() <= MAX_URL_BYTES;
        plain && url.origin() == host.origin() && heroku.reveals_nothing(url.as_str())
    };
    let at_host = |path: &str| host.join(path).ok().filter(is_good);
    match (at_host(&urls.browser_url), at_host(&urls.cli_url), Token::parse(urls.token.expose_secret())) {
        (Some(address), Some(answer), Some(ticket)) => Ok(Pending { address, answer, ticket }),
        _ => Err(Failure::Garbled("/auth: the addresses are not pages of the login host".to_owned()).into()),
    }
}

/// Waits for the user's decision, at most until `ends_at`.
pub(crate) fn wait(
    heroku: &Heroku<'_>,
    pending: &Pending,
    now: impl Fn() -> Timestamp,
    ends_at: Timestamp,
) -> Result<Token> {
    let mut retries = RETRIES;
    let body = loop {
        let left = ends_at.duration_since(now()).unsigned_abs();
        if now() >= ends_at {
            return Err(super::timed_out());
        }
        match heroku.wait_at(pending.answer.clone(), &pending.ticket, left) {
            Err(Failure::Late | Failure::Unreachable(_)) if now() >= ends_at => {
                return Err(super::timed_out());
            }
            Err(Failure::Refused(Refusal { status, .. })) if retries > 0 && status.as_u16() > 500 => {
                retries -= 1;
            }
            Err(Failure::Late | Failure::Unreachable(_)) if retries > 0 => retries -= 1,
            Err(Failure::Cancelled) => {
                return Err(super::cancelled());
            }
            // The user may have decided before the failure.
            other => break other.map_err(|failure| Error::from(failure).means(super::MAYBE_CREATED))?,
        }
    };
    let unusable = |what| super::maybe_created(garbled("the login's answer", what).into());
    let decision: Decision = serde_json::from_slice(&body).map_err(|_| unusable("unexpected content"))?;
    let token = decision.access_token.and_then(|token| Token::parse(token.expose_secret()));
    if let Some(token) = &token {
        heroku.remember(token.expose());
    }
    match (decision.error, token) {
        (Some(error), _) => Err(super::denied(&heroku.hide(&error))),
        (None, Some(token)) => Ok(token),
        (None, None) => Err(unusable("contains no token")),
    }
}
