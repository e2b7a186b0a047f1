//! Faults on demand: what the next requests of a kind meet instead of a good answer.

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

use crate::error::{ApiError, ApiErrorId};
use crate::server::HangUp;
use crate::state::{Shared, World};

/// What goes wrong. In JSON: `"empty"`, `{"late":{"ms":500}}`, `{"error":"forbidden"}`, …
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Waits this many milliseconds, then does the work and answers well.
    Late {
        /// Milliseconds.
        ms: u64,
    },
    /// Does not do the work; answers with this error of the platform.
    Error(ApiErrorId),
    /// Does not do the work; answers 429 and says when to come back.
    RetryAfter {
        /// Seconds.
        seconds: u64,
    },
    /// Does not do the work; sends the client to another address with a 307.
    Redirect {
        /// A whole address or a path.
        to: String,
    },
    /// Does not do the work; closes the connection without an answer.
    DropBefore,
    /// Does the work; closes the connection without an answer.
    DropAfter,
    /// Does the work; answers with its status, and JSON of another shape.
    WrongJson,
    /// Does the work; answers with its status and its JSON, in which every value is of another type.
    WrongTypes,
    /// Does the work; answers with its status, and HTML that calls itself JSON.
    NotJson,
    /// Does the work; answers with its status and no body.
    Empty,
    /// Does the work; answers with its status and one JSON string of this size.
    Huge {
        /// Bytes.
        bytes: u64,
    },
    /// Does the work; sends its good answer at one byte a second.
    Trickle,
}

/// Which requests a [`Fault`] is for, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// `GET`, `POST`, …; `None` is any method.
    #[serde(default)]
    pub method: Option<String>,
    /// The whole path; `*` stands for any run of characters, `/` among them.
    pub path: String,
    /// For how many requests more; `u32::MAX` is as good as for ever.
    #[serde(default = "one")]
    pub times: u32,
    /// What happens to them.
    pub fault: Fault,
}

impl FaultRule {
    /// A fault for the next request to this path, whatever its method.
    pub fn once(path: impl Into<String>, fault: Fault) -> Self {
        Self { method: None, path: path.into(), times: 1, fault }
    }
}

const fn one() -> u32 {
    1
}

impl World {
    /// The fault that a request meets: of the first rule that is for it, after the one that waited for its turn has
    /// become a rule.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> Option<Fault> {
        if let Some((left, fault)) = self.fault_in.take() {
            match left.checked_sub(1) {
                Some(left) => self.fault_in = Some((left, fault)),
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

    /// The fault of the first rule that is for this request, which is then used up once.
    fn take_fault(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.faults.retain(|rule| rule.times > 0);
        let rule = self.faults.iter_mut().find(|rule| {
            let method_fits = rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            method_fits && fits(&rule.path, path)
        })?;
        rule.times -= 1;
        let fault = rule.fault.clone();
        self.faults.retain(|rule| rule.times > 0);
        Some(fault)
    }
}

/// Lets each request meet the fault that is meant for it.
pub(crate) async fn inject(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let fault = shared.lock().meet(request.method().as_str(), request.uri().path());
    let Some(fault) = fault else { return next.run(request).await };
    match fault {
        Fault::Late { ms } => {
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
            // Work that streams its answer, as git's does, is done only when all of it is read.
            let done = next.run(request).await;
            match to_bytes(done.into_body(), usize::MAX).await {
                Ok(_) => HangUp.into_response(),
                Err(error) => broken(&error),
            }
        }
        Fault::WrongJson => replace(next.run(request).await, json_body(r#"{"unexpected":["answer"]}"#)),
        Fault::WrongTypes => wrong_types(next.run(request).await).await,
        Fault::NotJson => {
            replace(next.run(request).await, json_body("<html><body>Bad gateway</body></html>"))
        }
        Fault::Empty => replace(next.run(request).await, (HeaderMap::new(), Body::empty())),
        Fault::Huge { bytes } => {
            let (headers, _) = json_body("");
            replace(next.run(request).await, (headers, huge(bytes)))
        }
        Fault::Trickle => trickle(next.run(request).await).await,
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == path };
    path.strip_prefix(head).is_some_and(|rest| {
        (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|remaining| fits(tail, remaining)))
    })
}

fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        Err(error) => broken(&error),
    }
}

/// The fault itself went wrong: a test must not take that for the fault.
fn broken(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "the fault could not be made");
    (StatusCode::NOT_IMPLEMENTED, format!("the sandbox could not make this fault: {error}")).into_response()
}

fn json_body(body: &'static str) -> (HeaderMap, Body) {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (HeaderMap::from_iter([content_type]), Body::from(body))
}

/// Keeps the status and all headers but those that spoke of the body.
fn replace(done: Response, (headers, body): (HeaderMap, Body)) -> Response {
    let (mut parts, _) = done.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.extend(headers);
    Response::from_parts(parts, body)
}

async fn wrong_types(done: Response) -> Response {
    let (parts, body) = done.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(axum::Error::into_inner);
    let value = body.and_then(|body| Ok(serde_json::from_slice::<Value>(&body)?));
    match value {
        Ok(value) => {
            let (headers, _) = json_body("");
            replace(Response::from_parts(parts, Body::empty()), (headers, retyped(value).to_string().into()))
        }
        Err(error) => broken(error.as_ref()),
    }
}

/// The same shape, with a value of another type in every place.
fn retyped(value: Value) -> Value {
    match value {
        Value::Null => json!(["unexpected"]),
        Value::Bool(_) => json!("true"),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => json!(text.len()),
        Value::Array(items) => {
            items.into_iter().map(retyped).enumerate().map(|(n, v)| (n.to_string(), v)).collect()
        }
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, retyped(value))).collect(),
    }
}

fn huge(bytes: u64) -> Body {
    static CHUNK: [u8; 64 * 1024] = [b'x'; 64 * 1024];
    let inside = bytes.saturating_sub(2);
    let quote = || Bytes::from_static(b"\"");
    let mut left = inside;
    let chunks = std::iter::from_fn(move || {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.len());
        left -= size as u64;
        (size > 0).then(|| Bytes::from_static(&CHUNK).slice(..size))
    });
    let all = std::iter::once(quote()).chain(chunks).chain(std::iter::once(quote()));
    Body::from_stream(stream::iter(all.map(Ok::<_, std::convert::Infallible>)))
}

async fn trickle(done: Response) -> Response {
    let (parts, body) = done.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return broken(&error),
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
    use super::fits;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        assert!(fits("/account", "/account"));
        assert!(!fits("/account", "/account/keys"));
        assert!(fits("/oauth/authorizations/*", "/oauth/authorizations/1/actions/regenerate-tokens"));
        assert!(!fits("/oauth/authorizations/*", "/oauth/authorizations"));
        assert!(fits("*/info/refs", "/my-app.git/info/refs"));
        assert!(fits("*", "/"));
        assert!(!fits("/*/refs", "/a/refs/b"));
    }
}
