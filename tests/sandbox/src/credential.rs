//! Who asks: the `Authorization` header, the account behind it, and that account's pool of requests.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::{ApiError, ApiErrorId};
use crate::rate_limit::Pool;
use crate::state::{Access, Refusal, Shared};

/// What an `Authorization` header holds.
pub(crate) enum Credential {
    Bearer(String),
    Basic { user: String, password: String },
}

impl Credential {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::Bearer(rest.trim().to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Self::Basic { user: user.to_owned(), password: password.to_owned() })
    }

    /// The token, or what stands where a token would: in Basic, the password.
    pub(crate) fn secret(&self) -> &str {
        match self {
            Self::Bearer(token) => token,
            Self::Basic { password, .. } => password,
        }
    }
}

/// The authorization or session whose live token a request brought; without one, the answer is 401.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Access);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiErrorId::Unauthorized.into())
    }
}

/// Finds the [`Caller`], takes the request out of the account's pool, and refuses a suspended account.
pub(crate) async fn identify(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let presented = Credential::from_headers(request.headers());
    let (caller, suspended, left) = {
        let mut world = shared.lock();
        let now = world.now();
        let caller = presented.and_then(|credential| world.by_token(credential.secret()).cloned());
        let email = caller.as_ref().map(|access| access.account.clone());
        let suspended = email
            .as_ref()
            .and_then(|email| world.accounts.get(email))
            .is_some_and(|account| account.refusal == Some(Refusal::Suspended));
        let left = world.pools.entry(email).or_insert_with(|| Pool::full(now)).draw(now);
        (caller, suspended, left)
    };
    if let Some(access) = caller {
        request.extensions_mut().insert(Caller(access));
    }
    let mut response = if left.is_none() {
        ApiError::from(ApiErrorId::RateLimit).into_response()
    } else if suspended {
        ApiError::from(ApiErrorId::Suspended).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().insert("RateLimit-Remaining", HeaderValue::from(left.unwrap_or(0)));
    response
}
