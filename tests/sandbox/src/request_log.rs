//! What was asked of the sandbox, in the order it came, with tokens masked.

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

/// One request as it came. The sandbox's own `/sandbox/…` addresses are not logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The host that was asked, as the client wrote it.
    pub host: Option<String>,
    /// The client's own name for itself.
    pub user_agent: Option<String>,
    /// The token, or password, it brought: `…` and the last four characters.
    pub masked: Option<String>,
    /// The answer's status; `None` while there is none yet, or where the connection ended without one.
    pub status: Option<u16>,
}

/// Logs each request when it comes, and its status when it is answered.
pub(crate) async fn record(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let logged = describe(&request);
    let place = {
        let mut world = shared.lock();
        world.requests.push(logged.clone());
        world.requests.len() - 1
    };
    shared.ring();

    let response = next.run(request).await;

    let hung_up = response.extensions().get::<HangUp>().is_some();
    let status = (!hung_up).then(|| response.status().as_u16());
    if let Some(logged) = shared.lock().requests.get_mut(place) {
        logged.status = status;
    }
    shared.ring();
    let LoggedRequest { method, path, masked, user_agent, .. } = logged;
    tracing::info!(method, path, status, token = masked, user_agent, "request");
    response
}

/// Puts a fresh id behind those the request brought, as Heroku does.
pub(crate) async fn request_id(request: Request, next: Next) -> Response {
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
        response.headers_mut().insert("Request-Id", value);
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
