//! Lists in pages, as the platform sends them (Platform API reference, "Ranges").

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::error::ApiError;

const NEXT_RANGE: HeaderName = HeaderName::from_static("next-range");
/// The number of objects in a page if the request names none, and the most that it may name.
const DEFAULT_MAX: usize = 200;
const LIMIT: usize = 1000;

/// The part of a list that a request asks for: `id ..; max=1000`, or `id ]ID..; max=1000` for what follows an object.
#[derive(Debug)]
pub(crate) struct Range {
    after: Option<String>,
    max: usize,
}

impl<S: Sync> FromRequestParts<S> for Range {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.headers).ok_or_else(|| ApiError::invalid("Invalid Range header."))
    }
}

impl Range {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(range) = headers.get(header::RANGE) else {
            return Some(Self { after: None, max: DEFAULT_MAX });
        };
        let (start, options) = range.to_str().ok()?.strip_prefix("id ")?.split_once("..")?;
        let after = match start {
            "" => None,
            start => Some(start.strip_prefix(']')?.to_owned()),
        };
        let max = match options.strip_prefix("; max=") {
            Some(max) => max.parse().ok().filter(|max| (1..=LIMIT).contains(max))?,
            None if options.is_empty() => DEFAULT_MAX,
            None => return None,
        };
        Some(Self { after, max })
    }

    /// The response with this part of a list, whose objects have an `id`.
    pub(crate) fn of_list(&self, list: &[Value]) -> Response {
        let id = |object: &Value| object["id"].as_str().unwrap_or_default().to_owned();
        let start = self.after.as_ref().map_or(0, |after| {
            list.iter().position(|object| id(object) == *after).map_or(list.len(), |at| at + 1)
        });
        let page: Vec<Value> = list[start..].iter().take(self.max).cloned().collect();
        let is_last = start + page.len() == list.len();
        let last = page.last().filter(|_| !is_last).map(id);
        let next =
            last.and_then(|last| HeaderValue::from_str(&format!("id ]{last}..; max={}", self.max)).ok());
        match next {
            Some(next) => (StatusCode::PARTIAL_CONTENT, [(NEXT_RANGE, next)], Json(page)).into_response(),
            None => Json(page).into_response(),
        }
    }
}
