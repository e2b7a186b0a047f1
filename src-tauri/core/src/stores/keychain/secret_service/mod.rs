//! The Secret Service of freedesktop.org. Its items are those that the Heroku CLI makes with `secret-tool`: in the default
//! collection, with the label `Heroku CLI` and only the attributes `service` and `account`.

mod session;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};
use secret_service::blocking::Item;
use zbus::zvariant::OwnedObjectPath;

use super::{BESIDE, EVERYWHERE, KeychainFailure, Unlock, failure, no_access};
use crate::base::env::Env;
use session::{Attributes, Reach, Session};

pub(super) const BACKEND: &str = "secret-service";
pub(super) const HOW_TO_UNLOCK: &str =
    "Unlock it (log in to your desktop, or open Passwords and Keys), then try again.";
pub(super) const HOW_TO_START: &str =
    "Start one (GNOME Keyring, KWallet, KeePassXC), or store the token in .netrc.";
/// The labels of the CLI's items and of Herokey's own, as keyring managers show them.
const LABELS: [&str; 2] = ["Heroku CLI", "Herokey"];
/// The content type that `secret-tool store` declares.
const CONTENT_TYPE: &str = "text/plain";

pub(super) fn connect(env: &Env, unlock: Unlock) -> Result<Arc<CredentialStore>> {
    Ok(Arc::new(ItemStore(Arc::new(Session::connect(env, unlock)?))))
}

/// Unlocks the collection that new items go to.
pub(super) fn unlock_for_writing(env: &Env) -> Result<()> {
    Session::connect(env, Unlock::Ask)?.collection().map(drop)
}

/// Asks the user to unlock every locked collection, and starts the service if need be.
pub(super) fn unlock(env: &Env) -> Result<()> {
    let session = Session::connect(env, Unlock::Ask)?;
    session.unlock_collections()?;
    if session.is_locked()? { Err(no_access(KeychainFailure::Locked)) } else { Ok(()) }
}

/// True if the last search in this store could not see everything, because something is locked.
pub(super) fn missed_some(store: &CredentialStore) -> bool {
    store.as_any().downcast_ref::<ItemStore>().is_some_and(|store| store.0.missed_some())
}

struct ItemStore(Arc<Session>);

impl fmt::Debug for ItemStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Heroku CLI's items in the Secret Service")
    }
}

impl CredentialStoreApi for ItemStore {
    fn vendor(&self) -> String {
        "Herokey, Secret Service items of the Heroku CLI".to_owned()
    }

    fn id(&self) -> String {
        format!("{BACKEND}-{}", env!("CARGO_PKG_VERSION"))
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let is_beside = modifiers.is_some_and(|modifiers| modifiers.contains_key(BESIDE));
        if modifiers.is_some_and(|modifiers| modifiers.len() > usize::from(is_beside)) {
            return Err(Error::NotSupportedByStore("items have no other attributes".to_owned()));
        }
        Ok(Entry::new_with_credential(Arc::new(ItemEntry {
            session: Arc::clone(&self.0),
            service: service.to_owned(),
            account: user.to_owned(),
            item: None,
            is_beside,
        })))
    }

    /// Returns one entry per item, so an account with two items has two.
    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        let mut attributes = spec.clone();
        let reach = if attributes.remove(EVERYWHERE).is_some() { Reach::Everywhere } else { Reach::First };
        let items = self.0.search(&attributes, reach)?;
        let mut entries = Vec::with_capacity(items.len());
        for item in items {
            let attributes = item.get_attributes().map_err(from_service)?;
            if let (Some(service), Some(account)) = (attributes.get("service"), attributes.get("account")) {
                entries.push(Entry::new_with_credential(Arc::new(ItemEntry {
                    session: Arc::clone(&self.0),
                    service: service.clone(),
                    account: account.clone(),
                    item: Some(item.item_path.clone()),
                    is_beside: false,
                })));
            }
        }
        Ok(entries)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The entry of an account: one item, or all the items that `secret-tool lookup` finds for the account.
struct ItemEntry {
    session: Arc<Session>,
    service: String,
    account: String,
    item: Option<OwnedObjectPath>,
    /// Setting a secret creates a new item.
    is_beside: bool,
}

impl ItemEntry {
    fn attributes(&self) -> Attributes<'_> {
        HashMap::from([("service", self.service.as_str()), ("account", self.account.as_str())])
    }

    fn items(&self, reach: Reach) -> Result<Vec<Item<'_>>> {
        match &self.item {
            Some(path) => Ok(vec![self.session.item(path)?]),
            None => self.session.search(&self.attributes(), reach),
        }
    }
}

impl fmt::Debug for ItemEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.service, self.account)
    }
}

impl CredentialApi for ItemEntry {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let items = match &self.item {
            Some(path) => vec![self.session.item(path)?],
            None if self.is_beside => Vec::new(),
            None => self.session.replaced(&self.attributes())?,
        };
        let Some((newest, older)) = items.split_first() else {
            let collection = self.session.collection()?.collection_path;
            let label = LABELS[usize::from(self.service != super::SERVICE)];
            return self.session.exchange(|service| {
                let collection = service.get_collection_by_path(collection.clone())?;
                collection.create_item(label, self.attributes(), secret, false, CONTENT_TYPE).map(drop)
            });
        };
        // Creating an item with `replace` would duplicate one that has the schema attribute that gnome-keyring adds
        // (INTEROP.md, "Keychain entries"), so change the existing item.
        self.session.exchange(|service| {
            service.get_item_by_path(newest.item_path.clone())?.set_secret(secret, CONTENT_TYPE)
        })?;
        older.iter().try_for_each(|item| item.delete().map_err(from_service))
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let items = self.items(Reach::First)?;
        let item = &items.first().ok_or(Error::NoEntry)?.item_path;
        self.session.exchange(|service| service.get_item_by_path(item.clone())?.get_secret())
    }

    fn get_attributes(&self) -> Result<HashMap<String, String>> {
        let items = self.items(Reach::First)?;
        items.first().ok_or(Error::NoEntry)?.get_attributes().map_err(from_service)
    }

    fn delete_credential(&self) -> Result<()> {
        let items = self.items(Reach::Everywhere)?;
        if items.is_empty() {
            return Err(Error::NoEntry);
        }
        items.iter().try_for_each(|item| item.delete().map_err(from_service))
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        // `None` means that this entry is already the wrapper of the credential.
        if self.items(Reach::First)?.is_empty() { Err(Error::NoEntry) } else { Ok(None) }
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

fn from_service(error: secret_service::Error) -> Error {
    use secret_service::Error as Service;
    match error {
        Service::Locked => no_access(KeychainFailure::Locked),
        Service::Prompt => no_access(KeychainFailure::Denied),
        Service::Unavailable => {
            failure(KeychainFailure::Missing("no Secret Service on the session bus".to_owned()))
        }
        Service::Zbus(zbus::Error::InputOutput(cause)) if cause.kind() == std::io::ErrorKind::TimedOut => {
            failure(KeychainFailure::Timeout)
        }
        Service::Zbus(zbus::Error::MethodError(name, text, _)) => match name.as_str() {
            "org.freedesktop.Secret.Error.IsLocked" => no_access(KeychainFailure::Locked),
            "org.freedesktop.DBus.Error.AccessDenied" => no_access(KeychainFailure::Denied),
            "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => {
                failure(KeychainFailure::Missing("no Secret Service on the session bus".to_owned()))
            }
            other => failure(KeychainFailure::Failed(format!("{other}: {}", text.unwrap_or_default()))),
        },
        other => failure(KeychainFailure::Failed(other.to_string())),
    }
}
