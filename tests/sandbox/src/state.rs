//! Everything the sandbox knows: accounts, tokens, pending logins, faults and the requests it was asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration as StdDuration;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::clients::Client;
use crate::config::Config;
use crate::doors::Doors;
use crate::error::Error;
use crate::fault::{Fault, FaultRule};
use crate::keys::Key;
use crate::login::Login;
use crate::oauth::Code;
use crate::rate_limit::Pool;
use crate::request_log::LoggedRequest;

/// A person with an account at this Heroku. Has no `Debug`, which would show the password.
#[derive(Clone, Deserialize)]
pub struct Account {
    /// The email address, which is also the name of the account.
    pub email: String,
    /// The password; `None` refuses every login by password.
    #[serde(default)]
    pub password: Option<String>,
    /// The code that a login by password must bring in `Heroku-Two-Factor-Code`.
    #[serde(default)]
    pub second_factor: Option<String>,
    /// What stands in this account's way.
    #[serde(default)]
    pub refusal: Option<Refusal>,
}

impl Account {
    /// An account that can log in with the browser only.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), password: None, second_factor: None, refusal: None }
    }
}

/// Why Heroku refuses an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No login by password: multi-factor authentication is on.
    MfaRequired,
    /// No login by password: only a trusted device may.
    DeviceTrustRequired,
    /// No request at all.
    Suspended,
}

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// An authorization among others, as a login by browser or password makes.
    Authorization,
    /// The account's default authorization, `/oauth/authorizations/~`: the API key of the dashboard.
    Default,
    /// A session, as single sign-on makes; not among the authorizations.
    Session,
}

/// A token that works now, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveToken {
    /// Id of the authorization or session.
    pub id: Uuid,
    /// What it stands for.
    pub grant: Grant,
    /// Email address of its account.
    pub account: String,
    /// Who asked for it.
    pub description: String,
    /// `…` and its last four characters.
    pub masked: String,
    /// When it stops working; `None` is never.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// A token and the authorization or session around it.
#[derive(Clone)]
pub(crate) struct Access {
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
    /// The OAuth client that it was granted to.
    pub(crate) client: Option<Uuid>,
    pub(crate) refresh_token: Option<String>,
}

impl Access {
    pub(crate) fn expires_at(&self) -> Option<OffsetDateTime> {
        // A lifetime too long for the calendar is as good as none.
        self.lifetime.and_then(|lifetime| self.updated_at.checked_add(lifetime))
    }

    /// Seconds left, rounded up; `None` is for ever.
    pub(crate) fn expires_in(&self, now: OffsetDateTime) -> Option<i64> {
        self.expires_at().map(|at| {
            let left = at - now;
            left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0)
        })
    }

    fn is_live(&self, now: OffsetDateTime) -> bool {
        self.expires_at().is_none_or(|at| now < at)
    }
}

/// The state behind every handler.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) logins: Vec<Login>,
    pub(crate) clients: Vec<Client>,
    pub(crate) codes: Vec<Code>,
    pub(crate) keys: Vec<Key>,
    pub(crate) faults: Vec<FaultRule>,
    /// A fault, and how many requests it lets pass before.
    pub(crate) fault_in: Option<(usize, Fault)>,
    pub(crate) requests: Vec<LoggedRequest>,
    /// By account; `None` for requests that no account can be found for.
    pub(crate) pools: HashMap<Option<String>, Pool>,
    /// What the next connections meet.
    pub(crate) doors: Doors,
    access: Vec<Access>,
    clock_ahead: Duration,
}

impl World {
    pub(crate) fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.clock_ahead
    }

    pub(crate) fn advance(&mut self, by: StdDuration) {
        self.clock_ahead = self.clock_ahead.saturating_add(saturating(by));
    }

    /// Makes a token work for an account, and returns the id of its authorization or session.
    ///
    /// A second default authorization takes the place of the first.
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
            self.access.retain(|access| access.grant != Grant::Default || access.account != email);
        }
        let now = self.now();
        let id = Uuid::new_v4();
        self.access.push(Access {
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

    /// Makes a new access token for a refresh token; the last one is dead at once, which a client must not rely on.
    pub(crate) fn refresh(&mut self, client: Uuid, refresh_token: &str) -> Option<Uuid> {
        let now = self.now();
        let access = self.access.iter_mut().find(|access| {
            access.client == Some(client) && access.refresh_token.as_deref() == Some(refresh_token)
        })?;
        access.token = new_token();
        access.token_id = Uuid::new_v4();
        access.updated_at = now;
        Some(access.id)
    }

    /// Ends everything that an OAuth client was granted.
    pub(crate) fn revoke_client(&mut self, client: Uuid) {
        self.access.retain(|access| access.client != Some(client));
    }

    /// Every token that has not expired.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Access> {
        let now = self.now();
        self.access.iter().filter(move |access| access.is_live(now))
    }

    pub(crate) fn by_token(&self, token: &str) -> Option<&Access> {
        self.live().find(|access| access.token == token)
    }

    pub(crate) fn by_id_mut(&mut self, id: Uuid) -> Option<&mut Access> {
        self.access.iter_mut().find(|access| access.id == id)
    }

    /// Ends an authorization or session; false where there is none of that id.
    pub(crate) fn revoke(&mut self, id: Uuid) -> bool {
        let before = self.access.len();
        self.access.retain(|access| access.id != id);
        self.access.len() < before
    }

    pub(crate) fn live_tokens(&self) -> Vec<LiveToken> {
        self.live()
            .map(|access| LiveToken {
                id: access.id,
                grant: access.grant,
                account: access.account.clone(),
                description: access.description.clone(),
                masked: mask(&access.token),
                expires_at: access.expires_at(),
            })
            .collect()
    }
}

/// The world, its lock, and the bell that rings when it has changed.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// Held while a repository is made, so that two requests do not make the same one.
    pub(crate) making_repository: tokio::sync::Mutex<()>,
    /// Counts the changes of [`World::doors`].
    pub(crate) doors_changed: tokio::sync::watch::Sender<u64>,
    world: Mutex<World>,
    changed: Condvar,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            making_repository: tokio::sync::Mutex::default(),
            doors_changed: tokio::sync::watch::Sender::new(0),
            world: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        // A test that panicked while it held the lock shall not hide its reason behind a second panic.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes everyone in [`Shared::wait_for`].
    pub(crate) fn ring(&self) {
        self.changed.notify_all();
    }

    /// Blocks until `look` finds something, or `None` after `timeout`.
    pub(crate) fn wait_for<T>(
        &self,
        timeout: StdDuration,
        mut look: impl FnMut(&World) -> Option<T>,
    ) -> Option<T> {
        let mut found = None;
        let _unlocked = self
            .changed
            .wait_timeout_while(self.lock(), timeout, |world| {
                found = look(world);
                found.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        found
    }
}

/// A new token of 65 characters that nobody can take for a real one.
pub(crate) fn new_token() -> String {
    let random = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    format!("HRKU-fake-{}", &random[..55])
}

/// `…` and the last four characters; of anything shorter than a UUID, which may be a password, `…` alone.
pub(crate) fn mask(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().collect();
    let shown = if characters.len() < 36 { 0 } else { 4 };
    let last: String = characters.iter().skip(characters.len() - shown).collect();
    format!("…{last}")
}

fn saturating(duration: StdDuration) -> Duration {
    Duration::try_from(duration).unwrap_or(Duration::MAX)
}
