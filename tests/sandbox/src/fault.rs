//! Faults on demand: rules that make matching requests fail.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::credential::Credential;
use crate::echo;
use crate::error::{ApiError, ApiErrorId};
use crate::server::HangUp;
use crate::state::{SandboxState, Shared};

/// What goes wrong with a request. In JSON: `"empty"`, `{"delay":{"ms":500}}`, `{"error":"forbidden"}`, …
///
/// "Handles the request" means that the sandbox does what the request asks, whatever it then responds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Waits, then handles the request and responds normally.
    Delay {
        /// How long to wait, in milliseconds.
        ms: u64,
    },
    /// Does not handle the request. Responds with this error of the platform API.
    Error(ApiErrorId),
    /// Does not handle the request. Responds with 429 and the header `Retry-After`.
    RetryAfter {
        /// The value of `Retry-After`, in seconds.
        seconds: u64,
    },
    /// Does not handle the request. Redirects the client with 307.
    Redirect {
        /// The value of `Location`: a URL or a path.
        to: String,
    },
    /// Does not handle the request. Closes the connection without a response.
    DropBefore,
    /// Handles the request, then closes the connection without a response.
    DropAfter,
    /// Handles the request. Responds with the right status, but JSON of another shape.
    WrongJson,
    /// Handles the request. Responds with the right status, but gives every value in the JSON another type.
    WrongTypes,
    /// Handles the request. Responds with the right status, but HTML that is declared as JSON.
    NotJson,
    /// Handles the request. Responds with the right status, but without a body.
    Empty,
    /// Handles the request. Responds with the right status, but a single JSON string of this size.
    Huge {
        /// The size of the body, in bytes.
        bytes: u64,
    },
    /// Handles the request. Sends the normal response body at one byte a second.
    Trickle,
    /// Handles the request. Leaves out the authorization of the request's own token, if the response is a list.
    HideOwn,
    /// Handles the request. Shows no part of a token where the response would show it redacted.
    HideTokens,
    /// Does not handle the request. Responds with this status and an error that repeats the request's headers and body, raw
    /// and in base64, as its id and message and in the headers `Location` and `Request-Id`.
    Echo {
        /// The status.
        status: u16,
    },
    /// Handles the request. Puts a text into one place of the JSON that it responds with.
    Rewrite {
        /// The place, as a JSON pointer (RFC 6901): `/0/description`.
        pointer: String,
        /// The text. `{secret}` in it stands for the request's token or password.
        text: String,
    },
}

/// A [`Fault`], and the requests that it applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// The HTTP method, such as `GET`. `None` matches any method.
    #[serde(default)]
    pub method: Option<String>,
    /// The path. `*` matches any sequence of characters, including `/`.
    pub path: String,
    /// How many more requests the fault applies to. `u32::MAX` is practically unlimited.
    #[serde(default = "one")]
    pub times: u32,
    /// What goes wrong with the matching requests.
    pub fault: Fault,
}

impl FaultRule {
    /// A rule for the next request to this path, with any method.
    pub fn once(path: impl Into<String>, fault: Fault) -> Self {
        Self { method: None, path: path.into(), times: 1, fault }
    }
}

const fn one() -> u32 {
    1
}

impl SandboxState {
    /// The fault for a request. Counts down the upcoming fault first, which becomes a rule when its turn comes.
    pub(crate) fn next_fault(&mut self, method: &str, path: &str) -> Option<Fault> {
        if let Some((left, fault)) = self.upcoming_fault.take() {
            match left.checked_sub(1) {
                Some(left) => self.upcoming_fault = Some((left, fault)),
                None => self.faults.push(FaultRule {
                    method: Some(method.to_owned()),
                    path: path.to_owned(),
                    times: u32::MAX,
                    fault,
                }),
            }
        }
        self.take_fault(method, path)
    }

    /// The fault of the first rule that matches a request. The rule then applies to one fewer request.
    fn take_fault(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.faults.retain(|rule| rule.times > 0);
        let rule = self.faults.iter_mut().find(|rule| {
            let method_matches =
                rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            method_matches && path_matches(&rule.path, path)
        })?;
        rule.times -= 1;
        let fault = rule.fault.clone();
        self.faults.retain(|rule| rule.times > 0);
        Some(fault)
    }
}

