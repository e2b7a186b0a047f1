//! The errors of the [`Sandbox`](crate::Sandbox) and of the API that it serves.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// Why a sandbox did not start, or a method of [`Sandbox`](crate::Sandbox) failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration has neither an HTTP nor a TLS address.
    #[error("the sandbox has no address to listen on: configure an HTTP or a TLS address")]
    NoAddress,
    /// The sandbox cannot listen on an address, because it is in use or belongs to another machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The sandbox cannot create a file or folder.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The server thread or its runtime did not start.
    #[error("cannot start the sandbox thread: {0}")]
    Thread(std::io::Error),
    /// The certificate cannot be created, most likely because a name is not a valid DNS name.
    #[error("cannot create a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused the certificate.
    #[error("cannot use the certificate: {0}")]
    Tls(#[from] rustls::Error),
    /// The sandbox has no account with this email address.
    #[error("the sandbox has no account {0}; add it first")]
    UnknownAccount(String),
    /// No login with this id is waiting, because it was already decided or never started.
    #[error("no login {0} is waiting for a decision")]
    UnknownLogin(uuid::Uuid),
}

/// The errors of Heroku's platform API, named after their `id` (INTEROP.md, "Platform").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiErrorId {
    /// 401: the request has no valid credential.
    Unauthorized,
    /// 403: the credential does not allow this.
    Forbidden,
    /// 403: the request must be repeated with the header `Heroku-Two-Factor-Code`.
    TwoFactor,
    /// 403: multi-factor authentication is on, so only a browser login works.
    MfaRequired,
    /// 403: this device is not trusted, so only a browser login works.
    DeviceTrustRequired,
    /// 403: the account is suspended.
    Suspended,
    /// 404: the resource does not exist.
    NotFound,
    /// 409: another request is changing the resource.
    Conflict,
    /// 422: a parameter is not valid.
    InvalidParams,
    /// 429: the account has no requests left.
    RateLimit,
    /// 500: Heroku failed.
    InternalServerError,
    /// 503: Heroku is temporarily unavailable.
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

/// An error response of the platform API: `{id, message, url?, resource?}`.
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
            // Without this header, curl and git do not send the credential they have.
            let challenge = header::HeaderValue::from_static("Basic realm=\"Heroku\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
