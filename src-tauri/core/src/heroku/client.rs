//! Heroku, reached over HTTP for the length of one action: what is sent, how long it may take, what is tried again.

use std::future::Future;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Response};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::failure::{Failure, garbled, unreachable};
use super::transport;
use crate::base::env::{Env, Limits};
use crate::base::error::{Code, Error, Result};
use crate::base::host::Hosts;
use crate::base::person::Person;
use crate::base::token::Token;
use crate::ledger::known_tokens;

/// Stops whatever a [`Heroku`] waits for, from another thread.
pub type Cancel = tokio_util::sync::CancellationToken;

/// No answer that is used here is larger.
const LARGEST_ANSWER: usize = 4 << 20;
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/vnd.heroku+json; version=3");
/// How often a request that is harmless to repeat is sent again.
const REPEATS: u32 = 2;
/// How often a person is asked for the code of one request.
const CODES: u32 = 3;

/// An answer's body, which may hold a token.
pub(super) type Body = Zeroizing<Vec<u8>>;

/// Heroku, reached from this machine. Its calls block the thread; each has a time limit, and [`Cancel`] ends it.
pub struct Heroku<'a> {
    /// Always there but in `drop`.
    runtime: Option<tokio::runtime::Runtime>,
    http: reqwest::Client,
    cancel: Cancel,
    person: &'a dyn Person,
    env: Env,
    pub(super) hosts: Hosts,
    pub(super) limits: Limits,
}

/// Who asks.
pub(super) enum Credential<'a> {
    Token(&'a Token),
    Password { email: &'a str, password: &'a SecretString },
}

impl<'a> Heroku<'a> {
    /// Makes a client; nothing is sent yet. The person is asked for the code of a second factor where Heroku wants
    /// one; what it refuses for want of a code is not done yet, so the request is then sent again.
    pub fn connect(env: &Env, cancel: Cancel, person: &'a dyn Person) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: Some(runtime.map_err(|error| {
                Error::new(Code::Unsupported, "Could not get ready for the network.")
                    .means("Nothing was sent to Heroku.")
                    .detail(error)
            })?),
            http: transport::client(env)?,
            cancel,
            person,
            env: env.clone(),
            hosts: env.hosts(),
            limits: env.limits,
        })
    }

    /// Asks the API with a token and reads its JSON answer.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str, token: &Token) -> Result<T, Failure> {
        parse(path, &self.api(Method::GET, path, &Credential::Token(token), None)?)
    }

    /// Has the API make something and reads its JSON answer. Never sent twice: an answer that was lost says nothing
    /// about whether the work was done.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        credential: &Credential<'_>,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let json = serde_json::to_vec(body).map_err(|error| garbled(path, error))?;
        parse(path, &self.api(Method::POST, path, credential, Some(json))?)
    }

    /// Deletes something at the API; false where it is gone already. Sent again where no answer came, so that may have
    /// been this very call's work.
    pub(super) fn delete(&self, path: &str, token: &Token) -> Result<bool, Failure> {
        match self.api(Method::DELETE, path, &Credential::Token(token), None) {
            Err(failure) if failure.is_not_found() => Ok(false),
            other => other.map(|_| true),
        }
    }

    /// Posts JSON to the login host, without a credential.
    pub(super) fn post_login<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let url = self.hosts.login_url.join(path).map_err(|error| garbled(path, error))?;
        let request = self.http.post(url).json(body).build().map_err(unreachable)?;
        parse(path, &self.send(&request, self.limits.http)?)
    }

    /// Waits for the login host's answer at an address of its own.
    pub(super) fn wait_at(&self, url: Url, token: &Token, limit: Duration) -> Result<Body, Failure> {
        let mut request = Request::new(Method::GET, url);
        *request.headers_mut() = headers(&Credential::Token(token))?;
        self.send_once(&request, limit)
    }

    /// Sends a request that the `oauth2` crate has made. Never sent twice, since a code and some refresh tokens are
    /// good for once.
    pub(super) fn oauth(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, Failure> {
        let request = request.try_into().map_err(unreachable)?;
        Ok(oauth2::HttpResponse::new(self.send(&request, self.limits.http)?.to_vec()))
    }

    fn api(
        &self,
        method: Method,
        path: &str,
        credential: &Credential<'_>,
        json: Option<Vec<u8>>,
    ) -> Result<Body, Failure> {
        let url = self.hosts.api_url.join(path).map_err(|error| garbled(path, error))?;
        if url.path() != path {
            // An id like `..` would name something else, such as the account itself.
            return Err(garbled(path, "an id that is none"));
        }
        let mut request = Request::new(method, url);
        *request.headers_mut() = headers(credential)?;
        if let Some(json) = json {
            let content = HeaderValue::from_static("application/json");
            request.headers_mut().insert(reqwest::header::CONTENT_TYPE, content);
            *request.body_mut() = Some(json.into());
        }
        let mut asked = 0;
        loop {
            match self.send(&request, self.limits.http) {
                Err(failure) if failure.wants_code() && asked < CODES => {
                    let code = self.person.second_factor(asked > 0).map_err(Failure::Person)?;
                    request.headers_mut().insert("Heroku-Two-Factor-Code", sensitive(code.expose_secret())?);
                    asked += 1;
                }
                answer => {
                    if let (Err(failure), Credential::Token(token)) = (&answer, credential)
                        && failure.is_unauthorized()
                    {
                        self.remember_refusal(token);
                    }
                    return answer;
                }
            }
        }
    }

    /// A refused token is shown as such from now on, whatever was asked with it.
    fn remember_refusal(&self, token: &Token) {
        if let Err(error) = known_tokens::refused(&self.env, token, self.env.now()) {
            tracing::warn!(%error, "the refusal is not remembered");
        }
    }

    /// Sends a request within a limit, and once more where nothing can come of it but the answer that was missed.
    fn send(&self, request: &Request, limit: Duration) -> Result<Body, Failure> {
        let ends = Instant::now() + limit;
        let harmless = matches!(*request.method(), Method::GET | Method::DELETE);
        let mut repeats = if harmless { REPEATS } else { 0 };
        let mut pause = self.limits.repeat;
        loop {
            let left = ends.saturating_duration_since(Instant::now());
            let failure = match self.send_once(request, left) {
                Err(failure) if repeats > 0 => failure,
                answer => return answer,
            };
            // Not all at once, where many were refused at once.
            let wait = match failure.passes_after(pause.mul_f64(0.5 + fastrand::f64())) {
                Some(wait) if wait < ends.saturating_duration_since(Instant::now()) => wait,
                _ => return Err(failure),
            };
            self.run(async {
                tokio::time::sleep(wait).await;
                Ok(())
            })?;
            repeats -= 1;
            pause *= 2;
        }
    }

    fn send_once(&self, request: &Request, limit: Duration) -> Result<Body, Failure> {
        let copy = request.try_clone().ok_or_else(|| garbled(request.url().path(), "cannot be sent"))?;
        let answer = async { read(self.http.execute(copy).await.map_err(unreachable)?).await };
        self.run(async { tokio::time::timeout(limit, answer).await.map_err(|_| Failure::Late)? })
    }

    /// Runs other work on this client's runtime, until it is cancelled.
    pub(super) fn run<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Cancelled) };
        runtime.block_on(async {
            tokio::select! {
                () = self.cancel.cancelled() => Err(Failure::Cancelled),
                done = work => done,
            }
        })
    }
}

