//! `/saml/{organization}/init`: single sign-on, which ends with a session's token to copy.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

use crate::auth_page;
use crate::state::{Grant, Shared, new_token};

const LIFETIME: Duration = Duration::from_hours(8);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/saml/{organization}/init", get(ask).post(answer))
}

#[derive(Debug, Deserialize)]
struct Decision {
    decision: String,
    email: Option<String>,
}

async fn ask(State(shared): State<Arc<Shared>>, Path(organization): Path<String>) -> Html<String> {
    auth_page::question(&format!("{organization}'s single sign-on"), "", shared.lock().accounts.keys())
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(organization): Path<String>,
    Form(decision): Form<Decision>,
) -> Result<Html<String>, (StatusCode, Html<String>)> {
    let email = decision.email.filter(|_| decision.decision == "log-in").unwrap_or_default();
    let token = new_token();
    let description = format!("{organization}'s single sign-on");
    let granted = shared.lock().grant(&email, Grant::Session, &description, Some(LIFETIME), token.clone());
    match granted {
        Ok(_) => Ok(auth_page::token(&token)),
        Err(error) => {
            Err((StatusCode::UNPROCESSABLE_ENTITY, auth_page::message("Not logged in", &error.to_string())))
        }
    }
}
