//! `/account/keys`: the SSH keys of an account.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::{Path, State, rejection::JsonRejection};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::credential::Caller;
use crate::error::ApiError;
use crate::pages::Range;
use crate::state::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/account/keys", get(list).post(add)).route("/account/keys/{id}", delete(remove))
}

/// An SSH key of an account.
pub(crate) struct SshKey {
    id: Uuid,
    account: String,
    /// The public key as one line: type, base64 data, comment.
    line: String,
}

#[derive(Debug, Deserialize)]
struct NewKey {
    public_key: String,
}

async fn list(State(shared): State<Arc<Shared>>, Caller(caller): Caller, range: Range) -> Response {
    let state = shared.lock();
    let own = state.keys.iter().filter(|key| key.account == caller.account);
    range.of_list(&own.map(SshKey::to_json).collect::<Vec<_>>())
}

async fn add(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    body: Result<Json<NewKey>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(new) = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let key = SshKey { id: Uuid::new_v4(), account: caller.account, line: new.public_key };
    if key.word(1).is_none() {
        return Err(ApiError::invalid("Key is not a valid SSH public key."));
    }
    let mut state = shared.lock();
    if state.keys.iter().any(|other| other.fingerprint() == key.fingerprint()) {
        return Err(ApiError::invalid("Fingerprint has already been taken."));
    }
    let response = key.to_json();
    state.keys.push(key);
    Ok((StatusCode::CREATED, Json(response)))
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = shared.lock();
    let has_id = |key: &SshKey| key.id.to_string() == id || key.fingerprint() == id;
    let index = state.keys.iter().position(|key| key.account == caller.account && has_id(key));
    let index = index.ok_or_else(|| ApiError::not_found("key"))?;
    Ok(Json(state.keys.remove(index).to_json()))
}

impl SshKey {
    fn word(&self, index: usize) -> Option<&str> {
        self.line.split_whitespace().nth(index)
    }

    /// 16 bytes in hex, separated by colons. It looks like the MD5 fingerprints of Heroku, but is not MD5.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.word(1).unwrap_or_default());
        let mut text = String::new();
        for byte in &digest[..16] {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}:");
        }
        text.trim_end_matches(':').to_owned()
    }

    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "comment": self.word(2),
            "email": self.account,
            "fingerprint": self.fingerprint(),
            "public_key": self.line,
            "created_at": "2020-01-01T00:00:00Z",
            "updated_at": "2020-01-01T00:00:00Z",
        })
    }
}