impl Drop for Heroku<'_> {
    fn drop(&mut self) {
        // The system looks names up on a thread that cannot be ended. Dropping the runtime would wait for it, beyond
        // every limit.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn read(mut response: Response) -> Result<Body, Failure> {
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let mut body = Body::default();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            let size = format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20);
            return Err(Failure::Garbled(size));
        }
        let length = body.len() + chunk.len();
        if length > body.capacity() {
            // A vector that grows by itself would leave a copy of what was read behind.
            let mut longer = Body::new(Vec::with_capacity(2 * length));
            longer.extend_from_slice(&body);
            body = longer;
        }
        body.extend_from_slice(&chunk);
    }
    if status.is_success() { Ok(body) } else { Err(Failure::of(status, &headers, &body)) }
}

fn parse<T: DeserializeOwned>(path: &str, body: &Body) -> Result<T, Failure> {
    // The parser's own message may quote what it read, which may be a token.
    serde_json::from_slice(body).map_err(|error| {
        garbled(path, format_args!("not what was expected at byte {} of {}", error.column(), body.len()))
    })
}

fn headers(credential: &Credential<'_>) -> Result<HeaderMap, Failure> {
    let value = match credential {
        Credential::Token(token) => sensitive(&Zeroizing::new(format!("Bearer {}", token.expose())))?,
        Credential::Password { email, password } => {
            let pair = Zeroizing::new(format!("{email}:{}", password.expose_secret()));
            sensitive(&Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()))))?
        }
    };
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value), (ACCEPT, ACCEPTED)]))
}

fn sensitive(value: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(value).map_err(|error| garbled("a header", error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// An id as one segment of a path, whatever is in it.
pub(super) fn segment(id: &str) -> String {
    const OTHERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b':');
    utf8_percent_encode(id, OTHERS).to_string()
}
