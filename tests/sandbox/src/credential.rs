//! Authentication: the `Authorization` header, the account it belongs to, and the rate limit of that account.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::{ApiError, ApiErrorId};
use crate::rate_limit::RequestPool;
use crate::state::{IssuedToken, Refusal, Shared};

/// The content of an `Authorization` header.
pub(crate) enum Credential {
    Bearer(String),
    Basic { user: String, password: String },
}

impl Credential {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            // A blank too many counts as a part of the token.
            return Some(Self::Bearer(rest.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Self::Basic { user: user.to_owned(), password: password.to_owned() })
    }

    /// The Bearer token, or the Basic password, where git and curl send a token.
    pub(crate) fn secret(&self) -> &str {
        match self {
            Self::Bearer(token) => token,
            Self::Basic { password, .. } => password,
        }
    }
}

/// The live token that a request sent. As an extractor, it responds with 401 if there is none.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) IssuedToken);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiErrorId::Unauthorized.into())
    }
}

/// Middleware that finds the [`Caller`], draws the request from the pool of its account, and refuses suspended
/// accounts and tokens whose scope does not allow the request.
pub(crate) async fn identify(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let credential = Credential::from_headers(request.headers());
    let (caller, is_suspended, left) = {
        let mut state = shared.lock();
        let now = state.now();
        let caller = credential.and_then(|credential| state.find_by_token(credential.secret()).cloned());
        let email = caller.as_ref().map(|issued| issued.account.clone());
        let is_suspended = email
            .as_ref()
            .and_then(|email| state.accounts.get(email))
            .is_some_and(|account| account.refusal == Some(Refusal::Suspended));
        let left = state.pools.entry(email).or_insert_with(|| RequestPool::full(now)).draw(now);
        (caller, is_suspended, left)
    };
    let is_allowed = caller.as_ref().is_none_or(|issued| allows(&issued.scope, &request));
    if let Some(issued) = caller {
        request.extensions_mut().insert(Caller(issued));
    }
    let mut response = if left.is_none() {
        ApiError::from(ApiErrorId::RateLimit).into_response()
    } else if is_suspended {
        ApiError::from(ApiErrorId::Suspended).into_response()
    } else if !is_allowed {
        ApiError::from(ApiErrorId::Forbidden).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().insert("RateLimit-Remaining", HeaderValue::from(left.unwrap_or(0)));
    response
}

/// What is here is all about the account, which only these scopes open (Heroku Dev Center, "OAuth", "Scopes").
fn allows(scope: &[String], request: &Request) -> bool {
    let has = |name: &str| scope.iter().any(|scope| scope == name);
    let is_about_the_account = request.method() == Method::GET && request.uri().path() == "/account";
    has("global") || has("identity") && is_about_the_account
}
