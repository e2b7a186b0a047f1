//! A client for Heroku's API: what it sends, how long a request may take, and which requests it retries.

use std::cell::RefCell;
use std::future::Future;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::failure::{Failure, garbled, unreachable};
use super::{proxy, transport};
use crate::base::env::{Env, Limits};
use crate::base::error::{Code, Error, Result};
use crate::base::host::Hosts;
use crate::base::person::Person;
use crate::base::secrets::Secrets;
use crate::base::text::Text;
use crate::base::token::Token;
use crate::base::waits::Awaited;
use crate::ledger::known_tokens;

/// Cancels whatever a [`Heroku`] waits for, from another thread.
pub type Cancel = tokio_util::sync::CancellationToken;

/// The maximum size of a response.
const MAX_BYTES: usize = 4 << 20;
const API_VERSION: HeaderValue = HeaderValue::from_static("application/vnd.heroku+json; version=3");
/// The version of the API that knows the tokens of teams (INTEROP.md, "Authorizations").
const TEAM_API_VERSION: HeaderValue = HeaderValue::from_static("application/vnd.heroku+json; version=3.sdk");
/// The header with the `Range` of a list's next page.
const NEXT_RANGE: &str = "Next-Range";
/// The number of secrets in a response that are hidden elsewhere; an honest one has at most one.
const MAX_SECRETS: usize = 8;
/// How often an idempotent request is retried.
const RETRIES: u32 = 2;
/// How often one request prompts for a two-factor code.
const CODE_PROMPTS: u32 = 3;

/// The body of a response, which may contain a token.
pub(super) type Body = Zeroizing<Vec<u8>>;

/// A successful response.
pub(super) struct Reply {
    pub(super) body: Body,
    /// The `Range` of a list's next page, if there is one.
    pub(super) next_page: Option<HeaderValue>,
}

/// A client for Heroku. Its calls block the thread; each has a time limit and can be cancelled with [`Cancel`].
pub struct Heroku<'a> {
    /// `None` only while the client is being dropped.
    runtime: Option<tokio::runtime::Runtime>,
    http: reqwest::Client,
    cancel: Cancel,
    person: &'a dyn Person,
    env: Env,
    /// What this client has sent to Heroku, or received from there, that nobody else may see.
    secrets: RefCell<Secrets>,
    /// The passwords of proxies. Only a proxy can repeat them, in an error.
    proxy_secrets: Secrets,
    /// The variable that names the proxy, if there is one.
    proxy: Option<&'static str>,
    pub(super) hosts: Hosts,
    pub(super) limits: Limits,
}

/// What authenticates a request.
pub(super) enum Credential<'a> {
    Token(&'a Token),
    Password { email: &'a str, password: &'a SecretString },
}

/// A JSON response.
pub(super) trait Answer: DeserializeOwned {
    /// The secrets in it.
    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The texts in it that somebody will see. The client hides in them the secrets of this and of earlier requests.
    fn texts(&mut self) -> Vec<&mut Text>;
}

impl<T: Answer> Answer for Vec<T> {
    fn secrets(&self) -> Vec<&str> {
        self.iter().flat_map(Answer::secrets).collect()
    }

    fn texts(&mut self) -> Vec<&mut Text> {
        self.iter_mut().flat_map(Answer::texts).collect()
    }
}

impl Answer for serde::de::IgnoredAny {
    fn texts(&mut self) -> Vec<&mut Text> {
        Vec::new()
    }
}

