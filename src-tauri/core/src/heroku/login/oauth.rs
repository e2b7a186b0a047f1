//! Login with an OAuth client that belongs to the account: short-lived tokens, and a refresh token that renews them
//! (INTEROP.md, "OAuth clients"; RFC 6749 with PKCE, RFC 7636).

use std::fmt;
use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::super::Heroku;
use super::super::client::{Answer, Body, Credential, segment};
use super::super::failure::{Failure, garbled};
use super::loopback::{Callback, PATH as CALLBACK};
use crate::base::env::Limits;
use crate::base::error::{Code, Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;
use crate::stores::oauth_client::Client;

pub use super::loopback::Loopback;

const CLIENTS: &str = "/oauth/clients";
/// The scope of every other way to log in, which the Heroku CLI needs.
const SCOPE: &str = "global";

/// The tokens from a login or a renewal.
#[derive(Debug)]
pub struct Grant {
    /// The access token.
    pub token: Token,
    /// The refresh token for the next renewal; `None` if the one that was used remains valid.
    pub refresh_token: Option<SecretString>,
    /// How long the access token is valid; `None` if Heroku does not say.
    pub expires_in: Option<Duration>,
}

/// A login that waits for the browser's callback.
pub struct Attempt {
    /// The page where the user decides.
    pub address: Url,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
}

#[derive(Serialize)]
struct NewClient<'a> {
    name: &'a str,
    redirect_uri: &'a str,
}

#[derive(Deserialize)]
struct Registered {
    id: Text,
    secret: SecretString,
}

impl Answer for Registered {
    fn secrets(&self) -> Vec<&str> {
        vec![self.secret.expose_secret()]
    }

    fn texts(&mut self) -> Vec<&mut Text> {
        vec![&mut self.id]
    }
}

/// Registers a client for the account of a token. If the response is lost, Heroku may still have registered it, but
/// nobody can use it without its secret.
pub fn register(heroku: &Heroku<'_>, token: &Token, name: &str, port: u16) -> Result<Client> {
    let body = NewClient { name, redirect_uri: &redirect(port) };
    let made: Registered = heroku.post(CLIENTS, &Credential::Token(token), &body)?;
    Ok(Client { id: made.id.into(), secret: made.secret, port })
}

/// True if a client is still registered, or if Heroku does not accept the token and so does not tell.
pub fn is_registered(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    let answer: Result<serde::de::IgnoredAny, _> = heroku.get(&format!("{CLIENTS}/{}", segment(id)), token);
    match answer {
        Err(failure) if failure.is_not_found() => Ok(false),
        Err(failure) if failure.is_unauthorized() => Ok(true),
        other => other.map(|_| true).map_err(Into::into),
    }
}

/// Removes a client and revokes every token that came from it; false if none has that id.
pub fn unregister(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    heroku.delete(&format!("{CLIENTS}/{}", segment(id)), token).map_err(Into::into)
}

