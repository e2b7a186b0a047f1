//! `/oauth/authorizations`: list, create, show, regenerate, revoke.
//!
//! A token is shown in full once, in the answer that made it; every later answer has it redacted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State, rejection::JsonRejection};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::account;
use crate::config::Redaction;
use crate::credential::{Caller, Credential};
use crate::error::{ApiError, ApiErrorId};
use crate::state::{Access, Grant, Refusal, Shared, World, new_token};

/// The longest life of a token from a login by password: thirty days.
const PASSWORD_LOGIN_MAX: Duration = Duration::from_hours(30 * 24);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/oauth/authorizations", get(list).post(create))
        .route("/oauth/authorizations/{id}", get(show).delete(revoke))
        .route("/oauth/authorizations/{id}/actions/regenerate-tokens", post(regenerate))
}

/// A time as the platform writes it, to the second.
pub(crate) fn timestamp(at: OffsetDateTime) -> String {
    // Only a year beyond 9999 has no such form.
    at.truncate_to_second().format(&Rfc3339).unwrap_or_default()
}

#[derive(Debug, Default, Deserialize)]
struct NewAuthorization {
    description: Option<String>,
    expires_in: Option<Seconds>,
    scope: Option<Vec<String>>,
}

/// The Heroku CLI's `authorizations:create` sends a string, its login a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

async fn list(State(shared): State<Arc<Shared>>, Caller(caller): Caller) -> Json<Vec<Value>> {
    let world = shared.lock();
    let redaction = shared.config.redaction;
    let mine = world.live().filter(|access| is_authorization_of(access, &caller.account));
    Json(mine.map(|access| redacted(access, redaction, world.now())).collect())
}

async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Result<Caller, ApiError>,
    headers: HeaderMap,
    body: Result<Option<Json<NewAuthorization>>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let asked = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let asked = asked.map(|Json(asked)| asked).unwrap_or_default();
    let lifetime = asked.expires_in.map(Seconds::parse).transpose()?;

    let mut world = shared.lock();
    let email = if let Ok(Caller(caller)) = caller {
        caller.account
    } else {
        let email = log_in(&world, &headers)?;
        if lifetime.is_some_and(|lifetime| lifetime > PASSWORD_LOGIN_MAX) {
            return Err(ApiError::invalid("expires_in must be at most 2592000"));
        }
        email
    };
    let description = asked.description.as_deref().unwrap_or("Long-lived user authorization");
    let id = world
        .grant(&email, Grant::Authorization, description, lifetime, new_token())
        .map_err(|_| ApiErrorId::Unauthorized)?;
    let now = world.now();
    let access = world.by_id_mut(id).ok_or_else(|| ApiError::not_found("authorization"))?;
    if let Some(scope) = asked.scope {
        access.scope = scope;
    }
    Ok((StatusCode::CREATED, Json(full(access, now))))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let world = shared.lock();
    let access = find(&world, &caller.account, &id)?;
    Ok(Json(redacted(access, shared.config.redaction, world.now())))
}

async fn regenerate(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut world = shared.lock();
    let id = find(&world, &caller.account, &id)?.id;
    let now = world.now();
    let access = world.by_id_mut(id).ok_or_else(|| ApiError::not_found("authorization"))?;
    access.token = new_token();
    access.token_id = uuid::Uuid::new_v4();
    access.updated_at = now;
    Ok(Json(full(access, now)))
}

async fn revoke(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut world = shared.lock();
    let access = find(&world, &caller.account, &id)?.clone();
    world.revoke(access.id);
    Ok(Json(redacted(&access, shared.config.redaction, world.now())))
}

impl Seconds {
    fn parse(self) -> Result<Duration, ApiError> {
        let seconds = match self {
            Self::Number(seconds) => Some(seconds),
            Self::Text(text) => text.parse().ok(),
        };
        let seconds = seconds.filter(|seconds| *seconds > 0);
        seconds.map(Duration::from_secs).ok_or_else(|| ApiError::invalid("expires_in must be over 0 seconds"))
    }
}

/// Checks an email and password, and a second factor where the account has one; the account's email.
fn log_in(world: &World, headers: &HeaderMap) -> Result<String, ApiError> {
    let Some(Credential::Basic { user, password }) = Credential::from_headers(headers) else {
        return Err(ApiErrorId::Unauthorized.into());
    };
    let account = world.accounts.get(&user).filter(|account| account.password.as_ref() == Some(&password));
    let account = account.ok_or(ApiErrorId::Unauthorized)?;
    match account.refusal {
        Some(Refusal::MfaRequired) => return Err(ApiErrorId::MfaRequired.into()),
        Some(Refusal::DeviceTrustRequired) => return Err(ApiErrorId::DeviceTrustRequired.into()),
        Some(Refusal::Suspended) => return Err(ApiErrorId::Suspended.into()),
        None => {}
    }
    if let Some(code) = &account.second_factor {
        let given = headers.get("Heroku-Two-Factor-Code").and_then(|value| value.to_str().ok());
        if given != Some(code) {
            return Err(ApiErrorId::TwoFactor.into());
        }
    }
    Ok(user)
}

fn is_authorization_of(access: &Access, account: &str) -> bool {
    access.account == account && access.grant != Grant::Session
}

/// An authorization of this account by its id, or its default one by `~`.
fn find<'a>(world: &'a World, account: &str, id: &str) -> Result<&'a Access, ApiError> {
    world
        .live()
        .filter(|access| is_authorization_of(access, account))
        .find(|access| match id {
            "~" => access.grant == Grant::Default,
            id => access.id.to_string() == id,
        })
        .ok_or_else(|| ApiError::not_found("authorization"))
}

fn redacted(access: &Access, redaction: Redaction, now: OffsetDateTime) -> Value {
    json_of(access, &redaction.apply(&access.token), now)
}

fn full(access: &Access, now: OffsetDateTime) -> Value {
    json_of(access, &access.token, now)
}

fn json_of(access: &Access, token: &str, now: OffsetDateTime) -> Value {
    json!({
        "id": access.id,
        "description": access.description,
        "scope": access.scope,
        "access_token": {"id": access.token_id, "token": token, "expires_in": access.expires_in(now)},
        "client": access.client.map(|id| json!({"id": id, "name": access.description})),
        "grant": null,
        "refresh_token": null,
        "session": null,
        "user": {"id": account::id(&access.account), "email": access.account, "full_name": null},
        "created_at": timestamp(access.created_at),
        "updated_at": timestamp(access.updated_at),
    })
}
