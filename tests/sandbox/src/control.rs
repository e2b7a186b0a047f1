//! `/sandbox/…`: the methods of [`Sandbox`](crate::Sandbox) for other processes, as JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::Error;
use crate::fault::FaultRule;
use crate::state::{Account, Grant, Shared, new_token};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox/state", get(state))
        .route("/sandbox/accounts", post(add_account))
        .route("/sandbox/tokens", post(issue_token))
        .route("/sandbox/tokens/{id}", delete(revoke))
        .route("/sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/sandbox/clock", post(advance))
}

#[derive(Debug, Deserialize)]
struct NewToken {
    email: String,
    grant: Grant,
    /// The lifetime in seconds. The token never expires if this is missing or `null`.
    expires_in: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Advance {
    seconds: u64,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"message": self.to_string()}))).into_response()
    }
}

async fn state(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let state = shared.lock();
    Json(json!({
        "accounts": state.accounts.keys().collect::<Vec<_>>(),
        "tokens": state.live_tokens(),
        "logins": state.pending_logins(),
        "faults": state.faults,
        "requests": state.requests,
    }))
}

async fn add_account(State(shared): State<Arc<Shared>>, Json(account): Json<Account>) -> StatusCode {
    shared.lock().accounts.insert(account.email.clone(), account);
    StatusCode::NO_CONTENT
}

async fn issue_token(
    State(shared): State<Arc<Shared>>,
    Json(new): Json<NewToken>,
) -> Result<Json<Value>, Error> {
    let lifetime = new.expires_in.map(Duration::from_secs);
    let token = new_token();
    let description = "Issued by the sandbox";
    let id = shared.lock().grant(&new.email, new.grant, description, lifetime, token.clone())?;
    Ok(Json(json!({"id": id, "token": token})))
}

async fn revoke(State(shared): State<Arc<Shared>>, Path(id): Path<Uuid>) -> StatusCode {
    if shared.lock().revoke(id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn add_fault(State(shared): State<Arc<Shared>>, Json(rule): Json<FaultRule>) -> StatusCode {
    shared.lock().faults.push(rule);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().faults.clear();
    StatusCode::NO_CONTENT
}

async fn advance(State(shared): State<Arc<Shared>>, Json(by): Json<Advance>) -> StatusCode {
    shared.lock().advance(Duration::from_secs(by.seconds));
    StatusCode::NO_CONTENT
}