/// Begins a login: creates an address for the browser, with a state and a challenge that belong to this login only.
pub fn begin(heroku: &Heroku<'_>, client: &Client) -> Result<Attempt> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state) = endpoints(heroku, client)?
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new(SCOPE.to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    Ok(Attempt { address, state, verifier })
}

/// Waits for the browser's callback, then exchanges its code for tokens.
pub fn finish(
    heroku: &Heroku<'_>,
    client: &Client,
    attempt: Attempt,
    loopback: Loopback,
    limits: &Limits,
) -> Result<Grant> {
    let wait = loopback.callback(attempt.state.into_secret(), limits.callback);
    let callback = async {
        match tokio::time::timeout(limits.login, wait).await {
            Ok(callback) => callback.map(Some).map_err(|error| garbled("the browser's callback", error)),
            Err(_) => Ok(None),
        }
    };
    let callback = heroku.wait_for_browser(|| heroku.run(callback));
    let code = match callback {
        Err(Failure::Cancelled) => return Err(super::cancelled()),
        Err(failure) => return Err(failure.into()),
        Ok(None) => return Err(super::timed_out()),
        Ok(Some(Callback::Error(error))) => return Err(super::denied(&heroku.hide(&error))),
        Ok(Some(Callback::Code(code))) => code,
    };
    let code = AuthorizationCode::new(code.expose_secret().to_owned());
    let endpoints = endpoints(heroku, client)?;
    let request = endpoints.exchange_code(code).set_pkce_verifier(attempt.verifier);
    grant(heroku, request.request(&|request| send(heroku, request))).map_err(|failure| {
        let refused = failure.is_unauthorized() || failure.has_id("invalid_grant");
        let error = super::maybe_created(failure.into());
        if !refused {
            return error;
        }
        Error::new(Code::HerokuError, "Heroku does not accept the code from the browser.")
            .means("Nothing was changed.")
            .next_step("Log in again.")
            .detail(error.detail)
    })
}

/// Exchanges a refresh token for a new access token. Fails with [`Code::TokenRefused`] if the refresh token is no longer
/// valid, so that the user must log in again.
pub fn refresh(heroku: &Heroku<'_>, client: &Client, refresh_token: &SecretString) -> Result<Grant> {
    let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
    let endpoints = endpoints(heroku, client)?;
    let request = endpoints.exchange_refresh_token(&refresh_token);
    grant(heroku, request.request(&|request| send(heroku, request))).map_err(|failure| {
        let is_refused = failure.is_unauthorized() || failure.has_id("invalid_grant");
        let error = Error::from(failure);
        if is_refused {
            return Error::new(Code::TokenRefused, "Heroku no longer renews this login.")
                .means("The current token works until it expires.")
                .next_step("Log in again.")
                .detail(error.detail);
        }
        error
    })
}

/// The answer to a token request, which does not go through the `oauth2` crate: its types would keep the tokens in plain
/// strings.
#[derive(thiserror::Error)]
#[error("answered")]
struct Answered(Result<Body, Failure>);

impl fmt::Debug for Answered {
    /// Shows nothing, because the answer contains the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answered")
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    expires_in: Option<u64>,
}

impl Answer for Granted {
    fn secrets(&self) -> Vec<&str> {
        let refresh_token = self.refresh_token.as_ref().map(ExposeSecret::expose_secret);
        std::iter::once(self.access_token.expose_secret()).chain(refresh_token).collect()
    }

    fn texts(&mut self) -> Vec<&mut Text> {
        Vec::new()
    }
}

/// Sends a request that the `oauth2` crate made, and keeps the answer from it.
fn send(heroku: &Heroku<'_>, request: HttpRequest) -> Result<HttpResponse, Answered> {
    Err(Answered(heroku.oauth(request)))
}

fn grant<T, E: oauth2::ErrorResponse>(
    heroku: &Heroku<'_>,
    answer: Result<T, RequestTokenError<Answered, E>>,
) -> Result<Grant, Failure> {
    const PATH: &str = "/oauth/token";
    let Err(RequestTokenError::Request(Answered(body))) = answer else {
        return Err(garbled(PATH, "the request could not be made"));
    };
    let granted: Granted = heroku.parse(PATH, &body?)?;
    let token = Token::parse(granted.access_token.expose_secret());
    Ok(Grant {
        token: token.ok_or_else(|| garbled(PATH, "the response contains no token"))?,
        refresh_token: granted.refresh_token,
        expires_in: granted.expires_in.map(Duration::from_secs),
    })
}

type Endpoints = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn endpoints(heroku: &Heroku<'_>, client: &Client) -> Result<Endpoints, Failure> {
    let at = |path: &str| heroku.hosts.id_url.join(path).map_err(|error| garbled(path, error));
    let redirect = RedirectUrl::new(redirect(client.port)).map_err(|error| garbled(CALLBACK, error))?;
    Ok(BasicClient::new(ClientId::new(client.id.clone()))
        .set_client_secret(ClientSecret::new(client.secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::from_url(at("/oauth/authorize")?))
        .set_token_uri(TokenUrl::from_url(at("/oauth/token")?))
        .set_redirect_uri(redirect))
}

fn redirect(port: u16) -> String {
    format!("http://localhost:{port}{CALLBACK}")
}
