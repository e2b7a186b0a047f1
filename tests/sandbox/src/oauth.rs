//! `/oauth/authorize` and `/oauth/token`: the OAuth authorization code flow with PKCE (RFC 6749, RFC 7636), and
//! refresh tokens.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::auth_page::{Button, DecisionForm};
use crate::clients::OAuthClient;
use crate::state::{Grant, SandboxState, Shared, new_token};
use crate::{account, auth_page};

/// The lifetime of an access token.
const TOKEN_LIFETIME: Duration = Duration::from_hours(8);
/// The lifetime of an authorization code.
const CODE_LIFETIME: Duration = Duration::from_mins(5);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/authorize", get(show_page).post(submit)).route("/oauth/token", post(token))
}

/// A code that the page has issued and no client has exchanged for tokens yet.
pub(crate) struct AuthorizationCode {
    value: String,
    client: Uuid,
    account: String,
    challenge: Option<String>,
    created_at: OffsetDateTime,
}

#[derive(Debug, Deserialize)]
struct AuthorizeQuery {
    client_id: String,
    response_type: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "grant_type", rename_all = "snake_case")]
enum TokenRequest {
    AuthorizationCode {
        code: String,
        client_id: Option<String>,
        client_secret: String,
        redirect_uri: Option<String>,
        code_verifier: Option<String>,
    },
    RefreshToken {
        refresh_token: String,
        client_id: Option<String>,
        client_secret: String,
    },
}

type ErrorPage = (StatusCode, Html<String>);

async fn show_page(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<AuthorizeQuery>,
) -> Result<Html<String>, ErrorPage> {
    let state = shared.lock();
    let client = check(&state, &query)?;
    Ok(auth_page::decision(&client.name, "", state.accounts.keys()))
}

/// Redirects the browser to the client, with a code or an error.
async fn submit(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<AuthorizeQuery>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, ErrorPage> {
    let mut state = shared.lock();
    let client = check(&state, &query)?.clone();
    let outcome = match (form.decision, form.email) {
        (Button::LogIn, Some(email)) if state.accounts.contains_key(&email) => {
            let code = format!("code-fake-{}", Uuid::new_v4().simple());
            let created_at = state.now();
            state.codes.push(AuthorizationCode {
                value: code.clone(),
                client: client.id,
                account: email,
                challenge: query.code_challenge,
                created_at,
            });
            format!("code={code}")
        }
        (Button::Deny, _) => "error=access_denied".to_owned(),
        (Button::LogIn, _) => return Err(refuse("This sandbox has no such account.")),
    };
    let oauth_state = query.state.map(|state| format!("&state={state}")).unwrap_or_default();
    let location = format!("{}?{outcome}{oauth_state}", client.redirect_uri);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

async fn token(State(shared): State<Arc<Shared>>, Form(request): Form<TokenRequest>) -> Response {
    let mut state = shared.lock();
    let granted = match request {
        TokenRequest::AuthorizationCode { code, client_id, client_secret, redirect_uri, code_verifier } => {
            let Some(client) = authenticate(&state, client_id.as_deref(), &client_secret) else {
                return error(StatusCode::UNAUTHORIZED, "invalid_client");
            };
            let is_registered = redirect_uri.is_none_or(|uri| uri == client.redirect_uri);
            is_registered.then(|| exchange(&mut state, &client, &code, code_verifier.as_deref())).flatten()
        }
        TokenRequest::RefreshToken { refresh_token, client_id, client_secret } => {
            let Some(client) = authenticate(&state, client_id.as_deref(), &client_secret) else {
                return error(StatusCode::UNAUTHORIZED, "invalid_client");
            };
            state.refresh(client.id, &refresh_token)
        }
    };
    let issued = granted.and_then(|id| state.find_by_id_mut(id).cloned());
    let Some(issued) = issued else { return error(StatusCode::BAD_REQUEST, "invalid_grant") };
    Json(json!({
        "access_token": issued.token,
        "refresh_token": issued.refresh_token,
        "expires_in": TOKEN_LIFETIME.as_secs(),
        "token_type": "Bearer",
        "user_id": account::id(&issued.account),
        "session_nonce": null,
    }))
    .into_response()
}

/// The client of a valid request, or the error page for an invalid one.
fn check<'a>(state: &'a SandboxState, query: &AuthorizeQuery) -> Result<&'a OAuthClient, ErrorPage> {
    let client = state.clients.iter().find(|client| client.id.to_string() == query.client_id);
    let client = client.ok_or_else(|| refuse("This client does not exist."))?;
    if query.redirect_uri.as_ref().is_some_and(|uri| *uri != client.redirect_uri) {
        return Err(refuse("The redirect address differs from the registered one."));
    }
    let uses_other_method =
        query.code_challenge.is_some() && query.code_challenge_method.as_deref() != Some("S256");
    if query.response_type != "code" || uses_other_method {
        return Err(refuse(
            "This sandbox supports only the response type `code` and the challenge method S256.",
        ));
    }
    Ok(client)
}

fn authenticate(state: &SandboxState, id: Option<&str>, secret: &str) -> Option<OAuthClient> {
    let mut clients = state.clients.iter().filter(|client| client.secret == secret);
    clients.find(|client| id.is_none_or(|id| client.id.to_string() == id)).cloned()
}

/// Exchanges a code for a new authorization and returns its id. A code works once, even if its verifier is wrong.
fn exchange(
    state: &mut SandboxState,
    client: &OAuthClient,
    code: &str,
    verifier: Option<&str>,
) -> Option<Uuid> {
    let index = state.codes.iter().position(|known| known.value == code && known.client == client.id)?;
    let code = state.codes.swap_remove(index);
    let hashed = verifier.map(|verifier| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    if code.challenge != hashed || state.now() - code.created_at > CODE_LIFETIME {
        return None;
    }
    let id = state
        .grant(&code.account, Grant::Authorization, &client.name, Some(TOKEN_LIFETIME), new_token())
        .ok()?;
    let issued = state.find_by_id_mut(id)?;
    issued.client = Some(client.id);
    issued.refresh_token = Some(format!("refresh-fake-{}", Uuid::new_v4().simple()));
    Some(id)
}

fn error(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": "The sandbox refused this request."})))
        .into_response()
}

fn refuse(reason: &str) -> ErrorPage {
    (StatusCode::BAD_REQUEST, auth_page::message("Not authorized", reason))
}
