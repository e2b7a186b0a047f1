//! The state of a sandbox: accounts, tokens, pending logins, faults and the request log.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration as StdDuration;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::clients::OAuthClient;
use crate::config::Config;
use crate::connection_fault::ConnectionSchedule;
use crate::error::Error;
use crate::fault::{Fault, FaultRule};
use crate::keys::SshKey;
use crate::login::BrowserLogin;
use crate::oauth::AuthorizationCode;
use crate::rate_limit::RequestPool;
use crate::request_log::LoggedRequest;

/// A Heroku account. It has no `Debug`, which would show the password.
#[derive(Clone, Deserialize)]
pub struct Account {
    /// The email address, which identifies the account.
    pub email: String,
    /// The password, or `None` to refuse every password login.
    #[serde(default)]
    pub password: Option<String>,
    /// The code that a password login must send in the header `Heroku-Two-Factor-Code`, if any.
    #[serde(default)]
    pub second_factor: Option<String>,
    /// Why Heroku refuses the account, or `None` if it does not.
    #[serde(default)]
    pub refusal: Option<Refusal>,
}

impl Account {
    /// An account that can log in only in the browser.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), password: None, second_factor: None, refusal: None }
    }
}

/// Why Heroku refuses an account or its password logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Password logins are refused, because multi-factor authentication is on.
    MfaRequired,
    /// Password logins are refused, because the device is not trusted.
    DeviceTrustRequired,
    /// Every request is refused, because the account is suspended.
    Suspended,
}

/// What a token was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// An ordinary authorization, as a browser or password login creates it.
    Authorization,
    /// The account's default authorization, `/oauth/authorizations/~`: the API key in the dashboard.
    Default,
    /// A session, as single sign-on creates it. The list of authorizations does not include it.
    Session,
}

/// A token that the sandbox accepts now, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveToken {
    /// The id of the authorization or session.
    pub id: Uuid,
    /// What the token was issued for.
    pub grant: Grant,
    /// The email address of the account.
    pub account: String,
    /// The description that came with the request for the token.
    pub description: String,
    /// The mask of the token: `…` and its last four characters.
    pub masked: String,
    /// When the token expires, or `None` if it never does.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// A token, together with its authorization or session.
#[derive(Clone)]
pub(crate) struct IssuedToken {
    /// The id of the authorization or session.
    pub(crate) id: Uuid,
    pub(crate) token_id: Uuid,
    pub(crate) grant: Grant,
    pub(crate) account: String,
    pub(crate) description: String,
    pub(crate) scope: Vec<String>,
    pub(crate) token: String,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    /// The OAuth client that the token was granted to.
    pub(crate) client: Option<Uuid>,
    pub(crate) refresh_token: Option<String>,
}

impl IssuedToken {
    pub(crate) fn expires_at(&self) -> Option<OffsetDateTime> {
        // A lifetime that ends beyond the calendar counts as unlimited.
        self.lifetime.and_then(|lifetime| self.updated_at.checked_add(lifetime))
    }

    /// The seconds until the token expires, rounded up, or `None` if it never does.
    pub(crate) fn expires_in(&self, now: OffsetDateTime) -> Option<i64> {
        self.expires_at().map(|expires_at| {
            let left = expires_at - now;
            left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0)
        })
    }

    fn is_live(&self, now: OffsetDateTime) -> bool {
        self.expires_at().is_none_or(|expires_at| now < expires_at)
    }
}

/// Everything that the request handlers read and change.
#[derive(Default)]
pub(crate) struct SandboxState {
    pub(crate) accounts: BTreeMap<String, Account>,
    /// The teams that have tokens of their own, each with the accounts that may manage them.
    pub(crate) teams: BTreeMap<String, Vec<String>>,
    pub(crate) logins: Vec<BrowserLogin>,
    pub(crate) clients: Vec<OAuthClient>,
    pub(crate) codes: Vec<AuthorizationCode>,
    pub(crate) keys: Vec<SshKey>,
    pub(crate) faults: Vec<FaultRule>,
    /// A fault, and the number of requests that pass before it.
    pub(crate) upcoming_fault: Option<(usize, Fault)>,
    pub(crate) requests: Vec<LoggedRequest>,
    /// By email address. Requests without a valid token share the pool under `None`.
    pub(crate) pools: HashMap<Option<String>, RequestPool>,
    pub(crate) connections: ConnectionSchedule,
    tokens: Vec<IssuedToken>,
    clock_offset: Duration,
}

