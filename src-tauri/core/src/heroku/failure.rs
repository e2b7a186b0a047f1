//! What went wrong with one request, and what that means to a person.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde::Deserialize;

use crate::base::error::{Code, Error};

/// What went wrong with one request, for callers that go on in some cases.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub(super) enum Failure {
    /// No connection, or one that ended without an answer.
    Unreachable(String),
    /// No answer within the limit.
    Late,
    /// The certificate that was shown is not one for Heroku.
    Certificate { cause: String, expired: bool },
    /// Heroku says no.
    Refused(Refusal),
    /// An answer that makes no sense.
    Garbled(String),
    /// The person was asked for something in between, in vain.
    Person(Error),
    /// [`Cancel`](super::Cancel).
    Cancelled,
}

/// An answer that is not the one asked for.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The API's name for the error; empty where the answer has none.
    pub(super) id: String,
    message: String,
    request_id: String,
    retry_after: Option<Duration>,
    location: String,
}

/// Heroku's error body (INTEROP.md, "Platform"). OAuth's has `error` and `error_description` (RFC 6749, 5.2).
#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default, alias = "error")]
    id: String,
    #[serde(default, alias = "error_description")]
    message: String,
}

impl Failure {
    /// An answer with a status that is no success.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let error: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
        Self::Refused(Refusal {
            status,
            id: short(&error.id),
            message: short(&error.message),
            request_id: short(text("request-id")),
            retry_after: text(RETRY_AFTER.as_str()).parse().ok().map(Duration::from_secs),
            location: short(text(LOCATION.as_str())),
        })
    }

    /// True where Heroku says that it does not know the token.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.has(StatusCode::UNAUTHORIZED)
    }

    /// True where what was asked about is not there.
    pub(super) fn is_not_found(&self) -> bool {
        self.has(StatusCode::NOT_FOUND)
    }

    /// True where the same request with the code of a second factor would do.
    pub(super) fn wants_code(&self) -> bool {
        self.is_refused_as("two_factor")
    }

    /// When the same request may find things better: after `pause`, or when Heroku says. `None`: it would not.
    pub(super) fn passes_after(&self, pause: Duration) -> Option<Duration> {
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

    /// True where the answer has this name for its error.
    pub(super) fn is_refused_as(&self, id: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.id == id)
    }

    fn has(&self, wanted: StatusCode) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == wanted)
    }
}

pub(super) fn garbled(of: &str, cause: impl std::fmt::Display) -> Failure {
    Failure::Garbled(format!("{of}: {cause}"))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn unreachable(error: reqwest::Error) -> Failure {
    // The innermost cause is the one that tells: "Connection refused", "certificate expired".
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    loop {
        // An `io::Error` names the source of what it wraps, and passes over that itself.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = wrapped.map(|inner| inner as &(dyn std::error::Error + 'static)).or(cause.source());
        if let Some(rustls::Error::InvalidCertificate(reason)) = cause.downcast_ref() {
            let expired = matches!(
                reason,
                rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. }
            );
            return Failure::Certificate { cause: reason.to_string(), expired };
        }
        let Some(inner) = inner else { return Failure::Unreachable(cause.to_string()) };
        cause = inner;
    }
}

/// What a stranger wrote, as far as a person will read it.
fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(300).collect()
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
            Failure::Certificate { cause, expired } => {
                let fix = if expired {
                    "Check the date of this machine; if it is right, a proxy on the way shows an old certificate."
                } else {
                    "A proxy of your network may put its own in place: name its root in SSL_CERT_FILE."
                };
                Self::new(Code::CertificateRefused, "The certificate shown for Heroku is not valid here.")
                    .means("Nothing was sent, so nobody has seen the token.")
                    .next_step(fix)
                    .detail(cause)
            }
            Failure::Garbled(detail) => {
                Self::new(Code::HerokuGarbled, "Heroku's answer could not be understood.")
                    .next_step(
                        "Try again; a proxy or a login page of the network may have answered in its place.",
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
        let (code, what, fix) = match (refusal.status.as_u16(), refusal.id.as_str()) {
            (300..=399, _) => (
                Code::HerokuGarbled,
                "Heroku's answer points to another address, where the token must not go.",
                "Try again; a proxy or a login page of the network may have answered in its place.",
            ),
            (401, _) => (Code::TokenRefused, "Heroku does not accept this token.", "Log in again."),
            (_, "two_factor") => (
                Code::SecondFactorNeeded,
                "Heroku asks for the code of your second factor.",
                "Try again and give the code that your authenticator shows.",
            ),
            (_, "mfa_required") => (
                Code::BrowserNeeded,
                "This account has multi-factor authentication, which only the browser can do.",
                "Log in with the browser.",
            ),
            (_, "device_trust_required") => (
                Code::BrowserNeeded,
                "Heroku wants to see a trusted device, which only the browser can show.",
                "Log in with the browser.",
            ),
            (_, "suspended") => (
                Code::AccountSuspended,
                "Heroku has suspended this account.",
                "Ask Heroku's support; the token works again when the account does.",
            ),
            (403, _) => (
                Code::Forbidden,
                "This token may not do that.",
                "Log in again, with a token of scope global.",
            ),
            (404, _) => (Code::NotFound, "Heroku has no such thing.", "See the list for what is there."),
            (409, _) => (
                Code::Conflict,
                "Heroku is at something else that stands in the way of this.",
                "Wait a moment, then try again.",
            ),
            (429, _) => {
                (Code::RateLimited, "Heroku's rate limit is used up for the moment.", "Wait, then try again.")
            }
            (500.., _) => (Code::HerokuError, "Heroku has a problem at the moment.", "Try again in a while."),
            _ => (Code::RequestRefused, "Heroku refused the request.", "See what the detail says."),
        };
        Self::new(code, what).next_step(fix).detail(refusal.detail())
    }
}

impl Refusal {
    fn detail(&self) -> String {
        let mut detail = self.status.to_string();
        let mut add = |before: &str, text: &str| {
            if !text.is_empty() {
                detail.push_str(before);
                detail.push_str(text);
            }
        };
        add(" ", &self.id);
        add(": ", &self.message);
        add(", to ", &self.location);
        if let Some(wait) = self.retry_after {
            add(", again after ", &format!("{} s", wait.as_secs()));
        }
        add(", Request-Id ", &self.request_id);
        detail
    }
}
