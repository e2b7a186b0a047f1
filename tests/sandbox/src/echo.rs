//! Answers that repeat what the client sent, or that contain a text of the test's.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::credential::Credential;

/// What stands for the request's token or password in the text of [`Fault::Rewrite`](crate::Fault::Rewrite).
const SECRET: &str = "{secret}";

/// An error that repeats the request's headers and body, in every place that a client may show.
pub(crate) fn error(status: u16, headers: &HeaderMap, body: &Bytes) -> Response {
    let mut sent: Vec<String> =
        headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    sent.extend(Credential::from_headers(headers).map(|credential| credential.secret().to_owned()));
    sent.push(String::from_utf8_lossy(body).into_owned());
    let sent = sent.iter().flat_map(|text| [text.clone(), BASE64_STANDARD.encode(text)]);
    let sent = sent.rev().collect::<Vec<_>>().join(" ");
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_IMPLEMENTED);
    let error = json!({ "id": &sent, "message": &sent, "error_description": &sent });
    let mut response = (status, Json(error)).into_response();
    if let Ok(value) = HeaderValue::from_str(&sent.replace(['\r', '\n'], " ")) {
        response.headers_mut().insert(header::LOCATION, value.clone());
        response.headers_mut().insert("Request-Id", value);
    }
    response
}

/// The request's token or password.
pub(crate) fn secret(headers: &HeaderMap) -> String {
    Credential::from_headers(headers).map(|credential| credential.secret().to_owned()).unwrap_or_default()
}

/// The same body, with the strings at a JSON pointer (RFC 6901) replaced. `None` if it is no JSON or has no such string.
pub(crate) fn rewritten(body: &Bytes, pointer: &str, text: &str, secret: &str) -> Option<Body> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    *value.pointer_mut(pointer)? = Value::String(text.replace(SECRET, secret));
    Some(value.to_string().into())
}
