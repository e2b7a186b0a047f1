//! The log of all requests, in the order they arrived, with tokens masked.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use uuid::Uuid;

use crate::credential::Credential;
use crate::server::HangUp;
use crate::state::{Shared, mask};

/// A request that the sandbox received. Requests to `/sandbox/…` are not logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// The HTTP method, such as `GET`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The `Host` header.
    pub host: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The mask of the token or password in the request: `…`, and the last four characters of a token.
    pub masked: Option<String>,
    /// The status of the response. `None` before the response, or if the connection closed without one.
    pub status: Option<u16>,
}

/// Middleware that logs each request on arrival, and its status once there is a response.
pub(crate) async fn record(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let logged = describe(&request);
    let index = {
        let mut state = shared.lock();
        state.requests.push(logged.clone());
        state.requests.len() - 1
    };
    shared.notify();

    let response = next.run(request).await;

    let hung_up = response.extensions().get::<HangUp>().is_some();
    let status = (!hung_up).then(|| response.status().as_u16());
    if let Some(logged) = shared.lock().requests.get_mut(index) {
        logged.status = status;
    }
    shared.notify();
    let LoggedRequest { method, path, masked, user_agent, .. } = logged;
    tracing::info!(method, path, status, token = masked, user_agent, "request");
    response
}

/// Middleware that responds with the request's `Request-Id` values and a new one, as Heroku does.
pub(crate) async fn add_request_id(request: Request, next: Next) -> Response {
    let mut ids: Vec<String> = request
        .headers()
        .get_all("Request-Id")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(ToOwned::to_owned)
        .collect();
    ids.push(Uuid::new_v4().to_string());
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&ids.join(",")) {
        response.headers_mut().entry("Request-Id").or_insert(value);
    }
    response
}

fn describe(request: &Request) -> LoggedRequest {
    let headers = request.headers();
    LoggedRequest {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        host: text(headers, &header::HOST),
        user_agent: text(headers, &header::USER_AGENT),
        masked: Credential::from_headers(headers).map(|credential| mask(credential.secret())),
        status: None,
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
