//! `GET /account`: whose token is this?

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::credential::Caller;
use crate::state::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/account", get(show))
}

/// An account's id, the same in every answer and every run.
pub(crate) fn id(email: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (index, byte) in email.bytes().enumerate() {
        let slot: &mut u8 = &mut bytes[index % 16];
        *slot = slot.rotate_left(3) ^ byte;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

async fn show(State(shared): State<Arc<Shared>>, Caller(access): Caller) -> Json<Value> {
    let world = shared.lock();
    let second_factor =
        world.accounts.get(&access.account).is_some_and(|account| account.second_factor.is_some());
    Json(json!({
        "id": id(&access.account),
        "email": access.account,
        "name": null,
        "verified": true,
        "two_factor_authentication": second_factor,
        "allow_tracking": false,
        "beta": false,
        "federated": false,
        "default_team": null,
        "suspended_at": null,
        "delinquent_at": null,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
        "last_login": "2020-01-01T00:00:00Z",
    }))
}
