//! The Secret Service of freedesktop.org. Its items are those that the Heroku CLI makes with `secret-tool`: in the default
//! collection, with the label `Heroku CLI` and only the attributes `service` and `account`.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};
use secret_service::EncryptionType;
use secret_service::blocking::{Collection, Item, SecretService};
use zbus::blocking::connection;
use zbus::zvariant::OwnedObjectPath;

use super::{KeychainFailure, Unlock, failure, no_access};
use crate::base::env::Env;

pub(super) const BACKEND: &str = "secret-service";
pub(super) const HOW_TO_UNLOCK: &str =
    "Unlock it (log in to your desktop, or open Passwords and Keys), then try again.";
pub(super) const HOW_TO_START: &str =
    "Start one (GNOME Keyring, KWallet, KeePassXC), or store the token in .netrc.";
/// The labels of the CLI's items and of Herokey's own, as keyring managers show them.
const LABELS: [&str; 2] = ["Heroku CLI", "Herokey"];
/// The label of a default collection that `secret-tool store` creates.
const DEFAULT_LABEL: &str = "Default keyring";
/// The content type that `secret-tool store` declares.
const CONTENT_TYPE: &str = "text/plain";

pub(super) fn connect(env: &Env, unlock: Unlock) -> Result<Arc<CredentialStore>> {
    Ok(Arc::new(ItemStore(Arc::new(Session::connect(env, unlock)?))))
}

/// Unlocks the collection that new items go to.
pub(super) fn unlock_for_writing(env: &Env) -> Result<()> {
    Session::connect(env, Unlock::Ask)?.collection().map(drop)
}

/// A connection to the Secret Service, which all entries share.
struct Session {
    service: SecretService<'static>,
    unlock: Unlock,
}

impl Session {
    fn connect(env: &Env, unlock: Unlock) -> Result<Self> {
        let connection = session_bus(env)
            .and_then(|address| {
                connection::Builder::address(address.as_str())?.method_timeout(env.limits.keychain).build()
            })
            .map_err(|error| failure(KeychainFailure::Missing(error.to_string())))?;
        introduce(&connection)?;
        let service =
            SecretService::connect_with_existing(EncryptionType::Dh, connection).map_err(from_service)?;
        Ok(Self { service, unlock })
    }

    /// The items that have these attributes, perhaps among others, newest first.
    fn search(&self, attributes: HashMap<&str, &str>) -> Result<Vec<Item<'_>>> {
        let found = self.service.search_items(attributes).map_err(from_service)?;
        let mut items = found.unlocked;
        for item in found.locked {
            if self.unlock == Unlock::Never {
                return Err(no_access(KeychainFailure::Locked));
            }
            item.unlock().map_err(from_service)?;
            items.push(item);
        }
        // Saves asking for the dates.
        if items.len() < 2 {
            return Ok(items);
        }
        let mut dated = items
            .into_iter()
            .map(|item| Ok((item.get_modified().map_err(from_service)?, item)))
            .collect::<Result<Vec<_>>>()?;
        // The sort is stable, so items of one second stay in the service's own order.
        dated.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
        Ok(dated.into_iter().map(|(_, item)| item).collect())
    }

    /// The collection for new items. `None` if the user has none yet.
    fn default_collection(&self) -> Result<Option<Collection<'_>>> {
        match self.service.get_default_collection() {
            Ok(collection) => Ok(Some(collection)),
            Err(secret_service::Error::NoResult) => Ok(None),
            Err(error) => Err(from_service(error)),
        }
    }

    /// The collection for new items, unlocked. If there is none, the service asks the user for the password of a new one,
    /// as with `secret-tool store`.
    fn collection(&self) -> Result<Collection<'_>> {
        let collection = match self.default_collection()? {
            Some(collection) => collection,
            None if self.unlock == Unlock::Never => return Err(no_access(KeychainFailure::NotSetUp)),
            None => {
                self.service.create_collection(DEFAULT_LABEL, "default").map_err(|error| match error {
                    secret_service::Error::Prompt => no_access(KeychainFailure::NotSetUp),
                    other => from_service(other),
                })?
            }
        };
        if collection.is_locked().map_err(from_service)? {
            if self.unlock == Unlock::Never {
                return Err(no_access(KeychainFailure::Locked));
            }
            collection.unlock().map_err(from_service)?;
        }
        Ok(collection)
    }
}

