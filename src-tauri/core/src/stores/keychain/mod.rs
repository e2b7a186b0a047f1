//! The system's keychain. Herokey shares the Heroku CLI's entries: their service is `heroku-cli`, and their account is the
//! email.
//!
//! Behind [`Keychain`], each system has its own `keyring_core` credential store, because the stock stores write other
//! attributes, and the CLI would not find their entries (INTEROP.md, "Keychain entries").

#[cfg(any(not(target_os = "linux"), test))]
mod backend;
#[cfg(test)]
mod contract;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod password_vault;
#[cfg(target_os = "linux")]
pub mod secret_service;
#[cfg(any(target_os = "macos", all(unix, test)))]
mod security;

#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use password_vault as system;
#[cfg(target_os = "linux")]
use secret_service as system;

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use keyring_core::CredentialStore;
use secrecy::zeroize::Zeroizing;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::secrets::Secrets;
use crate::base::token::Token;
use crate::base::waits::{Awaited, Waits};

/// The service of the CLI's entries.
pub const SERVICE: &str = "heroku-cli";
/// The service of Herokey's own entries, which the CLI never reads.
const OWN_SERVICE: &str = "herokey";
/// The backend's name in `herokey status --json`.
pub const BACKEND: &str = system::BACKEND;

/// The modifier that makes a new entry next to those that its account already has.
const BESIDE: &str = "beside";
/// The key of a search that asks the user to unlock whatever may have such entries, even if it finds some.
const EVERYWHERE: &str = "everywhere";

/// Whether a locked keychain may ask the user to unlock it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// It may ask, and Herokey waits for the answer.
    Ask,
    /// It may not. A locked keychain stays locked.
    Never,
}

/// Why a keychain did not do what it was asked. Each reason calls for a different next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only a Secret Service fails in every way"))]
pub(crate) enum KeychainFailure {
    /// The keychain is locked.
    #[error("the keychain is locked")]
    Locked,
    /// The user, or a policy, denied access.
    #[error("access to the keychain was denied")]
    Denied,
    /// The keychain has no default keyring to store a token in, and the user made none.
    #[error("the keychain has no default keyring")]
    NotSetUp,
    /// No program has started the keychain yet, and Herokey may not either.
    #[error("the keychain has not been started")]
    NotStarted,
    /// The keychain's bus has an address, but cannot be reached.
    #[error("the session bus cannot be reached: {0}")]
    Unreachable(String),
    /// This machine, or this session, has no keychain.
    #[error("there is no keychain here: {0}")]
    Missing(String),
    /// The keychain did not answer in time.
    #[error("the keychain did not answer in time")]
    Timeout,
    /// Any other error.
    #[error("{0}")]
    Failed(String),
}

fn failure(trouble: KeychainFailure) -> keyring_core::Error {
    keyring_core::Error::PlatformFailure(Box::new(trouble))
}

fn no_access(trouble: KeychainFailure) -> keyring_core::Error {
    keyring_core::Error::NoStorageAccess(Box::new(trouble))
}

/// The result of [`Keychain::remove_copies`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many entries held the token and were removed.
    pub copies: usize,
    /// How many entries hold something else and stay.
    pub others: usize,
}

/// An open keychain. Every call has a time limit.
pub struct Keychain {
    store: Arc<CredentialStore>,
    timeout: Duration,
    waits: Waits,
}

impl Keychain {
    /// Opens the keychain for the CLI's entries.
    pub fn open(env: &Env, unlock: Unlock) -> Result<Self> {
        let system_env = env.clone();
        let store =
            with_timeout(&env.waits, env.limits.keychain, move || system::connect(&system_env, unlock))?;
        Ok(Self::of(env, unlock, store))
    }

    /// Opens the keychain for Herokey's own entries, which [`own`](Self::own), [`set_own`](Self::set_own) and
    /// [`remove_own`](Self::remove_own) use.
    pub(crate) fn open_own(env: &Env, unlock: Unlock) -> Result<Self> {
        let system_env = env.clone();
        let store = with_timeout(&env.waits, env.limits.keychain, move || own_store(&system_env, unlock))?;
        Ok(Self::of(env, unlock, store))
    }

    fn of(env: &Env, unlock: Unlock, store: Arc<CredentialStore>) -> Self {
        Self { store, timeout: unlock.timeout(env), waits: env.waits.clone() }
    }

