//! Failures of requests, and the errors that they become.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use rustls::CertificateError;
use serde::Deserialize;

use crate::base::error::{Code, Error};
use crate::base::secrets::Secrets;
use crate::base::text::shown;

/// Why a request failed, for callers that can continue after some failures.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub(super) enum Failure {
    /// There was no connection, or it ended without a response.
    Unreachable(String),
    /// Heroku did not respond within the time limit.
    Late,
    /// The server's certificate is not valid for Heroku.
    Certificate { cause: String, is_about_time: bool },
    /// Heroku responded with an error.
    Refused(Refusal),
    /// Herokey does not understand the response.
    Garbled(String),
    /// The request needed something from the user, who did not give it.
    Person(Error),
    /// The request was cancelled with [`Cancel`](super::Cancel).
    Cancelled,
}

/// A response with a status other than success.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The API's id for the error; empty if the response has none.
    pub(super) id: String,
    message: String,
    request_id: String,
    retry_after: Option<Duration>,
    location: String,
}

/// The body of Heroku's errors (INTEROP.md, "Platform"). OAuth's have `error` and `error_description` (RFC 6749, 5.2).
#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default, alias = "error")]
    id: String,
    #[serde(default, alias = "error_description")]
    message: String,
}

impl Failure {
    /// The failure for a response with a status other than success.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let error: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
        Self::Refused(Refusal {
            status,
            id: shown(&error.id),
            message: shown(&error.message),
            request_id: shown(text("request-id")),
            retry_after: text(RETRY_AFTER.as_str()).parse().ok().map(Duration::from_secs),
            location: shown(text(LOCATION.as_str())),
        })
    }

    /// The same failure, of a connection through the proxy that this variable names.
    pub(super) fn through(self, proxy: Option<&str>) -> Self {
        match (self, proxy) {
            (Self::Unreachable(cause), Some(name)) => {
                Self::Unreachable(format!("through the proxy in {name}: {cause}"))
            }
            (other, _) => other,
        }
    }

    /// The same failure without secrets and control characters in the words of others.
    pub(super) fn without(self, secrets: &Secrets) -> Self {
        let hide = |text: &str| shown(&secrets.hide(text));
        match self {
            Self::Unreachable(cause) => Self::Unreachable(hide(&cause)),
            Self::Certificate { cause, is_about_time } => {
                Self::Certificate { cause: hide(&cause), is_about_time }
            }
            Self::Refused(refusal) => Self::Refused(Refusal {
                id: hide(&refusal.id),
                message: hide(&refusal.message),
                request_id: hide(&refusal.request_id),
                location: hide(&refusal.location),
                ..refusal
            }),
            Self::Garbled(cause) => Self::Garbled(hide(&cause)),
            Self::Late | Self::Person(_) | Self::Cancelled => self,
        }
    }

    /// True if Heroku does not accept the token.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
    }

    /// True if Heroku has no such object.
    pub(super) fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND)
    }

    /// True if Heroku wants the same request with a two-factor code.
    pub(super) fn wants_code(&self) -> bool {
        self.has_id("two_factor")
    }

    /// How long to wait before a retry may succeed: `pause`, or what Heroku says. `None` if a retry is pointless.
    pub(super) fn retry_after(&self, pause: Duration) -> Option<Duration> {
        match self {
            Self::Unreachable(_) => Some(pause),
            Self::Refused(Refusal { status, retry_after, .. }) => match status.as_u16() {
                429 => *retry_after,
                500.. => Some(retry_after.unwrap_or(pause)),
                _ => None,
            },
            _ => None,
        }
    }

    /// True if the response has this id for its error.
    pub(super) fn has_id(&self, id: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.id == id)
    }

    fn has_status(&self, status: StatusCode) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == status)
    }
}

