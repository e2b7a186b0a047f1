//! `/saml/{organization}/init`: single sign-on, which ends on a page with the token of a new session.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use axum::{Form, Router};

use crate::auth_page::{self, Button, DecisionForm};
use crate::state::{Grant, Shared, new_token};

/// The lifetime of a session.
const LIFETIME: Duration = Duration::from_hours(8);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/saml/{organization}/init", get(show_page).post(submit))
}

async fn show_page(State(shared): State<Arc<Shared>>, Path(organization): Path<String>) -> Html<String> {
    auth_page::decision(&description(&organization), "", shared.lock().accounts.keys())
}

async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(organization): Path<String>,
    Form(form): Form<DecisionForm>,
) -> Result<Html<String>, (StatusCode, Html<String>)> {
    let email = match form.decision {
        Button::LogIn => form.email.unwrap_or_default(),
        Button::Deny => String::new(),
    };
    let token = new_token();
    let description = description(&organization);
    let granted = shared.lock().grant(&email, Grant::Session, &description, Some(LIFETIME), token.clone());
    match granted {
        Ok(_) => Ok(auth_page::token(&token)),
        Err(error) => {
            Err((StatusCode::UNPROCESSABLE_ENTITY, auth_page::message("Not logged in", &error.to_string())))
        }
    }
}

fn description(organization: &str) -> String {
    format!("{organization}'s single sign-on")
}