/// Waits until the service knows this connection. gnome-keyring may handle the first call of a connection before it has
/// registered the caller, and aborts if that call is `OpenSession` (INTEROP.md, "Keychain entries"). `ReadAlias` of an
/// unknown alias needs no registered caller, and later calls come after the registration.
fn introduce(connection: &zbus::blocking::Connection) -> Result<()> {
    let reply = connection.call_method(
        Some("org.freedesktop.secrets"),
        "/org/freedesktop/secrets",
        Some("org.freedesktop.Secret.Service"),
        "ReadAlias",
        &("herokey",),
    );
    match reply {
        // A service that is missing or broken answers `OpenSession` with the same error.
        Ok(_) | Err(zbus::Error::MethodError(..)) => Ok(()),
        Err(error) => Err(from_service(error.into())),
    }
}

/// The address of the Secret Service's bus: `HEROKEY_KEYRING_BUS`, which lets the demo run a keyring of its own, or else
/// the session bus.
pub fn session_bus(env: &Env) -> zbus::Result<String> {
    if let Some(address) = env.text("HEROKEY_KEYRING_BUS").or_else(|| env.text("DBUS_SESSION_BUS_ADDRESS")) {
        return Ok(address.to_owned());
    }
    let runtime = env.runtime_dir().map(|folder| format!("unix:path={}/bus", folder.display()));
    runtime
        .ok_or_else(|| zbus::Error::Address("no session bus: DBUS_SESSION_BUS_ADDRESS is not set".to_owned()))
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
        let is_beside = modifiers.is_some_and(|modifiers| modifiers.contains_key(super::BESIDE));
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
        let items = self.0.search(spec.clone())?;
        if items.is_empty() && self.0.default_collection()?.is_some() {
            // Search again in the unlocked collection: a locked one may hide its items.
            self.0.collection()?;
        }
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
    fn attributes(&self) -> HashMap<&str, &str> {
        HashMap::from([("service", self.service.as_str()), ("account", self.account.as_str())])
    }

    fn items(&self) -> Result<Vec<Item<'_>>> {
        match &self.item {
            Some(path) => {
                let item = self.session.service.get_item_by_path(path.clone()).map_err(from_service)?;
                Ok(vec![item])
            }
            None => self.session.search(self.attributes()),
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
        let items = if self.is_beside { Vec::new() } else { self.items()? };
        let Some((newest, older)) = items.split_first() else {
            let collection = self.session.collection()?;
            let label = LABELS[usize::from(self.service != super::SERVICE)];
            let created = collection.create_item(label, self.attributes(), secret, false, CONTENT_TYPE);
            return created.map(drop).map_err(from_service);
        };
        // Creating an item with `replace` would duplicate one that has the schema attribute that gnome-keyring adds
        // (INTEROP.md, "Keychain entries"), so change the existing item.
        newest.set_secret(secret, CONTENT_TYPE).map_err(from_service)?;
        older.iter().try_for_each(|item| item.delete().map_err(from_service))
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let items = self.items()?;
        items.first().ok_or(Error::NoEntry)?.get_secret().map_err(from_service)
    }

    fn get_attributes(&self) -> Result<HashMap<String, String>> {
        let items = self.items()?;
        items.first().ok_or(Error::NoEntry)?.get_attributes().map_err(from_service)
    }

    fn delete_credential(&self) -> Result<()> {
        let items = self.items()?;
        if items.is_empty() {
            return Err(Error::NoEntry);
        }
        items.iter().try_for_each(|item| item.delete().map_err(from_service))
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        // `None` means that this entry is already the wrapper of the credential.
        if self.items()?.is_empty() { Err(Error::NoEntry) } else { Ok(None) }
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
