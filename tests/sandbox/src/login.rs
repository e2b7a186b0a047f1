//! Browser login without a registered client: `/auth` (INTEROP.md, "Browser login").

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

use crate::auth_page::{self, Button, DecisionForm};
use crate::credential::Credential;
use crate::error::{ApiError, ApiErrorId, Error};
use crate::state::{Grant, SandboxState, Shared, new_token};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/auth", post(start))
        .route("/auth/browser/{id}", get(show_page).post(submit))
        .route("/auth/cli/{id}", get(poll))
}

/// A browser login that is waiting for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingLogin {
    /// The id to pass to [`Sandbox::decide_login`](crate::Sandbox::decide_login).
    pub id: Uuid,
    /// How the program that started the login describes itself.
    pub description: String,
    /// The path, on the login host, of the page where the user decides.
    pub browser_path: String,
}

/// What the user decides in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Logs in as the account with this email address.
    Approve(String),
    /// Refuses the login.
    Deny,
}

/// A browser login, from its start until the program has fetched its outcome.
pub(crate) struct BrowserLogin {
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

impl SandboxState {
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
        let mut state = self.lock();
        let pending = state.pending_logins().into_iter().find(|login| login.id == id);
        let description = pending.ok_or(Error::UnknownLogin(id))?.description;
        let outcome = match decision {
            Decision::Approve(email) => {
                let lifetime = self.config.login_lifetime;
                let token = new_token();
                state.grant(&email, Grant::Authorization, &description, lifetime, token.clone())?;
                Outcome::Granted { token, expires_in: lifetime.map(|lifetime| lifetime.as_secs()) }
            }
            Decision::Deny => Outcome::Denied,
        };
        if let Some(login) = state.logins.iter().find(|login| login.id == id) {
            login.outcome.send_replace(Some(outcome));
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct NewLogin {
    description: String,
}

async fn start(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<NewLogin>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(NewLogin { description }) =
        body.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let id = Uuid::new_v4();
    let poll_token = format!("login-fake-{}", Uuid::new_v4().simple());
    let response = json!({
        "browser_url": browser_path(id),
        "cli_url": format!("/auth/cli/{id}"),
        "token": poll_token,
    });
    let outcome = watch::Sender::new(None);
    shared.lock().logins.push(BrowserLogin { id, poll_token, description, outcome });
    shared.notify();
    Ok((StatusCode::CREATED, Json(response)))
}

async fn show_page(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, (StatusCode, Html<String>)> {
    let state = shared.lock();
    let pending = state.pending_logins().into_iter().find(|login| login.id == id);
    let login = pending.ok_or_else(no_such_login)?;
    Ok(auth_page::decision(&login.description, &login.browser_path, state.accounts.keys()))
}

async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<Uuid>,
    Form(form): Form<DecisionForm>,
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
        Error::UnknownLogin(_) => no_such_login(),
        other => {
            let page = auth_page::message("Not logged in", &other.to_string());
            (StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    })?;
    Ok(page)
}

/// Responds once the user has decided, however long that takes.
async fn poll(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let Some(Credential::Bearer(token)) = Credential::from_headers(&headers) else {
        return Err(ApiErrorId::Unauthorized.into());
    };
    let mut outcome = {
        let state = shared.lock();
        let login = state.logins.iter().find(|login| login.id == id);
        let login = login.ok_or_else(|| ApiError::not_found("login"))?;
        if login.poll_token != token {
            return Err(ApiErrorId::Unauthorized.into());
        }
        login.outcome.subscribe()
    };
    // Fails if another poll has fetched the outcome, which drops the sender.
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

fn no_such_login() -> (StatusCode, Html<String>) {
    let page = auth_page::message("No such login", "This login was already decided or never started.");
    (StatusCode::NOT_FOUND, page)
}
