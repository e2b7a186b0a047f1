//! The HTTP client: one connection to Heroku for the length of one action.

use std::future::Future;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::env::{Env, Limits};
use crate::error::{Code, Error, Result};
use crate::host::Hosts;
use crate::token::Token;

/// Stops whatever a [`Heroku`] waits for, from another thread.
pub type Cancel = tokio_util::sync::CancellationToken;

/// No answer that is used here is larger.
const LARGEST_ANSWER: usize = 4 << 20;
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/vnd.heroku+json; version=3");

/// Heroku, reached from this machine. Its calls block the thread; each has a time limit, and [`Cancel`] ends it.
pub struct Heroku {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    cancel: Cancel,
    pub(super) hosts: Hosts,
    pub(super) limits: Limits,
}

/// Heroku's error body.
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    id: String,
    #[serde(default)]
    message: String,
}

/// What went wrong with one request, for callers that go on in some cases.
#[derive(Debug)]
pub(super) enum Failure {
    /// No answer: refused, dropped, late.
    Unreachable(String),
    /// An answer that is not the one asked for.
    Status { status: StatusCode, id: String, message: String, request_id: String },
    /// An answer that makes no sense.
    Garbled(String),
    /// [`Cancel`].
    Cancelled,
}

impl Heroku {
    /// Makes a client; nothing is sent yet.
    pub fn connect(env: &Env, cancel: Cancel) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(Code::HerokuUnreachable, "Could not set up a secure connection.")
                .means("Nothing was sent to Heroku.")
                .fix("Check the certificates of this system and SSL_CERT_FILE.")
                .detail(error)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: runtime.map_err(|error| failed(&error))?,
            http: http_client(env).map_err(|error| failed(&error))?,
            cancel,
            hosts: env.hosts(),
            limits: env.limits,
        })
    }

    /// Asks the API with a token and reads its JSON answer.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str, token: &Token) -> Result<T, Failure> {
        let body = self.api(Method::GET, path, token)?;
        serde_json::from_slice(&body).map_err(|error| Failure::Garbled(format!("{path}: {error}")))
    }

    /// Deletes something at the API.
    pub(super) fn delete(&self, path: &str, token: &Token) -> Result<(), Failure> {
        self.api(Method::DELETE, path, token).map(drop)
    }

    fn api(&self, method: Method, path: &str, token: &Token) -> Result<Vec<u8>, Failure> {
        let url = self.hosts.api_url.join(path).map_err(|error| Failure::Garbled(error.to_string()))?;
        let request = self.http.request(method, url).headers(bearer(token)?);
        self.send(request, self.limits.http)
    }

    /// Posts JSON to the login host, without a credential.
    pub(super) fn post_login<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, Failure> {
        let url = self.hosts.login_url.join(path).map_err(|error| Failure::Garbled(error.to_string()))?;
        let body = self.send(self.http.post(url).json(body), self.limits.http)?;
        serde_json::from_slice(&body).map_err(|error| Failure::Garbled(format!("{path}: {error}")))
    }

    /// Waits for the login host's answer at an address of its own.
    pub(super) fn wait_at(&self, url: Url, token: &Token, limit: Duration) -> Result<Vec<u8>, Failure> {
        self.send(self.http.get(url).headers(bearer(token)?), limit)
    }

    fn send(&self, request: reqwest::RequestBuilder, limit: Duration) -> Result<Vec<u8>, Failure> {
        self.runtime.block_on(async {
            let answer = async {
                let response = request.send().await.map_err(unreachable)?;
                read(response).await
            };
            tokio::select! {
                () = self.cancel.cancelled() => Err(Failure::Cancelled),
                answer = within(limit, answer) => answer,
            }
        })
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::Unreachable(format!("no answer within {} s", limit.as_secs_f32()));
    tokio::time::timeout(limit, work).await.map_err(late)?
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let status = response.status();
    let request_id = header(response.headers(), "request-id");
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Failure::Garbled(format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    if status.is_success() {
        return Ok(body);
    }
    let refusal: Refusal = serde_json::from_slice(&body).unwrap_or_default();
    Err(Failure::Status { status, id: refusal.id, message: refusal.message, request_id })
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn bearer(token: &Token) -> Result<HeaderMap, Failure> {
    let text = secrecy::zeroize::Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut value = HeaderValue::from_str(&text).map_err(|error| Failure::Garbled(error.to_string()))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value), (ACCEPT, ACCEPTED)]))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unreachable(error: reqwest::Error) -> Failure {
    // The innermost cause is the one that tells: "Connection refused", "certificate has expired".
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Failure::Unreachable(cause.to_string())
}

fn http_client(env: &Env) -> std::io::Result<reqwest::Client> {
    // A second installation answers with the provider that is already there: the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("herokey/", env!("CARGO_PKG_VERSION")))
        .default_headers(HeaderMap::from_iter([(ACCEPT, ACCEPTED)]))
        .connect_timeout(env.limits.http)
        // A redirect could carry the token to another host.
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(extra_roots(env)?);
    builder.build().map_err(std::io::Error::other)
}

/// The roots of `SSL_CERT_FILE`, as OpenSSL's programs honour it: a company's own, or a test's.
fn extra_roots(env: &Env) -> std::io::Result<Vec<reqwest::Certificate>> {
    let Some(path) = env.os("SSL_CERT_FILE") else { return Ok(Vec::new()) };
    reqwest::Certificate::from_pem_bundle(&std::fs::read(path)?).map_err(std::io::Error::other)
}

impl Failure {
    /// True where Heroku says that it does not know the token.
    pub(super) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::UNAUTHORIZED, .. })
    }

    /// True where what was asked about is not there.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::NOT_FOUND, .. })
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(detail) => {
                Self::new(Code::HerokuUnreachable, "Heroku could not be reached.")
                    .fix("Check the network, then try again.")
                    .detail(detail)
            }
            Failure::Garbled(detail) => {
                Self::new(Code::HerokuError, "Heroku's answer could not be understood.")
                    .fix("Try again; a proxy or a login page of the network may have answered in its place.")
                    .detail(detail)
            }
            Failure::Cancelled => Self::new(Code::Cancelled, "Cancelled."),
            Failure::Status { status, id, message, request_id } => {
                let (code, what, fix) = match (status.as_u16(), id.as_str()) {
                    (401, _) => (Code::TokenRefused, "Heroku does not accept this token.", "Log in again."),
                    (_, "suspended") => {
                        (Code::HerokuError, "Heroku has suspended this account.", "Ask Heroku's support.")
                    }
                    (429, _) => (
                        Code::HerokuError,
                        "Heroku's rate limit is used up for the moment.",
                        "Wait a minute, then try again.",
                    ),
                    (500.., _) => {
                        (Code::HerokuError, "Heroku has a problem at the moment.", "Try again in a while.")
                    }
                    _ => (Code::HerokuError, "Heroku refused the request.", "See what the detail says."),
                };
                let request =
                    if request_id.is_empty() { String::new() } else { format!(", Request-Id {request_id}") };
                Self::new(code, what).fix(fix).detail(format!("{status} {id}: {message}{request}"))
            }
        }
    }
}
