//! A `keyring_core` store over a keychain in which service and account name one entry.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};

/// What such a keychain can do. Where there is no entry, `get` and `remove` answer [`Error::NoEntry`].
pub(super) trait Logins: fmt::Debug + Send + Sync + 'static {
    /// The backend's name in `herokey status --json`.
    const BACKEND: &str;

    fn get(&self, service: &str, account: &str) -> Result<Vec<u8>>;

    /// Puts the secret in the place of the one that is there.
    fn set(&self, service: &str, account: &str, secret: &[u8]) -> Result<()>;

    fn remove(&self, service: &str, account: &str) -> Result<()>;

    /// The accounts that have an entry of this service, each once.
    fn accounts(&self, service: &str) -> Result<Vec<String>>;
}

/// The store of these logins.
pub(super) fn store(logins: impl Logins) -> Arc<CredentialStore> {
    Arc::new(Store(Arc::new(logins)))
}

#[derive(Debug)]
struct Store<L>(Arc<L>);

impl<L: Logins> Store<L> {
    fn entry(&self, service: &str, account: &str) -> Entry {
        let (service, account) = (service.to_owned(), account.to_owned());
        Entry::new_with_credential(Arc::new(Login { logins: Arc::clone(&self.0), service, account }))
    }
}

impl<L: Logins> CredentialStoreApi for Store<L> {
    fn vendor(&self) -> String {
        "Herokey, entries of the Heroku CLI".to_owned()
    }

    fn id(&self) -> String {
        format!("{}-{}", L::BACKEND, env!("CARGO_PKG_VERSION"))
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        if modifiers.is_some_and(|modifiers| !modifiers.is_empty()) {
            return Err(Error::NotSupportedByStore("an entry has no other attributes".to_owned()));
        }
        Ok(self.entry(service, user))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        let Some(service) = spec.get("service") else {
            return Err(Error::NotSupportedByStore("entries are searched by their service".to_owned()));
        };
        let wanted = |account: &String| spec.get("account").is_none_or(|wanted| wanted == account);
        let accounts = self.0.accounts(service)?;
        Ok(accounts
            .iter()
            .filter(|account| wanted(account))
            .map(|account| self.entry(service, account))
            .collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

struct Login<L> {
    logins: Arc<L>,
    service: String,
    account: String,
}

impl<L> fmt::Debug for Login<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.service, self.account)
    }
}

impl<L: Logins> CredentialApi for Login<L> {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.logins.set(&self.service, &self.account, secret)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.logins.get(&self.service, &self.account)
    }

    fn delete_credential(&self) -> Result<()> {
        self.logins.remove(&self.service, &self.account)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        // An entry here is always a wrapper of its own.
        let there = self.logins.accounts(&self.service)?.contains(&self.account);
        if there { Ok(None) } else { Err(Error::NoEntry) }
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.service.clone(), self.account.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
