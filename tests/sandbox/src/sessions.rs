//! `/oauth/sessions`: lists and ends sessions, which single sign-on creates. `~` is the session of the request's token.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::authorizations::timestamp;
use crate::credential::Caller;
use crate::error::ApiError;
use crate::pages::Range;
use crate::state::{Grant, IssuedToken, Shared};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/sessions", get(list)).route("/oauth/sessions/{id}", delete(end))
}

async fn list(State(shared): State<Arc<Shared>>, Caller(caller): Caller, range: Range) -> Response {
    let state = shared.lock();
    let own = state.live().filter(|issued| is_session_of(issued, &caller.account));
    range.of_list(&own.map(|issued| to_json(issued, state.now())).collect::<Vec<_>>())
}

async fn end(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = shared.lock();
    let id = if id == "~" { caller.id.to_string() } else { id };
    let session = state
        .live()
        .find(|issued| is_session_of(issued, &caller.account) && issued.id.to_string() == id)
        .cloned()
        .ok_or_else(|| ApiError::not_found("session"))?;
    state.revoke(session.id);
    Ok(Json(to_json(&session, state.now())))
}

fn is_session_of(issued: &IssuedToken, account: &str) -> bool {
    issued.account == account && issued.grant == Grant::Session
}

fn to_json(issued: &IssuedToken, now: OffsetDateTime) -> Value {
    json!({
        "id": issued.id,
        "description": issued.description,
        "expires_in": issued.expires_in(now),
        "created_at": timestamp(issued.created_at),
        "updated_at": timestamp(issued.updated_at),
    })
}