    /// Reads Herokey's own entry for an account, if there is one.
    pub(crate) fn own(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let account = account.to_owned();
        self.with(move |store| match store.build(OWN_SERVICE, &account, None)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    /// Writes Herokey's own entry for an account, and reads it back.
    pub(crate) fn set_own(&self, account: &str, secret: Zeroizing<Vec<u8>>) -> Result<()> {
        let account = account.to_owned();
        let same = self.with_secret(&secret.clone(), move |store| {
            let entry = store.build(OWN_SERVICE, &account, None)?;
            entry.set_secret(&secret)?;
            Ok(Zeroizing::new(entry.get_secret()?) == secret)
        })?;
        if same { Ok(()) } else { Err(not_read_back()) }
    }

    /// Removes Herokey's own entry for an account. True if there was one.
    pub(crate) fn remove_own(&self, account: &str) -> Result<bool> {
        self.remove_of(OWN_SERVICE, account)
    }

    /// Reads the token of an account, if there is one.
    pub fn get(&self, account: &str) -> Result<Option<Token>> {
        let account = account.to_owned();
        self.with(move |store| read(&store.build(SERVICE, &account, None)?))
    }

    /// Stores a token as the only entry of an account, and reads it back.
    pub fn set(&self, account: &str, token: &Token) -> Result<()> {
        let (owner, secret) = (account.to_owned(), token.clone());
        let bytes = token.expose().as_bytes();
        self.with_secret(bytes, move |store| {
            store.build(SERVICE, &owner, None)?.set_secret(secret.expose().as_bytes())
        })?;
        if self.get(account)?.as_ref() == Some(token) {
            return Ok(());
        }
        Err(not_read_back())
    }

    /// Removes all entries of an account. True if there was one.
    pub fn remove(&self, account: &str) -> Result<bool> {
        self.remove_of(SERVICE, account)
    }

    fn remove_of(&self, service: &'static str, account: &str) -> Result<bool> {
        let account = account.to_owned();
        self.with(move |store| match store.build(service, &account, None)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring_core::Error::NoEntry) => Ok(false),
            Err(error) => Err(error),
        })
    }

    /// Removes the entries of an account that hold this token, and keeps the others.
    pub fn remove_copies(&self, account: &str, token: &Token) -> Result<Removed> {
        let (account, token) = (account.to_owned(), token.clone());
        self.with(move |store| {
            let mut removed = Removed::default();
            for entry in search(store, &[("account", account.as_str()), (EVERYWHERE, "")])? {
                if read(&entry)?.as_ref() == Some(&token) {
                    entry.delete_credential()?;
                    removed.copies += 1;
                } else {
                    removed.others += 1;
                }
            }
            Ok(removed)
        })
    }

    /// The secrets in the entries of an account, the newest last. The CLI reads the newest.
    pub(crate) fn secrets(&self, account: &str) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        let account = account.to_owned();
        self.with(move |store| {
            let mut entries = entries_of(store, &account)?;
            entries.reverse();
            entries.iter().map(|entry| entry.get_secret().map(Zeroizing::new)).collect()
        })
    }

    /// Adds an entry to those that an account already has.
    pub(crate) fn add(&self, account: &str, secret: &[u8]) -> Result<()> {
        let (account, kept) = (account.to_owned(), Zeroizing::new(secret.to_vec()));
        self.with_secret(secret, move |store| {
            let beside = !entries_of(store, &account)?.is_empty();
            let modifiers = HashMap::from([(BESIDE, "")]);
            store.build(SERVICE, &account, beside.then_some(&modifiers))?.set_secret(&kept)
        })
    }

    /// Makes the entry with this secret the newest one of an account, so that the CLI reads it.
    pub(crate) fn make_newest(&self, account: &str, secret: &[u8]) -> Result<()> {
        let (account, kept) = (account.to_owned(), Zeroizing::new(secret.to_vec()));
        self.with_secret(secret, move |store| {
            for entry in entries_of(store, &account)? {
                if Zeroizing::new(entry.get_secret()?) == kept {
                    // Keychains count in whole seconds, and tools may read either of two entries of one second.
                    std::thread::sleep(Duration::from_millis(1001));
                    return entry.set_secret(&kept);
                }
            }
            Err(keyring_core::Error::NoEntry)
        })
    }

    /// Removes the entries of an account whose secrets are not among these.
    pub(crate) fn keep_only(&self, account: &str, kept: &[Zeroizing<Vec<u8>>]) -> Result<()> {
        let (account, mut kept) = (account.to_owned(), kept.to_vec());
        self.with(move |store| {
            for entry in entries_of(store, &account)? {
                let secret = Zeroizing::new(entry.get_secret()?);
                match kept.iter().position(|kept| *kept == secret) {
                    Some(index) => drop(kept.remove(index)),
                    None => entry.delete_credential()?,
                }
            }
            Ok(())
        })
    }

    /// The account and token of every entry of the CLI's service. An account with several entries appears once for each.
    /// Asks to unlock something only if it finds none; see [`missed`](Self::missed).
    pub fn entries(&self) -> Result<Vec<(String, Option<Token>)>> {
        self.with(|store| read_all(&search(store, &[])?))
    }

    /// Like [`entries`](Self::entries), and asks to unlock everything that may hold more.
    pub(crate) fn entries_everywhere(&self) -> Result<Vec<(String, Option<Token>)>> {
        self.with(|store| read_all(&search(store, &[(EVERYWHERE, "")])?))
    }

    /// Why the last search may have missed an entry: a part of the keychain is locked. `None` if it saw everything.
    pub fn missed(&self) -> Option<Error> {
        #[cfg(target_os = "linux")]
        let missed = system::missed_some(self.store.as_ref());
        #[cfg(not(target_os = "linux"))]
        let missed = false;
        missed.then(|| {
            Error::new(Code::KeychainLocked, "A part of the keychain is locked.")
                .means("Herokey does not know which tokens it holds.")
                .next_step(system::HOW_TO_UNLOCK)
        })
    }

    /// Does the same as [`with`](Self::with), for work that gives the keychain a secret: an error does not repeat it.
    fn with_secret<T: Send + 'static>(
        &self,
        secret: &[u8],
        work: impl FnOnce(&CredentialStore) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.with(work).map_err(|error| error.without(&Secrets::of(secret)))
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CredentialStore) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        with_timeout(&self.waits, self.timeout, move || work(store.as_ref()))
    }
}

