//! A `keyring_core` store for a keychain that has one entry for each service and account.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};

/// Such a keychain. Without an entry, `get` and `remove` fail with [`Error::NoEntry`].
pub(super) trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The keychain's name in `herokey status --json`.
    const NAME: &str;

    fn get(&self, service: &str, account: &str) -> Result<Vec<u8>>;

    /// Creates an entry, or replaces its secret.
    fn set(&self, service: &str, account: &str, secret: &[u8]) -> Result<()>;

    fn remove(&self, service: &str, account: &str) -> Result<()>;

    /// The accounts that have an entry of this service, without duplicates.
    fn accounts(&self, service: &str) -> Result<Vec<String>>;
}

/// Makes a store of a backend.
pub(super) fn store(backend: impl Backend) -> Arc<CredentialStore> {
    Arc::new(BackendStore(Arc::new(backend)))
}

#[derive(Debug)]
struct BackendStore<B>(Arc<B>);

impl<B: Backend> BackendStore<B> {
    fn entry(&self, service: &str, account: &str) -> Entry {
        let (service, account) = (service.to_owned(), account.to_owned());
        Entry::new_with_credential(Arc::new(BackendEntry { backend: Arc::clone(&self.0), service, account }))
    }
}

impl<B: Backend> CredentialStoreApi for BackendStore<B> {
    fn vendor(&self) -> String {
        "Herokey, entries of the Heroku CLI".to_owned()
    }

    fn id(&self) -> String {
        format!("{}-{}", B::NAME, env!("CARGO_PKG_VERSION"))
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        if modifiers.is_some_and(|modifiers| !modifiers.is_empty()) {
            return Err(Error::NotSupportedByStore("entries have no other attributes".to_owned()));
        }
        Ok(self.entry(service, user))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        let Some(service) = spec.get("service") else {
            return Err(Error::NotSupportedByStore("a search needs the service".to_owned()));
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

struct BackendEntry<B> {
    backend: Arc<B>,
    service: String,
    account: String,
}

impl<B> fmt::Debug for BackendEntry<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.service, self.account)
    }
}

impl<B: Backend> CredentialApi for BackendEntry<B> {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.backend.set(&self.service, &self.account, secret)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.backend.get(&self.service, &self.account)
    }

    fn delete_credential(&self) -> Result<()> {
        self.backend.remove(&self.service, &self.account)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        // `None` means that this entry is already the wrapper of the credential.
        let exists = self.backend.accounts(&self.service)?.contains(&self.account);
        if exists { Ok(None) } else { Err(Error::NoEntry) }
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
