//! `/account/keys`: SSH keys.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::{Path, State, rejection::JsonRejection};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::credential::Caller;
use crate::error::ApiError;
use crate::state::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/account/keys", get(list).post(add)).route("/account/keys/{id}", delete(remove))
}

/// One SSH key of an account.
pub(crate) struct Key {
    id: Uuid,
    account: String,
    line: String,
}

#[derive(Debug, Deserialize)]
struct NewKey {
    public_key: String,
}

async fn list(State(shared): State<Arc<Shared>>, Caller(caller): Caller) -> Json<Vec<Value>> {
    let world = shared.lock();
    let mine = world.keys.iter().filter(|key| key.account == caller.account);
    Json(mine.map(Key::json).collect())
}

async fn add(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    body: Result<Json<NewKey>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(asked) = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let key = Key { id: Uuid::new_v4(), account: caller.account, line: asked.public_key };
    if key.word(1).is_none() {
        return Err(ApiError::invalid("Key is not a valid SSH public key."));
    }
    let mut world = shared.lock();
    if world.keys.iter().any(|known| known.fingerprint() == key.fingerprint()) {
        return Err(ApiError::invalid("Fingerprint has already been taken."));
    }
    let answer = key.json();
    world.keys.push(key);
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut world = shared.lock();
    let named = |key: &Key| key.id.to_string() == id || key.fingerprint() == id;
    let place = world.keys.iter().position(|key| key.account == caller.account && named(key));
    let place = place.ok_or_else(|| ApiError::not_found("key"))?;
    Ok(Json(world.keys.remove(place).json()))
}

impl Key {
    fn word(&self, place: usize) -> Option<&str> {
        self.line.split_whitespace().nth(place)
    }

    /// Sixteen bytes in hexadecimal digits, in the form of Heroku's (which are MD5).
    fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.word(1).unwrap_or_default());
        let mut text = String::new();
        for byte in &digest[..16] {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}:");
        }
        text.trim_end_matches(':').to_owned()
    }

    fn json(&self) -> Value {
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
