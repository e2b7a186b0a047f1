//! The system's keychain, with the very entries of the Heroku CLI: service `heroku-cli`, account = email.
//!
//! Each system has a `keyring_core` credential store of its own behind [`Keychain`], since the stock stores write
//! other attributes and are not seen by the CLI (INTEROP.md, "Keychain entries").

#[cfg(test)]
mod contract;
#[cfg(any(not(target_os = "linux"), test))]
mod logins;
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
use crate::base::token::Token;

/// The service of the CLI's entries.
pub const SERVICE: &str = "heroku-cli";
/// The service of Herokey's own entries, which the CLI never reads.
const OWN_SERVICE: &str = "herokey";
/// The backend's name in `herokey status --json`.
pub const BACKEND: &str = system::BACKEND;

/// The modifier of an entry that is made beside those that its account has.
const BESIDE: &str = "beside";

/// Whether a locked keychain asks the person to unlock it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// It asks, and Herokey waits for the answer.
    Ask,
    /// It does not; what is locked stays so.
    Never,
}

/// What a keychain can answer in place of a credential: four different things to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Locked.
    #[error("the keychain is locked")]
    Locked,
    /// The person, or a policy, said no.
    #[error("access to the keychain was denied")]
    Denied,
    /// It has no keyring that a token could go to, and none was made.
    #[error("the keychain has no default keyring")]
    NotSetUp,
    /// Nothing answers as a keychain here.
    #[error("there is no keychain here: {0}")]
    Missing(String),
    /// No answer within the limit.
    #[error("the keychain did not answer in time")]
    Timeout,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

fn failure(trouble: Trouble) -> keyring_core::Error {
    keyring_core::Error::PlatformFailure(Box::new(trouble))
}

fn no_access(trouble: Trouble) -> keyring_core::Error {
    keyring_core::Error::NoStorageAccess(Box::new(trouble))
}

/// What [`Keychain::remove_copies`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Entries that held the token and are gone.
    pub copies: usize,
    /// Entries that hold something else and are still there.
    pub others: usize,
}

/// An open keychain. Every call has a time limit.
pub struct Keychain {
    store: Arc<CredentialStore>,
    limit: Duration,
}

impl Keychain {
    /// Connects to the keychain of this session.
    pub fn open(env: &Env, unlock: Unlock) -> Result<Self> {
        let system_env = env.clone();
        let store = limited(env.limits.keychain, move || system::connect(&system_env, unlock))?;
        let limit = match unlock {
            Unlock::Ask => env.limits.unlock,
            Unlock::Never => env.limits.keychain,
        };
        Ok(Self { store, limit })
    }

    /// Connects to the keychain for Herokey's own entries: [`own`](Self::own), [`set_own`](Self::set_own).
    pub fn open_own(env: &Env, unlock: Unlock) -> Result<Self> {
        let system_env = env.clone();
        let store = limited(env.limits.keychain, move || own_store(&system_env, unlock))?;
        let limit = if unlock == Unlock::Ask { env.limits.unlock } else { env.limits.keychain };
        Ok(Self { store, limit })
    }