impl Unlock {
    /// How long a call may take. The user needs more time than the keychain.
    pub(super) fn timeout(self, env: &Env) -> Duration {
        match self {
            Self::Ask => env.limits.unlock,
            Self::Never => env.limits.keychain,
        }
    }
}

/// Checks that the keychain can store an entry now. A locked one asks to be unlocked.
pub(crate) fn unlock_for_writing(env: &Env) -> Result<()> {
    let system_env = env.clone();
    with_timeout(&env.waits, env.limits.unlock, move || system::unlock_for_writing(&system_env))
}

/// Asks the user to unlock the keychain, and starts it if need be. Fails with [`Code::KeychainLocked`] if a part of it stays
/// locked.
pub fn unlock(env: &Env) -> Result<()> {
    let system_env = env.clone();
    with_timeout(&env.waits, env.limits.unlock, move || system::unlock(&system_env))
}

/// Why the keychain may have an entry that nobody can see now: it, or a part of it, is locked. Asks nobody.
pub(crate) fn unseen(env: &Env) -> Option<Error> {
    let keychain = match Keychain::open(env, Unlock::Never) {
        Ok(keychain) => keychain,
        Err(error) => return Some(error).filter(|error| error.code != Code::KeychainMissing),
    };
    match keychain.entries() {
        Ok(_) => keychain.missed(),
        Err(error) => Some(error),
    }
}

/// Turns the error that there is no keychain into `None`. Other errors stay.
pub(crate) fn unless_missing<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if error.code == Code::KeychainMissing => Ok(None),
        other => other.map(Some),
    }
}

/// Reads the token of an account. `None` without an entry or a keychain. A locked keychain asks to be unlocked.
pub(crate) fn stored_token(env: &Env, account: &str) -> Result<Option<Token>> {
    match unless_missing(Keychain::open(env, Unlock::Ask))? {
        Some(keychain) => keychain.get(account),
        None => Ok(None),
    }
}

/// The store for Herokey's own entries: the same as for the CLI's, because the stock store would take the bus from the
/// process instead of `env`.
#[cfg(target_os = "linux")]
fn own_store(env: &Env, unlock: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    system::connect(env, unlock)
}

