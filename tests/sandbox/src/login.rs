//! Browser login without a registered client: `/auth` (INTEROP.md, "Platform").

use std::sync::Arc;

use axum::extract::{Path, State, rejection::JsonRejection};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::auth_page;
use crate::credential::Credential;
use crate::error::{ApiError, ApiErrorId, Error};
use crate::state::{Grant, Shared, World, new_token};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/auth", post(begin))
        .route("/auth/browser/{id}", get(ask).post(answer))
        .route("/auth/cli/{id}", get(poll))
}

/// A browser login that nobody has decided yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingLogin {
    /// What [`Sandbox::decide_login`](crate::Sandbox::decide_login) takes.
    pub id: Uuid,
    /// What the program that asks calls itself.
    pub description: String,
    /// Path of the page where a person decides, to be put after the address of the login host.
    pub browser_path: String,
}

/// What the person at the browser decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Log in as the account with this email address.
    Approve(String),
    /// Refuse.
    Deny,
}

/// A browser login from its beginning until its outcome has been fetched.
pub(crate) struct Login {
    id: Uuid,
    poll_token: String,
    description: String,
    outcome: watch::Sender<Option<Outcome>>,
}

#[derive(Clone)]
enum Outcome {
    Granted { token: String, expires_in: Option<u64> },
    Denied,
}

impl World {
    pub(crate) fn pending_logins(&self) -> Vec<PendingLogin> {
        let pending = self.logins.iter().filter(|login| login.outcome.borrow().is_none());
        pending
            .map(|login| PendingLogin {
                id: login.id,
                description: login.description.clone(),
                browser_path: browser_path(login.id),
            })
            .collect()
    }
}

impl Shared {
    pub(crate) fn decide_login(&self, id: Uuid, decision: Decision) -> Result<(), Error> {
        let mut world = self.lock();
        let pending = world.pending_logins().into_iter().find(|login| login.id == id);
        let description = pending.ok_or(Error::UnknownLogin(id))?.description;
        let outcome = match decision {
            Decision::Approve(email) => {
                let lifetime = self.config.login_lifetime;
                let token = new_token();
                world.grant(&email, Grant::Authorization, &description, lifetime, token.clone())?;
                Outcome::Granted { token, expires_in: lifetime.map(|lifetime| lifetime.as_secs()) }
            }
            Decision::Deny => Outcome::Denied,
        };
        if let Some(login) = world.logins.iter().find(|login| login.id == id) {
            login.outcome.send_replace(Some(outcome));
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct Begin {
    description: String,
}

#[derive(Debug, Deserialize)]
struct PageForm {
    decision: Button,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Button {
    LogIn,
    Deny,
}

async fn begin(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Begin>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(Begin { description }) = body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let id = Uuid::new_v4();
    let poll_token = format!("login-fake-{}", Uuid::new_v4().simple());
    let answer = json!({
        "browser_url": browser_path(id),
        "cli_url": format!("/auth/cli/{id}"),
        "token": poll_token,
    });
    let outcome = watch::Sender::new(None);
    shared.lock().logins.push(Login { id, poll_token, description, outcome });
    shared.ring();
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn ask(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, (StatusCode, Html<String>)> {
    let world = shared.lock();
    let pending = world.pending_logins().into_iter().find(|login| login.id == id);
    let login = pending.ok_or_else(|| gone(StatusCode::NOT_FOUND))?;
    Ok(auth_page::question(&login.description, &login.browser_path, world.accounts.keys()))
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<Uuid>,
    Form(form): Form<PageForm>,
) -> Result<Html<String>, (StatusCode, Html<String>)> {
    let decision = match form.decision {
        Button::LogIn => Decision::Approve(form.email.unwrap_or_default()),
        Button::Deny => Decision::Deny,
    };
    let page = match &decision {
        Decision::Approve(email) => auth_page::message("Logged in", &format!("Logged in as {email}.")),
        Decision::Deny => auth_page::message("Login denied", "Nobody was logged in."),
    };
    shared.decide_login(id, decision).map_err(|error| match error {
        Error::UnknownLogin(_) => gone(StatusCode::NOT_FOUND),
        other => {
            let page = auth_page::message("Not logged in", &other.to_string());
            (StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    })?;
    Ok(page)
}

/// Answers only when the person has decided, however long that takes.
async fn poll(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let Some(Credential::Bearer(token)) = Credential::from_headers(&headers) else {
        return Err(ApiErrorId::Unauthorized.into());
    };
    let mut outcome = {
        let world = shared.lock();
        let login = world.logins.iter().find(|login| login.id == id);
        let login = login.ok_or_else(|| ApiError::not_found("login"))?;
        if login.poll_token != token {
            return Err(ApiErrorId::Unauthorized.into());
        }
        login.outcome.subscribe()
    };
    // The sender is dropped when another poll has fetched the outcome.
    let decided = outcome.wait_for(Option::is_some).await.map_err(|_| ApiError::not_found("login"))?.clone();
    shared.lock().logins.retain(|login| login.id != id);
    Ok(Json(match decided {
        Some(Outcome::Granted { token, expires_in }) => {
            json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in})
        }
        Some(Outcome::Denied) | None => json!({"error": "Login denied"}),
    }))
}

fn browser_path(id: Uuid) -> String {
    format!("/auth/browser/{id}")
}

fn gone(status: StatusCode) -> (StatusCode, Html<String>) {
    (status, auth_page::message("No such login", "This login was decided before, or never begun."))
}
