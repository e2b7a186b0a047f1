//! `/oauth/authorize` and `/oauth/token`: OAuth's authorization code with PKCE (RFC 6749, RFC 7636), and refresh tokens.

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

use crate::clients::Client;
use crate::state::{Grant, Shared, World, new_token};
use crate::{account, auth_page};

/// An access token of an OAuth client.
const LIFETIME: Duration = Duration::from_hours(8);
/// A code, from the page to the exchange.
const CODE_LIFETIME: Duration = Duration::from_mins(5);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/authorize", get(ask).post(answer)).route("/oauth/token", post(token))
}

/// What the page has handed out, and nobody has changed for tokens yet.
pub(crate) struct Code {
    value: String,
    client: Uuid,
    account: String,
    challenge: Option<String>,
    made_at: OffsetDateTime,
}

#[derive(Debug, Deserialize)]
struct Authorize {
    client_id: String,
    response_type: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Decision {
    decision: String,
    email: Option<String>,
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

type Page = (StatusCode, Html<String>);

async fn ask(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Authorize>,
) -> Result<Html<String>, Page> {
    let world = shared.lock();
    let client = check(&world, &asked)?;
    Ok(auth_page::question(&client.name, "", world.accounts.keys()))
}

/// Sends the browser back with a code, or with an error.
async fn answer(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Authorize>,
    Form(decision): Form<Decision>,
) -> Result<Response, Page> {
    let mut world = shared.lock();
    let client = check(&world, &asked)?.clone();
    let outcome = match (decision.decision.as_str(), decision.email) {
        ("log-in", Some(email)) if world.accounts.contains_key(&email) => {
            let code = format!("code-fake-{}", Uuid::new_v4().simple());
            let made_at = world.now();
            world.codes.push(Code {
                value: code.clone(),
                client: client.id,
                account: email,
                challenge: asked.code_challenge,
                made_at,
            });
            format!("code={code}")
        }
        ("deny", _) => "error=access_denied".to_owned(),
        _ => return Err(refuse("This sandbox has no such account.")),
    };
    let state = asked.state.map(|state| format!("&state={state}")).unwrap_or_default();
    let location = format!("{}?{outcome}{state}", client.redirect_uri);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

async fn token(State(shared): State<Arc<Shared>>, Form(asked): Form<TokenRequest>) -> Response {
    let mut world = shared.lock();
    let granted = match asked {
        TokenRequest::AuthorizationCode { code, client_id, client_secret, redirect_uri, code_verifier } => {
            let Some(client) = authenticate(&world, client_id.as_deref(), &client_secret) else {
                return error(StatusCode::UNAUTHORIZED, "invalid_client");
            };
            let redirected = redirect_uri.is_none_or(|uri| uri == client.redirect_uri);
            redirected.then(|| exchange(&mut world, &client, &code, code_verifier.as_deref())).flatten()
        }
        TokenRequest::RefreshToken { refresh_token, client_id, client_secret } => {
            let Some(client) = authenticate(&world, client_id.as_deref(), &client_secret) else {
                return error(StatusCode::UNAUTHORIZED, "invalid_client");
            };
            world.refresh(client.id, &refresh_token)
        }
    };
    let access = granted.and_then(|id| world.by_id_mut(id).cloned());
    let Some(access) = access else { return error(StatusCode::BAD_REQUEST, "invalid_grant") };
    Json(json!({
        "access_token": access.token,
        "refresh_token": access.refresh_token,
        "expires_in": LIFETIME.as_secs(),
        "token_type": "Bearer",
        "user_id": account::id(&access.account),
        "session_nonce": null,
    }))
    .into_response()
}

/// The client, if the request is one that the page may be shown for.
fn check<'a>(world: &'a World, asked: &Authorize) -> Result<&'a Client, Page> {
    let client = world.clients.iter().find(|client| client.id.to_string() == asked.client_id);
    let client = client.ok_or_else(|| refuse("There is no such client."))?;
    if asked.redirect_uri.as_ref().is_some_and(|uri| *uri != client.redirect_uri) {
        return Err(refuse("The redirect address is not the registered one."));
    }
    let plain = asked.code_challenge.is_some() && asked.code_challenge_method.as_deref() != Some("S256");
    if asked.response_type != "code" || plain {
        return Err(refuse("Only codes are given, and only S256 is known."));
    }
    Ok(client)
}

fn authenticate(world: &World, id: Option<&str>, secret: &str) -> Option<Client> {
    let mut clients = world.clients.iter().filter(|client| client.secret == secret);
    clients.find(|client| id.is_none_or(|id| client.id.to_string() == id)).cloned()
}

/// Changes a code, good for once, for an authorization.
fn exchange(world: &mut World, client: &Client, code: &str, verifier: Option<&str>) -> Option<Uuid> {
    let place = world.codes.iter().position(|known| known.value == code && known.client == client.id)?;
    let code = world.codes.swap_remove(place);
    let hashed = verifier.map(|verifier| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    if code.challenge != hashed || world.now() - code.made_at > CODE_LIFETIME {
        return None;
    }
    let id =
        world.grant(&code.account, Grant::Authorization, &client.name, Some(LIFETIME), new_token()).ok()?;
    let access = world.by_id_mut(id)?;
    access.client = Some(client.id);
    access.refresh_token = Some(format!("refresh-fake-{}", Uuid::new_v4().simple()));
    Some(id)
}

fn error(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": "The sandbox refuses this."}))).into_response()
}

fn refuse(why: &str) -> Page {
    (StatusCode::BAD_REQUEST, auth_page::message("Not authorized", why))
}
