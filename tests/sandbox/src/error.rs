//! What the sandbox's handle can answer, and what its API can.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// Why a sandbox did not start, or could not do what its handle was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither an address for HTTP nor one for TLS was given.
    #[error("the sandbox has no address to listen on: give an HTTP or a TLS address")]
    NoAddress,
    /// An address is taken or not this machine's.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder could not be made.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The runtime or its thread could not be made.
    #[error("cannot start the sandbox's thread: {0}")]
    Thread(std::io::Error),
    /// The certificate could not be made, most likely for a name that is no DNS name.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused the certificate.
    #[error("cannot use the certificate: {0}")]
    Tls(#[from] rustls::Error),
    /// No such account in this sandbox.
    #[error("the sandbox has no account {0}; add it first")]
    UnknownAccount(String),
    /// No such login is waiting: it was decided before, or never begun.
    #[error("no login {0} is waiting for a decision")]
    UnknownLogin(uuid::Uuid),
}

/// The errors of Heroku's platform API, by their `id` (INTEROP.md, "Platform").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiErrorId {
    /// 401: no credential, or one that is not valid.
    Unauthorized,
    /// 403: valid, but not allowed.
    Forbidden,
    /// 403: the same request again with a `Heroku-Two-Factor-Code`.
    TwoFactor,
    /// 403: multi-factor authentication is on; only the browser will do.
    MfaRequired,
    /// 403: this device is not trusted; only the browser will do.
    DeviceTrustRequired,
    /// 403: the account is suspended.
    Suspended,
    /// 404.
    NotFound,
    /// 409: something else stands in the way.
    Conflict,
    /// 422: a parameter does not make sense.
    InvalidParams,
    /// 429: the pool of requests is empty.
    RateLimit,
    /// 500: a fault of Heroku's.
    InternalServerError,
    /// 503: down for the moment.
    ServiceUnavailable,
}

impl ApiErrorId {
    fn status_and_message(self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Invalid credentials provided."),
            Self::Forbidden => (StatusCode::FORBIDDEN, "You do not have access to this resource."),
            Self::TwoFactor => (
                StatusCode::FORBIDDEN,
                "A second authentication factor or pre-authorization is required for your account.",
            ),
            Self::MfaRequired => {
                (StatusCode::FORBIDDEN, "Multi-factor authentication is required; log in with the browser.")
            }
            Self::DeviceTrustRequired => {
                (StatusCode::FORBIDDEN, "This device is not trusted; log in with the browser.")
            }
            Self::Suspended => (StatusCode::FORBIDDEN, "Your account is suspended."),
            Self::NotFound => (StatusCode::NOT_FOUND, "The requested resource could not be found."),
            Self::Conflict => (StatusCode::CONFLICT, "Another request is changing this; try again."),
            Self::InvalidParams => (StatusCode::UNPROCESSABLE_ENTITY, "A parameter is not valid."),
            Self::RateLimit => (
                StatusCode::TOO_MANY_REQUESTS,
                "Your account reached the API rate limit. Wait a few minutes before making new requests.",
            ),
            Self::InternalServerError => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."),
            Self::ServiceUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "The service is unavailable. Try again later.")
            }
        }
    }
}

/// An error answer of the platform API: `{id, message, url?, resource?}`.
#[derive(Debug, Serialize)]
pub(crate) struct ApiError {
    id: ApiErrorId,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'static str>,
}

impl ApiError {
    pub(crate) fn not_found(resource: &'static str) -> Self {
        let message = format!("Couldn't find that {resource}.");
        Self { message, resource: Some(resource), ..ApiErrorId::NotFound.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..ApiErrorId::InvalidParams.into() }
    }
}

impl From<ApiErrorId> for ApiError {
    fn from(id: ApiErrorId) -> Self {
        let url = (id == ApiErrorId::RateLimit)
            .then_some("https://devcenter.heroku.com/articles/platform-api-reference#rate-limits");
        Self { id, message: id.status_and_message().1.to_owned(), url, resource: None }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.id.status_and_message().0;
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            // curl and git offer what they know only when asked with this header.
            let challenge = header::HeaderValue::from_static("Basic realm=\"Heroku\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