/// Middleware that applies the faults.
pub(crate) async fn inject(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let fault = shared.lock().next_fault(request.method().as_str(), request.uri().path());
    let Some(fault) = fault else { return next.run(request).await };
    let own = Credential::from_headers(request.headers());
    match fault {
        Fault::Delay { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            next.run(request).await
        }
        Fault::Error(id) => ApiError::from(id).into_response(),
        Fault::RetryAfter { seconds } => {
            let mut response = ApiError::from(ApiErrorId::RateLimit).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Fault::Redirect { to } => redirect(&to),
        Fault::DropBefore => HangUp.into_response(),
        Fault::DropAfter => {
            // git streams its response, and has handled the request only once all of it is read.
            let response = next.run(request).await;
            match to_bytes(response.into_body(), usize::MAX).await {
                Ok(_) => HangUp.into_response(),
                Err(error) => fault_failed(&error),
            }
        }
        Fault::WrongJson => replace_body(next.run(request).await, json_body(r#"{"unexpected":["answer"]}"#)),
        Fault::WrongTypes => change_json(next.run(request).await, with_wrong_types).await,
        Fault::HideOwn => {
            let shown = own.map(|own| shared.config.redaction.apply(own.secret()));
            change_json(next.run(request).await, |value| without_own(value, shown.as_deref())).await
        }
        Fault::HideTokens => change_json(next.run(request).await, with_hidden_tokens).await,
        Fault::NotJson => {
            replace_body(next.run(request).await, json_body("<html><body>Bad gateway</body></html>"))
        }
        Fault::Empty => replace_body(next.run(request).await, (HeaderMap::new(), Body::empty())),
        Fault::Huge { bytes } => {
            let (headers, _) = json_body("");
            replace_body(next.run(request).await, (headers, huge(bytes)))
        }
        Fault::Trickle => trickle(next.run(request).await).await,
        Fault::Echo { status } => {
            let (parts, body) = request.into_parts();
            match to_bytes(body, usize::MAX).await {
                Ok(body) => echo::error(status, &parts.headers, &body),
                Err(error) => fault_failed(&error),
            }
        }
        Fault::Rewrite { pointer, text } => {
            let secret = echo::secret(request.headers());
            rewrite(next.run(request).await, &pointer, &text, &secret).await
        }
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == path };
    path.strip_prefix(head).is_some_and(|rest| {
        (0..=rest.len()).any(|start| rest.get(start..).is_some_and(|remaining| path_matches(tail, remaining)))
    })
}

fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        Err(error) => fault_failed(&error),
    }
}

/// Responds that the sandbox could not produce a fault, with a status that no test mistakes for the fault.
fn fault_failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "cannot produce the fault");
    (StatusCode::NOT_IMPLEMENTED, format!("the sandbox cannot produce this fault: {error}")).into_response()
}

fn json_body(body: &'static str) -> (HeaderMap, Body) {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (HeaderMap::from_iter([content_type]), Body::from(body))
}

/// Replaces the body of a response and the headers that describe it.
fn replace_body(response: Response, (headers, body): (HeaderMap, Body)) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.extend(headers);
    Response::from_parts(parts, body)
}

/// Changes the JSON of a response. A response with another status than success stays as it is.
async fn change_json(response: Response, change: impl FnOnce(Value) -> Value) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(axum::Error::into_inner);
    let value = body.and_then(|body| Ok(serde_json::from_slice::<Value>(&body)?));
    match value {
        Ok(value) => {
            let (headers, _) = json_body("");
            replace_body(
                Response::from_parts(parts, Body::empty()),
                (headers, change(value).to_string().into()),
            )
        }
        Err(error) => fault_failed(error.as_ref()),
    }
}

/// A list without the authorization whose token is shown as `own`.
fn without_own(value: Value, own: Option<&str>) -> Value {
    let Value::Array(mut items) = value else { return value };
    items.retain(|item| own.is_none() || item["access_token"]["token"].as_str() != own);
    Value::Array(items)
}

/// The same JSON, with a fixed text in place of each redacted token.
fn with_hidden_tokens(mut value: Value) -> Value {
    let items = match &mut value {
        Value::Array(items) => items.iter_mut().collect(),
        item => vec![item],
    };
    for item in items {
        if let Some(token) = item.pointer_mut("/access_token/token")
            && token.as_str().is_some_and(|shown| shown.contains("**********"))
        {
            *token = json!("(hidden)");
        }
    }
    value
}

async fn rewrite(response: Response, pointer: &str, text: &str, secret: &str) -> Response {
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return fault_failed(&error),
    };
    let Some(body) = echo::rewritten(&body, pointer, text, secret) else {
        return fault_failed(&std::io::Error::other(format!("the response has no {pointer}")));
    };
    let (headers, _) = json_body("");
    replace_body(Response::from_parts(parts, Body::empty()), (headers, body))
}

/// The same JSON, with every value replaced by one of another type.
fn with_wrong_types(value: Value) -> Value {
    match value {
        Value::Null => json!(["unexpected"]),
        Value::Bool(_) => json!("true"),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => json!(text.len()),
        Value::Array(items) => {
            items.into_iter().map(with_wrong_types).enumerate().map(|(n, v)| (n.to_string(), v)).collect()
        }
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, with_wrong_types(value))).collect()
        }
    }
}

fn huge(bytes: u64) -> Body {
    static CHUNK: [u8; 64 * 1024] = [b'x'; 64 * 1024];
    let quote = || Bytes::from_static(b"\"");
    let mut left = bytes.saturating_sub(2);
    let chunks = std::iter::from_fn(move || {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.len());
        left -= size as u64;
        (size > 0).then(|| Bytes::from_static(&CHUNK).slice(..size))
    });
    let all = std::iter::once(quote()).chain(chunks).chain(std::iter::once(quote()));
    Body::from_stream(stream::iter(all.map(Ok::<_, std::convert::Infallible>)))
}

async fn trickle(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return fault_failed(&error),
    };
    let bytes = stream::unfold((body, Duration::ZERO), |(mut body, pause)| async move {
        if body.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let byte = body.split_to(1);
        Some((Ok::<_, std::convert::Infallible>(byte), (body, Duration::from_secs(1))))
    });
    Response::from_parts(parts, Body::from_stream(bytes))
}

#[cfg(test)]
mod tests {
    use super::path_matches;

    #[test]
    fn a_star_matches_any_sequence_of_characters() {
        assert!(path_matches("/account", "/account"));
        assert!(!path_matches("/account", "/account/keys"));
        assert!(path_matches("/oauth/authorizations/*", "/oauth/authorizations/1/actions/regenerate-tokens"));
        assert!(!path_matches("/oauth/authorizations/*", "/oauth/authorizations"));
        assert!(path_matches("*/info/refs", "/my-app.git/info/refs"));
        assert!(path_matches("*", "/"));
        assert!(!path_matches("/*/refs", "/a/refs/b"));
    }
}
