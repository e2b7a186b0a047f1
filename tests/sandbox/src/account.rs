//! `GET /account`: the account that a token belongs to.

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

/// The id of an account, derived from its email address, so it is the same in every response and every run.
pub(crate) fn id(email: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (index, byte) in email.bytes().enumerate() {
        let slot: &mut u8 = &mut bytes[index % 16];
        *slot = slot.rotate_left(3) ^ byte;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

async fn show(State(shared): State<Arc<Shared>>, Caller(issued): Caller) -> Json<Value> {
    let state = shared.lock();
    let has_second_factor =
        state.accounts.get(&issued.account).is_some_and(|account| account.second_factor.is_some());
    Json(json!({
        "id": id(&issued.account),
        "email": issued.account,
        "name": null,
        "verified": true,
        "two_factor_authentication": has_second_factor,
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
