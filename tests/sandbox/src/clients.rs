//! `/oauth/clients`: programs that an account has registered, each with a secret and one redirect address.

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
use crate::state::{Shared, World};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/clients", post(create)).route("/oauth/clients/{id}", get(show).delete(remove))
}

/// A registered program.
#[derive(Clone)]
pub(crate) struct Client {
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
    let Json(asked) = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let local = asked.redirect_uri.starts_with("http://localhost:");
    if !local && !asked.redirect_uri.starts_with("https://") {
        return Err(ApiError::invalid("redirect_uri must be https, or http on localhost"));
    }
    let client = Client {
        id: Uuid::new_v4(),
        account: caller.account,
        name: asked.name,
        secret: format!("secret-fake-{}", Uuid::new_v4().simple()),
        redirect_uri: asked.redirect_uri,
    };
    let answer = json_of(&client);
    shared.lock().clients.push(client);
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    find(&shared.lock(), &caller.account, &id).map(|client| Json(json_of(client)))
}

/// Takes the client's tokens along.
async fn remove(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut world = shared.lock();
    let client = find(&world, &caller.account, &id)?.clone();
    world.clients.retain(|other| other.id != client.id);
    world.revoke_client(client.id);
    Ok(Json(json_of(&client)))
}

fn find<'a>(world: &'a World, account: &str, id: &str) -> Result<&'a Client, ApiError> {
    let mut clients = world.clients.iter().filter(|client| client.account == account);
    clients.find(|client| client.id.to_string() == id).ok_or_else(|| ApiError::not_found("client"))
}

fn json_of(client: &Client) -> Value {
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
