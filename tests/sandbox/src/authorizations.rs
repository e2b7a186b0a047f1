//! `/oauth/authorizations`: lists, creates, shows, regenerates and revokes authorizations.
//!
//! Only the response that creates a token contains it in full. Later responses contain it redacted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State, rejection::JsonRejection};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
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
use crate::pages::Range;
use crate::state::{Grant, IssuedToken, Refusal, SandboxState, Shared, new_token};
use crate::teams;

/// The longest lifetime of a token from a password login: 30 days.
const MAX_PASSWORD_LIFETIME: Duration = Duration::from_hours(30 * 24);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/oauth/authorizations", get(list).post(create))
        .route("/oauth/authorizations/{id}", get(show).delete(revoke))
        .route("/oauth/authorizations/{id}/actions/regenerate-tokens", post(regenerate))
}

/// Formats a time as the platform does, without fractions of a second.
pub(crate) fn timestamp(time: OffsetDateTime) -> String {
    // Fails only for years beyond 9999.
    time.truncate_to_second().format(&Rfc3339).unwrap_or_default()
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewAuthorization {
    description: Option<String>,
    expires_in: Option<Seconds>,
    scope: Option<Vec<String>>,
}

impl NewAuthorization {
    pub(crate) fn lifetime(&self) -> Result<Option<Duration>, ApiError> {
        self.expires_in.as_ref().map(Seconds::parse).transpose()
    }
}

/// A lifetime in seconds. The CLI sends a number when it logs in, but a string in `heroku authorizations:create`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

async fn list(State(shared): State<Arc<Shared>>, Caller(caller): Caller, range: Range) -> Response {
    let state = shared.lock();
    let redaction = shared.config.redaction;
    let own = state.live().filter(|issued| is_authorization_of(issued, &caller.account));
    range.of_list(&own.map(|issued| redacted(issued, redaction, state.now())).collect::<Vec<_>>())
}

async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Result<Caller, ApiError>,
    headers: HeaderMap,
    body: Result<Option<Json<NewAuthorization>>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let new = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let new = new.map(|Json(new)| new).unwrap_or_default();
    let lifetime = new.lifetime()?;

    let mut state = shared.lock();
    let email = if let Ok(Caller(caller)) = caller {
        caller.account
    } else {
        let email = check_password(&state, &headers)?;
        if lifetime.is_some_and(|lifetime| lifetime > MAX_PASSWORD_LIFETIME) {
            return Err(ApiError::invalid("expires_in must be at most 2592000"));
        }
        email
    };
    make(&mut state, &email, new, lifetime)
}

/// Makes an authorization of an account. The response has its token.
pub(crate) fn make(
    state: &mut SandboxState,
    account: &str,
    new: NewAuthorization,
    lifetime: Option<Duration>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let description = new.description.as_deref().unwrap_or("Long-lived user authorization");
    let id = state
        .grant(account, Grant::Authorization, description, lifetime, new_token())
        .map_err(|_| ApiErrorId::Unauthorized)?;
    let now = state.now();
    let issued = state.find_by_id_mut(id).ok_or_else(|| ApiError::not_found("authorization"))?;
    if let Some(scope) = new.scope {
        issued.scope = scope;
    }
    Ok((StatusCode::CREATED, Json(full(issued, now))))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let state = shared.lock();
    let issued = find(&state, &caller.account, &id)?;
    Ok(Json(redacted(issued, shared.config.redaction, state.now())))
}

async fn regenerate(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = shared.lock();
    let id = find(&state, &caller.account, &id)?.id;
    let now = state.now();
    let issued = state.find_by_id_mut(id).ok_or_else(|| ApiError::not_found("authorization"))?;
    issued.token = new_token();
    issued.token_id = uuid::Uuid::new_v4();
    issued.updated_at = now;
    Ok(Json(full(issued, now)))
}

async fn revoke(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = shared.lock();
    let issued = find(&state, &caller.account, &id)?.clone();
    state.revoke(issued.id);
    Ok(Json(redacted(&issued, shared.config.redaction, state.now())))
}

impl Seconds {
    fn parse(&self) -> Result<Duration, ApiError> {
        let seconds = match self {
            Self::Number(seconds) => Some(*seconds),
            Self::Text(text) => text.parse().ok(),
        };
        let seconds = seconds.filter(|seconds| *seconds > 0);
        seconds.map(Duration::from_secs).ok_or_else(|| ApiError::invalid("expires_in must be over 0 seconds"))
    }
}

/// Checks the email address, the password and any second factor of a request, and returns the email address.
fn check_password(state: &SandboxState, headers: &HeaderMap) -> Result<String, ApiError> {
    let Some(Credential::Basic { user, password }) = Credential::from_headers(headers) else {
        return Err(ApiErrorId::Unauthorized.into());
    };
    let account = state.accounts.get(&user).filter(|account| account.password.as_ref() == Some(&password));
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

pub(crate) fn is_authorization_of(issued: &IssuedToken, account: &str) -> bool {
    issued.account == account && issued.grant != Grant::Session
}

/// The account's authorization with this id, or one of a team that the account manages, or the account's default one if
/// the id is `~`.
fn find<'a>(state: &'a SandboxState, account: &str, id: &str) -> Result<&'a IssuedToken, ApiError> {
    let managed = state.teams.iter().filter(|(_, admins)| admins.iter().any(|admin| admin == account));
    let teams: Vec<_> = managed.map(|(team, _)| teams::account_of(team)).collect();
    state
        .live()
        .filter(|issued| {
            is_authorization_of(issued, account)
                || id != "~" && teams.iter().any(|team| is_authorization_of(issued, team))
        })
        .find(|issued| match id {
            "~" => issued.grant == Grant::Default,
            id => issued.id.to_string() == id,
        })
        .ok_or_else(|| ApiError::not_found("authorization"))
}

pub(crate) fn redacted(issued: &IssuedToken, redaction: Redaction, now: OffsetDateTime) -> Value {
    to_json(issued, &redaction.apply(&issued.token), now)
}

fn full(issued: &IssuedToken, now: OffsetDateTime) -> Value {
    to_json(issued, &issued.token, now)
}

fn to_json(issued: &IssuedToken, token: &str, now: OffsetDateTime) -> Value {
    json!({
        "id": issued.id,
        "description": issued.description,
        "scope": issued.scope,
        "access_token": {"id": issued.token_id, "token": token, "expires_in": issued.expires_in(now)},
        "client": issued.client.map(|id| json!({"id": id, "name": issued.description})),
        "grant": null,
        "refresh_token": null,
        "session": null,
        "user": {"id": account::id(&issued.account), "email": issued.account, "full_name": null},
        "created_at": timestamp(issued.created_at),
        "updated_at": timestamp(issued.updated_at),
    })
}
