//! A fake Heroku on localhost, with faults on demand. The Heroku CLI, git and curl work with it unchanged.
//!
//! It serves the platform API, the browser login and git over HTTP. It routes by path and accepts every host name, so
//! one address can stand for `api.heroku.com`, `git.heroku.com` and `cli-auth.heroku.com`. INTEROP.md lists the facts
//! that it imitates. Every token that it creates starts with `HRKU-fake-`.
//!
//! ```
//! use heroku_sandbox::{Account, Config, Grant, Sandbox};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join("heroku-sandbox-doc");
//! let sandbox = Sandbox::start(Config::new(folder))?;
//! sandbox.add_account(Account::new("me@example.com"));
//! let token = sandbox.issue_token("me@example.com", Grant::Authorization, None)?;
//! assert_eq!(token.len(), 65);
//! assert!(sandbox.http_url().is_some_and(|url| url.starts_with("http://localhost:")));
//! # Ok(())
//! # }
//! ```

mod account;
mod auth_page;
mod authorizations;
mod certificate;
mod clients;
mod config;
mod connection_fault;
mod control;
mod credential;
mod echo;
mod error;
mod fault;
mod git;
mod keys;
mod login;
mod oauth;
mod pages;
mod rate_limit;
mod registry;
mod request_log;
mod server;
mod sessions;
mod sso;
mod state;
mod teams;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

pub use crate::config::{Config, Redaction, Tls};
pub use crate::connection_fault::ConnectionFault;
pub use crate::error::{ApiErrorId, Error};
pub use crate::fault::{Fault, FaultRule};
pub use crate::login::{Decision, PendingLogin};
pub use crate::request_log::LoggedRequest;
pub use crate::state::{Account, Grant, LiveToken, Refusal};

use crate::rate_limit::RequestPool;
use crate::server::Socket;
use crate::state::{SandboxState, Shared};

/// A running sandbox. Dropping it stops the server at once, including the requests in progress.
pub struct Sandbox {
    shared: Arc<Shared>,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on its own thread. It accepts connections when this returns.
    ///
    /// The calling thread binds the sockets and spawns the new thread, so both are in the caller's network namespace.
    pub fn start(config: Config) -> Result<Self, Error> {
        std::fs::create_dir_all(&config.repositories)
            .map_err(|source| Error::Write { path: config.repositories.clone(), source })?;
        let http_socket = config.http.map(|address| Socket::bind(address, None)).transpose()?;
        let tls = config.tls.as_ref().map(|tls| {
            let certificate = certificate::create(&tls.names, &tls.authority)?;
            Socket::bind(tls.address, Some(certificate))
        });
        let tls_socket = tls.transpose()?;
        let http = http_socket.as_ref().map(|socket| socket.address);
        let https = tls_socket.as_ref().map(|socket| socket.address);
        let sockets: Vec<Socket> = http_socket.into_iter().chain(tls_socket).collect();
        if sockets.is_empty() {
            return Err(Error::NoAddress);
        }

        let shared = Arc::new(Shared::new(config));
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let server_shared = shared.clone();
        let thread = thread::Builder::new()
            .name("heroku-sandbox".to_owned())
            .spawn(move || server::run(sockets, &server_shared, stopped, &ready))
            .map_err(Error::Thread)?;
        started
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended before it was ready")))
            .map_err(Error::Thread)?;
        Ok(Self { shared, http, https, stop: Some(stop), thread: Some(thread) })
    }

