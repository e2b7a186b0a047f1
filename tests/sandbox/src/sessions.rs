//! `/oauth/sessions`: what single sign-on makes; `~` is the session whose token asks.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::authorizations::timestamp;
use crate::credential::Caller;
use crate::error::ApiError;
use crate::state::{Access, Grant, Shared};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/sessions", get(list)).route("/oauth/sessions/{id}", delete(end))
}

async fn list(State(shared): State<Arc<Shared>>, Caller(caller): Caller) -> Json<Vec<Value>> {
    let world = shared.lock();
    let mine = world.live().filter(|access| is_session_of(access, &caller.account));
    Json(mine.map(|access| json_of(access, world.now())).collect())
}

async fn end(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut world = shared.lock();
    let id = if id == "~" { caller.id.to_string() } else { id };
    let session = world
        .live()
        .find(|access| is_session_of(access, &caller.account) && access.id.to_string() == id)
        .cloned()
        .ok_or_else(|| ApiError::not_found("session"))?;
    world.revoke(session.id);
    Ok(Json(json_of(&session, world.now())))
}

fn is_session_of(access: &Access, account: &str) -> bool {
    access.account == account && access.grant == Grant::Session
}

fn json_of(access: &Access, now: OffsetDateTime) -> Value {
    json!({
        "id": access.id,
        "description": access.description,
        "expires_in": access.expires_in(now),
        "created_at": timestamp(access.created_at),
        "updated_at": timestamp(access.updated_at),
    })
}