impl<'a> Heroku<'a> {
    /// Creates a client; nothing is sent yet. Fails if a variable names a host that is not Heroku's.
    ///
    /// If Heroku wants a two-factor code, the client asks `person` for it and sends the request again, which is safe because
    /// Heroku has not carried it out.
    pub fn connect(env: &Env, cancel: Cancel, person: &'a dyn Person) -> Result<Self> {
        let hosts = env.hosts();
        hosts.require_allowed()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: Some(runtime.map_err(|error| {
                Error::new(Code::Unsupported, "Could not set up the network connection.")
                    .means("Nothing was sent to Heroku.")
                    .detail(error)
            })?),
            http: transport::client(env)?,
            cancel,
            person,
            env: env.clone(),
            secrets: RefCell::default(),
            proxy_secrets: proxy::secrets(env),
            proxy: proxy::variable(env),
            hosts,
            limits: env.limits,
        })
    }

    /// Sends a GET request to the API and reads the JSON response.
    pub(super) fn get<T: Answer>(&self, path: &str, token: &Token) -> Result<T, Failure> {
        let credential = Credential::Token(token);
        self.parse(path, &self.answer(self.request(Method::GET, path, &credential)?, &credential)?.body)
    }

    /// Sends a POST request to the API and reads the JSON response. It is never retried: Heroku may have carried it out
    /// although the response was lost.
    pub(super) fn post<T: Answer>(
        &self,
        path: &str,
        credential: &Credential<'_>,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let json = serde_json::to_vec(body).map_err(|error| garbled(path, error))?;
        let mut request = self.request(Method::POST, path, credential)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(json.into());
        self.parse(path, &self.answer(request, credential)?.body)
    }

    /// Sends a DELETE request to the API; false if the object no longer exists. Since the request is retried when the
    /// response is lost, this very call may have deleted it.
    pub(super) fn delete(&self, path: &str, token: &Token) -> Result<bool, Failure> {
        let credential = Credential::Token(token);
        match self.answer(self.request(Method::DELETE, path, &credential)?, &credential) {
            Err(failure) if failure.is_not_found() => Ok(false),
            other => other.map(|_| true),
        }
    }

    /// Sends a POST request without a credential to the login host and reads the JSON response.
    pub(super) fn post_login<T: Answer>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let url = self.hosts.login_url.join(path).map_err(|error| garbled(path, error))?;
        let request = self.http.post(url).json(body).build().map_err(unreachable)?;
        self.parse(path, &self.send(&request, self.limits.http)?.body)
    }

    /// Waits for the login host's response at the address that it gave for one login.
    pub(super) fn wait_at(&self, url: Url, token: &Token, limit: Duration) -> Result<Body, Failure> {
        let mut request = Request::new(Method::GET, url);
        *request.headers_mut() = self.headers(&Credential::Token(token))?;
        self.wait_for_browser(|| self.send_once(&request, limit)).map(|reply| reply.body)
    }

    /// Waits for what the user does in the browser.
    pub(super) fn wait_for_browser<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.env.waits.during(Awaited::Browser, wait)
    }

    /// Sends a request of the `oauth2` crate. It is never retried, since codes and some refresh tokens work only once.
    pub(super) fn oauth(&self, request: oauth2::HttpRequest) -> Result<Body, Failure> {
        for (name, value) in url::form_urlencoded::parse(request.body()) {
            if matches!(&*name, "client_secret" | "code" | "code_verifier" | "refresh_token") {
                self.remember(&Zeroizing::new(value.into_owned()));
            }
        }
        let request = request.try_into().map_err(unreachable)?;
        self.send(&request, self.limits.http).map(|reply| reply.body)
    }

    /// Hides a secret in all that a server says from now on.
    pub(super) fn remember(&self, secret: &str) {
        self.secrets.borrow_mut().add(secret);
    }

    /// A text that came from a server some other way than in an [`Answer`], without the secrets of earlier requests.
    pub(super) fn hide(&self, text: &str) -> Text {
        Text::of(&self.secrets.borrow().hide(text))
    }

    /// True if a text contains no secret of an earlier request.
    pub(super) fn reveals_nothing(&self, text: &str) -> bool {
        self.secrets.borrow().are_absent_in(text)
    }

    /// A request to the API.
    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        credential: &Credential<'_>,
    ) -> Result<Request, Failure> {
        let url = self.hosts.api_url.join(path).map_err(|error| garbled(path, error))?;
        if url.path() != path {
            // An id like `..` would change the path, for instance to that of the account itself.
            return Err(garbled(path, "invalid id"));
        }
        let mut request = Request::new(method, url);
        *request.headers_mut() = self.headers(credential)?;
        if path.starts_with("/teams/") {
            request.headers_mut().insert(ACCEPT, TEAM_API_VERSION);
        }
        Ok(request)
    }

    /// Sends a request to the API, again if Heroku asks for a two-factor code, and records a refusal of the token.
    pub(super) fn answer(&self, mut request: Request, credential: &Credential<'_>) -> Result<Reply, Failure> {
        let mut prompts = 0;
        loop {
            match self.send(&request, self.limits.http) {
                Err(failure) if failure.wants_code() && prompts < CODE_PROMPTS => {
                    let code = self.person.second_factor(prompts > 0).map_err(Failure::Person)?;
                    self.remember(code.expose_secret());
                    request.headers_mut().insert("Heroku-Two-Factor-Code", sensitive(code.expose_secret())?);
                    prompts += 1;
                }
                answer => {
                    if let (Err(failure), Credential::Token(token)) = (&answer, credential)
                        && failure.is_unauthorized()
                    {
                        self.record_refusal(token);
                    }
                    return answer;
                }
            }
        }
    }

    /// Records that Heroku refused the token, so that Herokey shows that from now on.
    fn record_refusal(&self, token: &Token) {
        if let Err(error) = known_tokens::record_refusal(&self.env, token, self.env.now()) {
            tracing::warn!(%error, "could not record the refusal");
        }
    }

    /// Sends a request within a time limit, and retries it if it is idempotent.
    fn send(&self, request: &Request, limit: Duration) -> Result<Reply, Failure> {
        self.env.waits.during(Awaited::Heroku, || self.send_and_retry(request, limit))
    }

    fn send_and_retry(&self, request: &Request, limit: Duration) -> Result<Reply, Failure> {
        let ends_at = Instant::now() + limit;
        let idempotent = matches!(*request.method(), Method::GET | Method::DELETE);
        let mut retries = if idempotent { RETRIES } else { 0 };
        let mut pause = self.limits.retry_pause;
        loop {
            let left = ends_at.saturating_duration_since(Instant::now());
            let failure = match self.send_once(request, left) {
                Err(failure) if retries > 0 => failure,
                answer => return answer,
            };
            // A random pause spreads the retries of many clients.
            let wait = match failure.retry_after(pause.mul_f64(0.5 + fastrand::f64())) {
                Some(wait) if wait < ends_at.saturating_duration_since(Instant::now()) => wait,
                _ => return Err(failure),
            };
            self.run(async {
                tokio::time::sleep(wait).await;
                Ok(())
            })?;
            retries -= 1;
            pause *= 2;
        }
    }

    fn send_once(&self, request: &Request, limit: Duration) -> Result<Reply, Failure> {
        let copy = request
            .try_clone()
            .ok_or_else(|| garbled(request.url().path(), "the request cannot be copied"))?;
        let answer = async { read(self.http.execute(copy).await.map_err(unreachable)?).await };
        let answer =
            self.run(async { tokio::time::timeout(limit, answer).await.map_err(|_| Failure::Late)? });
        answer.map_err(|failure| {
            failure.without(&self.secrets.borrow()).without(&self.proxy_secrets).through(self.proxy)
        })
    }

    fn headers(&self, credential: &Credential<'_>) -> Result<HeaderMap, Failure> {
        let mut secrets = self.secrets.borrow_mut();
        match credential {
            Credential::Token(token) => secrets.add(token.expose()),
            Credential::Password { email, password } => secrets.add_basic(email, password.expose_secret()),
        }
        headers(credential)
    }

    pub(super) fn parse<T: Answer>(&self, path: &str, body: &Body) -> Result<T, Failure> {
        // The parser's own message may quote the input, which may be a token.
        let mut answer: T = serde_json::from_slice(body).map_err(|error| {
            garbled(path, format_args!("unexpected content at byte {} of {}", error.column(), body.len()))
        })?;
        let mut secrets = self.secrets.borrow_mut();
        answer.secrets().into_iter().take(MAX_SECRETS).for_each(|secret| secrets.add(secret));
        let search = secrets.search();
        answer.texts().into_iter().for_each(|text| text.hide(&search));
        Ok(answer)
    }

    /// Runs `work` on this client's runtime until it ends or is cancelled.
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
        // Dropping the runtime would wait for the thread that resolves host names, which cannot be stopped and ignores
        // every time limit.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn read(mut response: Response) -> Result<Reply, Failure> {
    let (status, mut headers) = (response.status(), std::mem::take(response.headers_mut()));
    let mut body = Body::default();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_BYTES {
            let size = format!("the response is larger than {} MiB", MAX_BYTES >> 20);
            return Err(Failure::Garbled(size));
        }
        let length = body.len() + chunk.len();
        if length > body.capacity() {
            // A vector that grows by itself would leave a copy of its content in memory.
            let mut larger = Body::new(Vec::with_capacity(2 * length));
            larger.extend_from_slice(&body);
            body = larger;
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(Failure::of(status, &headers, &body));
    }
    let next_page = headers.remove(NEXT_RANGE).filter(|_| status == StatusCode::PARTIAL_CONTENT);
    Ok(Reply { body, next_page })
}

fn headers(credential: &Credential<'_>) -> Result<HeaderMap, Failure> {
    let value = match credential {
        Credential::Token(token) => sensitive(&Zeroizing::new(format!("Bearer {}", token.expose())))?,
        Credential::Password { email, password } => {
            let pair = Zeroizing::new(format!("{email}:{}", password.expose_secret()));
            sensitive(&Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()))))?
        }
    };
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value), (ACCEPT, API_VERSION)]))
}

fn sensitive(value: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(value).map_err(|error| garbled("a header", error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// An id, escaped as one segment of a path.
pub(super) fn segment(id: &str) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b':');
    utf8_percent_encode(id, ESCAPED).to_string()
}
