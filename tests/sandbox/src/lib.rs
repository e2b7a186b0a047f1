//! A Heroku on localhost, good enough for the Heroku CLI, git and curl to work with unchanged, and with
//! faults on demand.
//!
//! It plays the platform API, the browser login and git over HTTP, all by path and on every host name, so
//! that one address can stand for `api`, `git` and `cli-auth.heroku.com`. INTEROP.md holds the facts it
//! plays by. What it makes up is marked: every token that it makes begins with `HRKU-fake-`.
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
mod control;
mod credential;
mod doors;
mod error;
mod fault;
mod git;
mod keys;
mod login;
mod oauth;
mod rate_limit;
mod request_log;
mod server;
mod sessions;
mod sso;
mod state;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

pub use crate::config::{Config, Redaction, Tls};
pub use crate::doors::Door;
pub use crate::error::{ApiErrorId, Error};
pub use crate::fault::{Fault, FaultRule};
pub use crate::login::{Decision, PendingLogin};
pub use crate::request_log::LoggedRequest;
pub use crate::state::{Account, Grant, LiveToken, Refusal};

use crate::rate_limit::Pool;
use crate::server::Socket;
use crate::state::Shared;

/// A running sandbox. Dropping it ends it at once, with every request still under way.
pub struct Sandbox {
    shared: Arc<Shared>,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on a thread of its own; on return it listens.
    ///
    /// The sockets are bound by the calling thread and the new thread is its child, so both are in the
    /// caller's network namespace.
    pub fn start(config: Config) -> Result<Self, Error> {
        std::fs::create_dir_all(&config.repositories)
            .map_err(|source| Error::Write { path: config.repositories.clone(), source })?;
        let plain = config.http.map(|address| Socket::bind(address, None)).transpose()?;
        let tls = config.tls.as_ref().map(|tls| {
            let certificate = certificate::make(&tls.names, &tls.authority)?;
            Socket::bind(tls.address, Some(certificate))
        });
        let tls = tls.transpose()?;
        let (http, https) =
            (plain.as_ref().map(|socket| socket.address), tls.as_ref().map(|socket| socket.address));
        let sockets: Vec<Socket> = plain.into_iter().chain(tls).collect();
        if sockets.is_empty() {
            return Err(Error::NoAddress);
        }

        let shared = Arc::new(Shared::new(config));
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let world = shared.clone();
        let thread = thread::Builder::new()
            .name("heroku-sandbox".to_owned())
            .spawn(move || server::run(sockets, &world, stopped, &ready))
            .map_err(Error::Thread)?;
        started
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("it ended while starting")))
            .map_err(Error::Thread)?;
        Ok(Self { shared, http, https, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of plain HTTP, with the port that was taken.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http
    }

    /// The address of TLS, with the port that was taken.
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.https
    }

    /// `http://localhost:PORT`: what `HEROKU_HOST` and `HEROKU_LOGIN_HOST` take.
    pub fn http_url(&self) -> Option<String> {
        self.http.map(|address| format!("http://localhost:{}", address.port()))
    }

    /// `https://localhost:PORT`, for a certificate that is (also) for `localhost`.
    pub fn https_url(&self) -> Option<String> {
        self.https.map(|address| format!("https://localhost:{}", address.port()))
    }

    /// Adds an account, or replaces the one with the same email address; its tokens stay.
    pub fn add_account(&self, account: Account) {
        self.shared.lock().accounts.insert(account.email.clone(), account);
    }

    /// Makes a token out of band, as if made at the dashboard long ago; `None` lives for ever.
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

    /// Makes this very token work, for the sake of its form: a UUID, 40 hex digits, anything printable.
    pub fn accept_token(
        &self,
        email: &str,
        grant: Grant,
        lifetime: Option<Duration>,
        token: &str,
    ) -> Result<Uuid, Error> {
        self.shared.lock().grant(email, grant, "Issued by the sandbox", lifetime, token.to_owned())
    }

    /// Every authorization and session whose token works now.
    pub fn live_tokens(&self) -> Vec<LiveToken> {
        self.shared.lock().live_tokens()
    }

    /// Whether this token works now.
    pub fn is_live(&self, token: &str) -> bool {
        self.shared.lock().by_token(token).is_some()
    }

    /// Ends an authorization or session by its id; false where there is none.
    pub fn revoke(&self, id: Uuid) -> bool {
        self.shared.lock().revoke(id)
    }

    /// Ends the authorization or session of this token; false where it does not work anyway.
    pub fn revoke_token(&self, token: &str) -> bool {
        let mut world = self.shared.lock();
        let id = world.by_token(token).map(|access| access.id);
        id.is_some_and(|id| world.revoke(id))
    }

    /// The browser logins that wait for a decision, oldest first.
    pub fn pending_logins(&self) -> Vec<PendingLogin> {
        self.shared.lock().pending_logins()
    }

    /// Blocks until a browser login waits for a decision, and returns the oldest; `None` after `timeout`.
    pub fn wait_for_login(&self, timeout: Duration) -> Option<PendingLogin> {
        self.shared.wait_for(timeout, |world| world.pending_logins().into_iter().next())
    }

    /// Decides a browser login as a person at its page would.
    pub fn decide_login(&self, id: Uuid, decision: Decision) -> Result<(), Error> {
        self.shared.decide_login(id, decision)
    }

    /// Adds a fault. Where several rules fit a request, the oldest is used.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.lock().faults.push(rule);
    }

    /// Lets this many requests pass; the next one, and every further one of its method and path, meets the fault.
    pub fn add_fault_in(&self, requests: usize, fault: Fault) {
        self.shared.lock().fault_in = Some((requests, fault));
    }

    /// Forgets everything but the log: accounts, tokens, clients, keys, logins, faults.
    pub fn clear(&self) {
        let mut world = self.shared.lock();
        let requests = std::mem::take(&mut world.requests);
        *world = state::World::default();
        world.requests = requests;
    }

    /// The faults that have not been used up.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.shared.lock().faults.clone()
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        let mut world = self.shared.lock();
        world.faults.clear();
        world.fault_in = None;
    }

    /// Serves this many connections more, with one request each; what comes then meets the door. `Door::Open` ends it.
    pub fn set_door(&self, after: usize, door: Door) {
        let sockets = [self.http, self.https].into_iter().flatten().count();
        self.shared.set_door(after, door, sockets);
    }

    /// Leaves an account this many requests, to be refilled by 75 a minute.
    pub fn set_requests_left(&self, email: &str, requests: u16) {
        let mut world = self.shared.lock();
        let pool = Pool::holding(requests, world.now());
        world.pools.insert(Some(email.to_owned()), pool);
    }

    /// Puts the sandbox's clock forward: tokens expire and pools refill, nothing waits.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().advance(by);
    }

    /// What was asked since the start, in the order it came.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.lock().requests.clone()
    }

    /// Blocks until the log has a request that fits, and returns the first; `None` after `timeout`.
    ///
    /// A request is there as soon as it has come: look at its status to wait for the answer.
    pub fn wait_for_request(
        &self,
        timeout: Duration,
        mut fits: impl FnMut(&LoggedRequest) -> bool,
    ) -> Option<LoggedRequest> {
        self.shared.wait_for(timeout, |world| world.requests.iter().find(|request| fits(request)).cloned())
    }
}

impl fmt::Debug for Sandbox {
    /// The addresses alone: everything else holds tokens.
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
            // A panic of the server's thread has been printed by that thread already.
            let _ = thread.join();
        }
    }
}