pub(super) fn garbled(subject: &str, cause: impl std::fmt::Display) -> Failure {
    Failure::Garbled(format!("{subject}: {cause}"))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn unreachable(error: reqwest::Error) -> Failure {
    // The innermost cause is the informative one: "Connection refused", "certificate expired".
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    loop {
        // The source of an `io::Error` is the source of the error that it wraps, so that one would be skipped.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = wrapped.map(|inner| inner as &(dyn std::error::Error + 'static)).or(cause.source());
        if let Some(rustls::Error::InvalidCertificate(reason)) = cause.downcast_ref() {
            let is_about_time = is_about_time(reason);
            return Failure::Certificate { cause: reason.to_string(), is_about_time };
        }
        let Some(inner) = inner else { return Failure::Unreachable(cause.to_string()) };
        cause = inner;
    }
}

/// True if another date would make the certificate valid.
fn is_about_time(reason: &CertificateError) -> bool {
    matches!(
        reason,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(detail) => {
                Self::new(Code::HerokuUnreachable, "Heroku could not be reached.")
                    .next_step("Check the network, then try again.")
                    .detail(detail)
            }
            Failure::Late => {
                Self::new(Code::HerokuUnreachable, "Heroku did not answer within the time limit.")
                    .next_step("Check the network, then try again.")
            }
            Failure::Certificate { cause, is_about_time } => {
                let next_step = if is_about_time {
                    "Check the date of this machine. If it is right, a proxy in your network uses a certificate that has expired or is not valid yet."
                } else {
                    "If your network has a proxy that replaces certificates, set SSL_CERT_FILE or NODE_EXTRA_CA_CERTS to its root certificate."
                };
                Self::new(Code::CertificateRefused, "The certificate of the server that answered for Heroku is not valid.")
                    .means("Nothing was sent, so nobody has seen the token.")
                    .next_step(next_step)
                    .detail(cause)
            }
            Failure::Garbled(detail) => {
                Self::new(Code::HerokuGarbled, "Herokey does not understand Heroku's answer.")
                    .next_step(
                        "Check whether a proxy or your network's login page answered instead of Heroku, then try again.",
                    )
                    .detail(detail)
            }
            Failure::Person(error) => error,
            Failure::Cancelled => Self::new(Code::Cancelled, "Cancelled."),
            Failure::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (code, what, next_step) = match (refusal.status.as_u16(), refusal.id.as_str()) {
            (300..=399, _) => (
                Code::HerokuGarbled,
                "Heroku's answer redirects to another address, where Herokey does not send the token.",
                "Check whether a proxy or your network's login page answered instead of Heroku, then try again.",
            ),
            (401, _) => (Code::TokenRefused, "Heroku does not accept this token.", "Log in again."),
            (_, "two_factor") => (
                Code::SecondFactorNeeded,
                "Heroku asks for a two-factor code.",
                "Try again and enter the code that your authenticator app shows.",
            ),
            (_, "mfa_required") => (
                Code::BrowserNeeded,
                "This account has multi-factor authentication, which works only in the browser.",
                "Log in with the browser.",
            ),
            (_, "device_trust_required") => (
                Code::BrowserNeeded,
                "Heroku wants a trusted device, which works only in the browser.",
                "Log in with the browser.",
            ),
            (_, "suspended") => (
                Code::AccountSuspended,
                "Heroku has suspended this account.",
                "Contact Heroku support. The token works again once the account does.",
            ),
            (403, _) => (
                Code::Forbidden,
                "This token does not have permission to do that.",
                "Log in again to get a token with the scope global.",
            ),
            (404, _) => {
                (Code::NotFound, "Heroku does not have this item.", "Check the list for what exists.")
            }
            (409, _) => (
                Code::Conflict,
                "Heroku is still processing another change that conflicts with this one.",
                "Wait a moment, then try again.",
            ),
            (429, _) => (
                Code::RateLimited,
                "You have reached Heroku's rate limit.",
                "Wait a few minutes, then try again.",
            ),
            (500.., _) => (Code::HerokuError, "Heroku has a problem at the moment.", "Try again later."),
            _ => (
                Code::RequestRefused,
                "Heroku refused the request.",
                "Fix the problem shown under \"Technical details\", then try again.",
            ),
        };
        Self::new(code, what).next_step(next_step).detail(refusal.detail())
    }
}

impl Refusal {
    fn detail(&self) -> String {
        let mut detail = self.status.to_string();
        let mut add = |prefix: &str, text: &str| {
            if !text.is_empty() {
                detail.push_str(prefix);
                detail.push_str(text);
            }
        };
        add(" ", &self.id);
        add(": ", &self.message);
        add(", to ", &self.location);
        if let Some(wait) = self.retry_after {
            add(", retry after ", &format!("{} s", wait.as_secs()));
        }
        add(", Request-Id ", &self.request_id);
        detail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_date_gets_the_advice_to_check_the_date() {
        for reason in [CertificateError::Expired, CertificateError::NotValidYet] {
            let failure =
                Failure::Certificate { cause: reason.to_string(), is_about_time: is_about_time(&reason) };
            assert!(Error::from(failure).next_step.contains("date of this machine"), "{reason:?}");
        }
        assert!(!is_about_time(&CertificateError::UnknownIssuer));
    }
}