impl SandboxState {
    pub(crate) fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.clock_offset
    }

    pub(crate) fn advance(&mut self, by: StdDuration) {
        self.clock_offset = self.clock_offset.saturating_add(saturating(by));
    }

    /// Makes a token valid for an account, and returns the id of its new authorization or session.
    ///
    /// A new default authorization replaces the account's previous one.
    pub(crate) fn grant(
        &mut self,
        email: &str,
        grant: Grant,
        description: &str,
        lifetime: Option<StdDuration>,
        token: String,
    ) -> Result<Uuid, Error> {
        if !self.accounts.contains_key(email) {
            return Err(Error::UnknownAccount(email.to_owned()));
        }
        if grant == Grant::Default {
            self.tokens.retain(|issued| issued.grant != Grant::Default || issued.account != email);
        }
        let now = self.now();
        let id = Uuid::new_v4();
        self.tokens.push(IssuedToken {
            id,
            token_id: Uuid::new_v4(),
            grant,
            account: email.to_owned(),
            description: description.to_owned(),
            scope: vec!["global".to_owned()],
            token,
            lifetime: lifetime.map(saturating),
            created_at: now,
            updated_at: now,
            client: None,
            refresh_token: None,
        });
        Ok(id)
    }

    /// Replaces the access token that belongs to a refresh token, and returns the id of its authorization.
    ///
    /// The previous access token stops working at once. Clients must not rely on that.
    pub(crate) fn refresh(&mut self, client: Uuid, refresh_token: &str) -> Option<Uuid> {
        let now = self.now();
        let issued = self.tokens.iter_mut().find(|issued| {
            issued.client == Some(client) && issued.refresh_token.as_deref() == Some(refresh_token)
        })?;
        issued.token = new_token();
        issued.token_id = Uuid::new_v4();
        issued.updated_at = now;
        Some(issued.id)
    }

    /// Revokes every token of an OAuth client.
    pub(crate) fn revoke_client(&mut self, client: Uuid) {
        self.tokens.retain(|issued| issued.client != Some(client));
    }

    /// The tokens that have not expired.
    pub(crate) fn live(&self) -> impl Iterator<Item = &IssuedToken> {
        let now = self.now();
        self.tokens.iter().filter(move |issued| issued.is_live(now))
    }

    pub(crate) fn find_by_token(&self, token: &str) -> Option<&IssuedToken> {
        self.live().find(|issued| issued.token == token)
    }

    pub(crate) fn find_by_id_mut(&mut self, id: Uuid) -> Option<&mut IssuedToken> {
        self.tokens.iter_mut().find(|issued| issued.id == id)
    }

    /// Revokes an authorization or session. Returns false if none has this id.
    pub(crate) fn revoke(&mut self, id: Uuid) -> bool {
        let before = self.tokens.len();
        self.tokens.retain(|issued| issued.id != id);
        self.tokens.len() < before
    }

    pub(crate) fn live_tokens(&self) -> Vec<LiveToken> {
        self.live()
            .map(|issued| LiveToken {
                id: issued.id,
                grant: issued.grant,
                account: issued.account.clone(),
                description: issued.description.clone(),
                masked: mask(&issued.token),
                expires_at: issued.expires_at(),
            })
            .collect()
    }
}

/// The configuration and the state, shared between the [`Sandbox`](crate::Sandbox) and its server thread.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// Held while a repository is created, so that two requests do not create the same one.
    pub(crate) repository_lock: tokio::sync::Mutex<()>,
    /// Counts the changes of the connection fault.
    pub(crate) connection_fault_changed: tokio::sync::watch::Sender<u64>,
    state: Mutex<SandboxState>,
    changed: Condvar,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            repository_lock: tokio::sync::Mutex::default(),
            connection_fault_changed: tokio::sync::watch::Sender::new(0),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, SandboxState> {
        // If a test panicked while it held the lock, a second panic here would hide the first.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all threads in [`Shared::wait_for`].
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Blocks until `find` returns a value. Returns `None` after `timeout`.
    pub(crate) fn wait_for<T>(
        &self,
        timeout: StdDuration,
        mut find: impl FnMut(&SandboxState) -> Option<T>,
    ) -> Option<T> {
        let mut found = None;
        let _guard = self
            .changed
            .wait_timeout_while(self.lock(), timeout, |state| {
                found = find(state);
                found.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        found
    }
}

/// A new token of 65 characters that cannot be mistaken for a real one.
pub(crate) fn new_token() -> String {
    let random = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    format!("HRKU-fake-{}", &random[..55])
}

/// The mask of a secret: `…` and its last four characters, or `…` alone if it is shorter than a UUID and so may be a
/// password.
pub(crate) fn mask(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().collect();
    let shown = if characters.len() < 36 { 0 } else { 4 };
    let last: String = characters.iter().skip(characters.len() - shown).collect();
    format!("…{last}")
}

fn saturating(duration: StdDuration) -> Duration {
    Duration::try_from(duration).unwrap_or(Duration::MAX)
}