    /// What Herokey's own entry for an account holds.
    pub fn own(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let account = account.to_owned();
        self.with(move |store| match store.build(OWN_SERVICE, &account, None)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    /// Writes Herokey's own entry for an account, then reads it back.
    pub fn set_own(&self, account: &str, secret: Zeroizing<Vec<u8>>) -> Result<()> {
        let account = account.to_owned();
        let same = self.with(move |store| {
            let entry = store.build(OWN_SERVICE, &account, None)?;
            entry.set_secret(&secret)?;
            Ok(Zeroizing::new(entry.get_secret()?) == secret)
        })?;
        if same { Ok(()) } else { Err(not_read_back()) }
    }

    /// Removes Herokey's own entry for an account; true if there was one.
    pub fn remove_own(&self, account: &str) -> Result<bool> {
        self.remove_of(OWN_SERVICE, account)
    }

    /// The token of an account, if there is one.
    pub fn get(&self, account: &str) -> Result<Option<Token>> {
        let account = account.to_owned();
        self.with(move |store| read(&store.build(SERVICE, &account, None)?))
    }

    /// Stores a token for an account in the one entry it has, then reads it back.
    pub fn set(&self, account: &str, token: &Token) -> Result<()> {
        let (owner, secret) = (account.to_owned(), token.clone());
        self.with(move |store| store.build(SERVICE, &owner, None)?.set_secret(secret.expose().as_bytes()))?;
        if self.get(account)?.as_ref() == Some(token) {
            return Ok(());
        }
        Err(not_read_back())
    }

    /// Removes every entry of an account; true if there was one.
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

    /// Removes the entries of an account that hold this token, and leaves those that hold another one.
    pub fn remove_copies(&self, account: &str, token: &Token) -> Result<Removed> {
        let (account, token) = (account.to_owned(), token.clone());
        self.with(move |store| {
            let mut removed = Removed::default();
            for entry in entries_of(store, &account)? {
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

    /// What the entries of an account hold, the newest last: that one is read by the CLI.
    pub(crate) fn secrets(&self, account: &str) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        let account = account.to_owned();
        self.with(move |store| {
            let mut entries = entries_of(store, &account)?;
            entries.reverse();
            entries.iter().map(|entry| entry.get_secret().map(Zeroizing::new)).collect()
        })
    }

    /// Adds an entry beside those that an account has.
    pub(crate) fn add(&self, account: &str, secret: &[u8]) -> Result<()> {
        let (account, secret) = (account.to_owned(), Zeroizing::new(secret.to_vec()));
        self.with(move |store| {
            let beside = !entries_of(store, &account)?.is_empty();
            let modifiers = HashMap::from([(BESIDE, "")]);
            store.build(SERVICE, &account, beside.then_some(&modifiers))?.set_secret(&secret)
        })
    }

    /// Makes the entry with this secret the newest of an account, and so the one that the CLI reads.
    pub(crate) fn make_newest(&self, account: &str, secret: &[u8]) -> Result<()> {
        let (account, secret) = (account.to_owned(), Zeroizing::new(secret.to_vec()));
        self.with(move |store| {
            for entry in entries_of(store, &account)? {
                if Zeroizing::new(entry.get_secret()?) == secret {
                    // A keychain counts in seconds, and of two entries of one second tools read either.
                    std::thread::sleep(Duration::from_millis(1001));
                    return entry.set_secret(&secret);
                }
            }
            Err(keyring_core::Error::NoEntry)
        })
    }

    /// Removes the entries of an account that are not among these.
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

    /// Every entry of the CLI's service: account and token. An account with more than one entry is there as often.
    pub fn entries(&self) -> Result<Vec<(String, Option<Token>)>> {
        self.with(|store| {
            store
                .search(&HashMap::from([("service", SERVICE)]))?
                .iter()
                .filter_map(|entry| entry.get_specifiers().map(|(_, account)| (account, entry)))
                .map(|(account, entry)| Ok((account, read(entry)?)))
                .collect()
        })
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CredentialStore) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        limited(self.limit, move || work(store.as_ref()))
    }
}

/// Makes sure that an entry could be written now: a locked keychain asks to be unlocked.
pub fn ready(env: &Env) -> Result<()> {
    let system_env = env.clone();
    limited(env.limits.unlock, move || system::ready(&system_env))
}

/// Turns "this machine has no keychain" into `None`; every other failure stays one.
pub fn unless_missing<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if error.code == Code::KeychainMissing => Ok(None),
        other => other.map(Some),
    }
}

/// The token of an account; `None` without an entry or without a keychain. A locked keychain asks to be unlocked.
pub fn stored_token(env: &Env, account: &str) -> Result<Option<Token>> {
    match unless_missing(Keychain::open(env, Unlock::Ask))? {
        Some(keychain) => keychain.get(account),
        None => Ok(None),
    }
}

/// The CLI's items need a store that writes them as the CLI does; Herokey's own are as the system's stock store has
/// them. On Linux it is the same one, since the stock store takes the bus from the process in place of `env`.
#[cfg(target_os = "linux")]
fn own_store(env: &Env, unlock: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    system::connect(env, unlock)
}

#[cfg(target_os = "macos")]
fn own_store(_: &Env, unlock: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    system::open(unlock)?;
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn own_store(_: &Env, _: Unlock) -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// The CLI's entries of an account, newest first.
fn entries_of(store: &CredentialStore, account: &str) -> keyring_core::Result<Vec<keyring_core::Entry>> {
    store.search(&HashMap::from([("service", SERVICE), ("account", account)]))
}

fn not_read_back() -> Error {
    error_for(&Trouble::Failed("what was stored did not read back".to_owned()))
}

fn read(entry: &keyring_core::Entry) -> keyring_core::Result<Option<Token>> {
    match entry.get_secret().map(Zeroizing::new) {
        Ok(secret) => Ok(std::str::from_utf8(&secret).ok().and_then(Token::parse)),
        Err(keyring_core::Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs `work` on a thread of its own. One that hangs is left behind: its connection gives up by itself.
fn limited<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> keyring_core::Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, answered) = mpsc::sync_channel(1);
    let thread = move || {
        // Nobody listens any more once the limit is over.
        let _ = answer.send(work());
    };
    let failed = |trouble: &Trouble| error_for(trouble);
    std::thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(thread)
        .map_err(|error| failed(&Trouble::Failed(error.to_string())))?;
    match answered.recv_timeout(limit) {
        Ok(result) => result.map_err(|error| failed(&trouble(error))),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(failed(&Trouble::Timeout)),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(failed(&Trouble::Failed("it stopped".to_owned()))),
    }
}

fn trouble(error: keyring_core::Error) -> Trouble {
    match error {
        keyring_core::Error::NoStorageAccess(cause) | keyring_core::Error::PlatformFailure(cause) => {
            match cause.downcast::<Trouble>() {
                Ok(trouble) => *trouble,
                Err(cause) => Trouble::Failed(cause.to_string()),
            }
        }
        other => Trouble::Failed(other.to_string()),
    }
}

/// What a keychain's trouble means to a person.
pub fn error_for(trouble: &Trouble) -> Error {
    let error = match trouble {
        Trouble::Locked => Error::new(Code::KeychainLocked, "The keychain is locked.")
            .means("What is in it is still there.")
            .next_step(system::HOW_TO_UNLOCK),
        Trouble::Denied => Error::new(Code::KeychainDenied, "Access to the keychain was denied.")
            .means("Nothing in it was changed.")
            .next_step("Allow it when the system asks, then try again."),
        Trouble::NotSetUp => {
            Error::new(Code::KeychainDenied, "The keychain has no default keyring, and none was made.")
                .means("Nothing was stored.")
                .next_step("Choose a password for it when the system asks, or make one in Passwords and Keys; or store the token in .netrc with `herokey login --store netrc`.")
        }
        Trouble::Missing(_) => {
            Error::new(Code::KeychainMissing, "There is no keychain here.").next_step(system::HOW_TO_START)
        }
        Trouble::Timeout => Error::new(Code::KeychainTimeout, "The keychain did not answer in time.")
            .means("Nothing is known about what is in it.")
            .next_step("Look whether it waits for you in another window, then try again."),
        Trouble::Failed(_) => Error::new(Code::KeychainFailed, "The keychain reported an error.")
            .next_step("Try again; if it stays, restart the keychain."),
    };
    match trouble {
        Trouble::Missing(detail) | Trouble::Failed(detail) => error.detail(detail),
        Trouble::Locked | Trouble::Denied | Trouble::NotSetUp | Trouble::Timeout => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For a machine that may have entries of no account that exists: a runner of a workflow.
    #[test]
    fn this_systems_keychain_keeps_the_contract() {
        let env = Env::of_process();
        if env.text("HEROKEY_TEST_KEYCHAIN") != Some("real") {
            eprintln!("SKIPPED: HEROKEY_TEST_KEYCHAIN is not `real`, so {BACKEND} is left alone");
            return;
        }
        contract::holds(&Keychain::open(&env, Unlock::Ask).unwrap());
    }
}
