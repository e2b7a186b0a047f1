//! `/oauth/clients`: the OAuth clients of an account, each with a secret and one redirect address.

use std::sync::Arc;

use axum::extract::{Path, State, rejection::JsonRejection};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::credential::Caller;
use crate::error::ApiError;
use crate::state::{SandboxState, Shared};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/clients", post(create)).route("/oauth/clients/{id}", get(show).delete(remove))
}

/// A registered OAuth client.
#[derive(Clone)]
pub(crate) struct OAuthClient {
    pub(crate) id: Uuid,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
}

#[derive(Debug, Deserialize)]
struct NewClient {
    name: String,
    redirect_uri: String,
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    body: Result<Json<NewClient>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(new) = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let is_local = new.redirect_uri.starts_with("http://localhost:");
    if !is_local && !new.redirect_uri.starts_with("https://") {
        return Err(ApiError::invalid("redirect_uri must be https, or http on localhost"));
    }
    let client = OAuthClient {
        id: Uuid::new_v4(),
        account: caller.account,
        name: new.name,
        secret: format!("secret-fake-{}", Uuid::new_v4().simple()),
        redirect_uri: new.redirect_uri,
    };
    let response = to_json(&client);
    shared.lock().clients.push(client);
    Ok((StatusCode::CREATED, Json(response)))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    find(&shared.lock(), &caller.account, &id).map(|client| Json(to_json(client)))
}

/// Removes a client and revokes its tokens.
async fn remove(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = shared.lock();
    let client = find(&state, &caller.account, &id)?.clone();
    state.clients.retain(|other| other.id != client.id);
    state.revoke_client(client.id);
    Ok(Json(to_json(&client)))
}

fn find<'a>(state: &'a SandboxState, account: &str, id: &str) -> Result<&'a OAuthClient, ApiError> {
    let mut clients = state.clients.iter().filter(|client| client.account == account);
    clients.find(|client| client.id.to_string() == id).ok_or_else(|| ApiError::not_found("client"))
}

fn to_json(client: &OAuthClient) -> Value {
    json!({
        "id": client.id,
        "name": client.name,
        "secret": client.secret,
        "redirect_uri": client.redirect_uri,
        "ignores_delinquent": null,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
    })
}