/// The store for Herokey's own entries: the stock store, because only the CLI's entries need a special form.
#[cfg(target_os = "macos")]
fn own_store(_: &Env, unlock: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    system::open(unlock)?;
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// The store for Herokey's own entries: the stock store, because only the CLI's entries need a special form.
#[cfg(windows)]
fn own_store(_: &Env, _: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// The CLI's entries of an account, newest first.
fn entries_of(store: &CredentialStore, account: &str) -> keyring_core::Result<Vec<keyring_core::Entry>> {
    search(store, &[("account", account)])
}

/// The CLI's entries that also have these attributes.
fn search(store: &CredentialStore, more: &[(&str, &str)]) -> keyring_core::Result<Vec<keyring_core::Entry>> {
    store.search(&more.iter().copied().chain([("service", SERVICE)]).collect())
}

fn read_all(entries: &[keyring_core::Entry]) -> keyring_core::Result<Vec<(String, Option<Token>)>> {
    let named =
        entries.iter().filter_map(|entry| entry.get_specifiers().map(|(_, account)| (account, entry)));
    named.map(|(account, entry)| Ok((account, read(entry)?))).collect()
}

fn not_read_back() -> Error {
    error_for(&KeychainFailure::Failed("what was stored did not read back".to_owned()))
}

fn read(entry: &keyring_core::Entry) -> keyring_core::Result<Option<Token>> {
    match entry.get_secret().map(Zeroizing::new) {
        Ok(secret) => Ok(std::str::from_utf8(&secret).ok().and_then(Token::parse)),
        Err(keyring_core::Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs `work` on a separate thread. A thread that hangs is abandoned, and ends when its connection times out.
fn with_timeout<T: Send + 'static>(
    waits: &Waits,
    timeout: Duration,
    work: impl FnOnce() -> keyring_core::Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = move || {
        // Fails once the receiver has timed out.
        let _ = sender.send(work());
    };
    std::thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(thread)
        .map_err(|error| error_for(&KeychainFailure::Failed(error.to_string())))?;
    match waits.during(Awaited::Keychain, || receiver.recv_timeout(timeout)) {
        Ok(result) => result.map_err(|error| error_for(&trouble(error))),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(error_for(&KeychainFailure::Timeout)),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(error_for(&KeychainFailure::Failed("the call crashed".to_owned())))
        }
    }
}

fn trouble(error: keyring_core::Error) -> KeychainFailure {
    match error {
        keyring_core::Error::NoStorageAccess(cause) | keyring_core::Error::PlatformFailure(cause) => {
            match cause.downcast::<KeychainFailure>() {
                Ok(trouble) => *trouble,
                Err(cause) => KeychainFailure::Failed(cause.to_string()),
            }
        }
        other => KeychainFailure::Failed(other.to_string()),
    }
}

/// The error that tells the user about a keychain's trouble.
pub(crate) fn error_for(trouble: &KeychainFailure) -> Error {
    let error = match trouble {
        KeychainFailure::Locked => Error::new(Code::KeychainLocked, "The keychain is locked.")
            .means("Its tokens are still there.")
            .next_step(system::HOW_TO_UNLOCK),
        KeychainFailure::Denied => Error::new(Code::KeychainDenied, "Access to the keychain was denied.")
            .means("Nothing in it was changed.")
            .next_step("Allow it when the system asks, then try again."),
        KeychainFailure::NotSetUp => Error::new(Code::KeychainDenied, "The keychain has no default keyring.")
            .means("Nothing was stored.")
            .next_step(
                "Create one in Passwords and Keys, or when the system asks for its password. Or store the token in                  .netrc with `herokey login --store netrc`.",
            ),
        KeychainFailure::NotStarted => {
            Error::new(Code::KeychainNotStarted, "The keychain has not been started yet.")
                .means("Herokey does not know which tokens it holds.")
                .next_step("It starts when a program uses the token: run `heroku whoami`, then try again.")
        }
        KeychainFailure::Unreachable(_) => {
            Error::new(Code::KeychainUnreachable, "The session bus that leads to the keychain cannot be reached.")
                .means("Herokey does not know which tokens the keychain holds.")
                .next_step(
                    "Set DBUS_SESSION_BUS_ADDRESS to the address of your session's bus, or unset it if there is none. \
                     Or store the token in .netrc with `herokey login --store netrc`.",
                )
        }
        KeychainFailure::Missing(_) => Error::new(Code::KeychainMissing, "There is no keychain on this machine.")
            .next_step(system::HOW_TO_START),
        KeychainFailure::Timeout => Error::new(Code::KeychainTimeout, "The keychain did not answer in time.")
            .means("Herokey does not know which tokens it holds.")
            .next_step("Check whether a keychain prompt is waiting in another window, then try again."),
        KeychainFailure::Failed(_) => Error::new(Code::KeychainFailed, "The keychain reported an error.")
            .next_step("Try again. If it fails again, restart the keychain."),
    };
    match trouble {
        KeychainFailure::Missing(detail)
        | KeychainFailure::Unreachable(detail)
        | KeychainFailure::Failed(detail) => error.detail(detail),
        KeychainFailure::Locked
        | KeychainFailure::NotStarted
        | KeychainFailure::Denied
        | KeychainFailure::NotSetUp
        | KeychainFailure::Timeout => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes entries of accounts that do not exist into the real keychain, so it runs only on request.
    #[test]
    fn this_systems_keychain_keeps_the_contract() {
        let env = Env::of_process();
        if env.text("HEROKEY_TEST_KEYCHAIN") != Some("real") {
            eprintln!("SKIPPED: HEROKEY_TEST_KEYCHAIN is not `real`, so {BACKEND} is not tested");
            return;
        }
        contract::check(&Keychain::open(&env, Unlock::Ask).unwrap());
    }
}