    /// The address for plain HTTP, with the actual port. `None` if there is no such socket.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http
    }

    /// The address for TLS, with the actual port. `None` if there is no such socket.
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.https
    }

    /// `http://localhost:PORT`, a value for `HEROKU_HOST` and `HEROKU_LOGIN_HOST`. `None` without plain HTTP.
    pub fn http_url(&self) -> Option<String> {
        self.http.map(|address| format!("http://localhost:{}", address.port()))
    }

    /// `https://localhost:PORT`, for a certificate whose names include `localhost`. `None` without TLS.
    pub fn https_url(&self) -> Option<String> {
        self.https.map(|address| format!("https://localhost:{}", address.port()))
    }

    /// Adds an account. An account with the same email address is replaced, but keeps its tokens.
    pub fn add_account(&self, account: Account) {
        self.shared.lock().accounts.insert(account.email.clone(), account);
    }

    /// Adds a team with tokens of its own, which these accounts may manage.
    pub fn add_team(&self, team: &str, admins: &[&str]) {
        let mut state = self.shared.lock();
        let account = Account::new(teams::account_of(team));
        state.accounts.insert(account.email.clone(), account);
        state.teams.insert(team.to_owned(), admins.iter().map(|admin| (*admin).to_owned()).collect());
    }

    /// Creates a token for an account without any request. It never expires if `lifetime` is `None`.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`] if the sandbox has no account with this email address.
    pub fn issue_token(
        &self,
        email: &str,
        grant: Grant,
        lifetime: Option<Duration>,
    ) -> Result<String, Error> {
        let token = state::new_token();
        self.accept_token(email, grant, lifetime, &token)?;
        Ok(token)
    }

    /// Makes a given token valid for an account, for tests that need its format: a UUID, 40 hex digits, anything
    /// printable. Returns the id of its authorization or session.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`] if the sandbox has no account with this email address.
    pub fn accept_token(
        &self,
        email: &str,
        grant: Grant,
        lifetime: Option<Duration>,
        token: &str,
    ) -> Result<Uuid, Error> {
        self.shared.lock().grant(email, grant, "Issued by the sandbox", lifetime, token.to_owned())
    }

    /// The tokens that the sandbox accepts now, oldest first.
    pub fn live_tokens(&self) -> Vec<LiveToken> {
        self.shared.lock().live_tokens()
    }

    /// Whether the sandbox accepts this token now.
    pub fn is_live(&self, token: &str) -> bool {
        self.shared.lock().find_by_token(token).is_some()
    }

    /// Revokes an authorization or session. Returns false if none has this id.
    pub fn revoke(&self, id: Uuid) -> bool {
        self.shared.lock().revoke(id)
    }

    /// Revokes the authorization or session of a token. Returns false if the token was not valid.
    pub fn revoke_token(&self, token: &str) -> bool {
        let mut state = self.shared.lock();
        let id = state.find_by_token(token).map(|issued| issued.id);
        id.is_some_and(|id| state.revoke(id))
    }

    /// Whether any OAuth client is registered.
    pub fn has_clients(&self) -> bool {
        !self.shared.lock().clients.is_empty()
    }

    /// Whether an account has the SSH key with this fingerprint.
    pub fn has_key(&self, fingerprint: &str) -> bool {
        self.shared.lock().keys.iter().any(|key| key.fingerprint() == fingerprint)
    }

    /// The browser logins that are waiting for a decision, oldest first.
    pub fn pending_logins(&self) -> Vec<PendingLogin> {
        self.shared.lock().pending_logins()
    }

    /// Blocks until a browser login is waiting for a decision, and returns the oldest one. Returns `None` after
    /// `timeout`.
    pub fn wait_for_login(&self, timeout: Duration) -> Option<PendingLogin> {
        self.shared.wait_for(timeout, |state| state.pending_logins().into_iter().next())
    }

    /// Approves or denies a browser login, as the buttons on its page do.
    ///
    /// # Errors
    /// [`Error::UnknownLogin`] if no login with this id is waiting, [`Error::UnknownAccount`] if the sandbox has no
    /// account with the approved email address.
    pub fn decide_login(&self, id: Uuid, decision: Decision) -> Result<(), Error> {
        self.shared.decide_login(id, decision)
    }

    /// Adds a fault. If several rules match a request, the oldest one applies.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.lock().faults.push(rule);
    }

    /// Adds a fault that first lets this many requests pass. It then applies to the next request, and to all later ones
    /// with the same method and path.
    pub fn add_fault_after(&self, requests: usize, fault: Fault) {
        self.shared.lock().upcoming_fault = Some((requests, fault));
    }

    /// Resets everything except the request log: accounts, tokens, clients, keys, logins, faults and the clock.
    pub fn clear(&self) {
        let mut state = self.shared.lock();
        let requests = std::mem::take(&mut state.requests);
        *state = SandboxState::default();
        state.requests = requests;
    }

    /// The fault rules that still apply to later requests.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.shared.lock().faults.clone()
    }

    /// Removes all faults, used or not.
    pub fn clear_faults(&self) {
        let mut state = self.shared.lock();
        state.faults.clear();
        state.upcoming_fault = None;
    }

    /// Serves this many more connections, with one request each, then applies `fault` to later ones.
    /// [`ConnectionFault::None`] restores normal service.
    pub fn set_connection_fault(&self, after: usize, fault: ConnectionFault) {
        let sockets = [self.http, self.https].into_iter().flatten().count();
        self.shared.set_connection_fault(after, fault, sockets);
    }

    /// Sets how many requests an account has left. Its pool refills by 75 a minute.
    pub fn set_requests_left(&self, email: &str, requests: u16) {
        let mut state = self.shared.lock();
        let pool = RequestPool::holding(requests, state.now());
        state.pools.insert(Some(email.to_owned()), pool);
    }

    /// Moves the sandbox's clock forward, so that tokens expire and pools refill without waiting.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().advance(by);
    }

    /// All requests since the start, in the order they arrived.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.lock().requests.clone()
    }

    /// Blocks until a request in the log matches, and returns the first one. Returns `None` after `timeout`.
    ///
    /// A request is logged on arrival. To wait for its response, match on its status too.
    pub fn wait_for_request(
        &self,
        timeout: Duration,
        mut matches: impl FnMut(&LoggedRequest) -> bool,
    ) -> Option<LoggedRequest> {
        self.shared.wait_for(timeout, |state| state.requests.iter().find(|request| matches(request)).cloned())
    }
}

impl fmt::Debug for Sandbox {
    /// Shows only the addresses, because the rest contains tokens.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("http", &self.http)
            .field("https", &self.https)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If the server thread panicked, it has already printed why.
            let _ = thread.join();
        }
    }
}
