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
    let fault = shared.lock().take_fault(request.method().as_str(), request.uri().path());
    let Some(fault) = fault else { return next.run(request).await };
    match fault {
        Fault::Late { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            next.run(request).await
        }
        Fault::Error(id) => ApiError::from(id).into_response(),
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
        Fault::WrongJson => replace(next.run(request).await, json(r#"{"unexpected":["answer"]}"#)),
        Fault::NotJson => replace(next.run(request).await, json("<html><body>Bad gateway</body></html>")),
        Fault::Empty => replace(next.run(request).await, (HeaderMap::new(), Body::empty())),
        Fault::Huge { bytes } => {
            let (headers, _) = json("");
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

fn json(body: &'static str) -> (HeaderMap, Body) {
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
