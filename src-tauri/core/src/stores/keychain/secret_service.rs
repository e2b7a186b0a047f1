//! The freedesktop.org Secret Service, with the items of `secret-tool` as the Heroku CLI calls it: the attributes
//! `service` and `account` and no others, label `Heroku CLI`, in the default collection.

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

use super::{Trouble, Unlock, failure, no_access};
use crate::base::env::Env;

pub(super) const BACKEND: &str = "secret-service";
pub(super) const HOW_TO_UNLOCK: &str =
    "Unlock it (log in to your desktop, or open Passwords and Keys), then try again.";
pub(super) const HOW_TO_START: &str =
    "Start one (GNOME Keyring, KWallet, KeePassXC), or store the token in .netrc.";
/// What a keyring manager shows for the CLI's items, and for Herokey's own.
const LABELS: [&str; 2] = ["Heroku CLI", "Herokey"];
/// What `secret-tool store` calls a default collection that it makes.
const DEFAULT_LABEL: &str = "Default keyring";
/// What `secret-tool store` declares.
const CONTENT_TYPE: &str = "text/plain";

pub(super) fn connect(env: &Env, unlock: Unlock) -> Result<Arc<CredentialStore>> {
    Ok(Arc::new(Store(Arc::new(Session::connect(env, unlock)?))))
}

/// Unlocks the collection that new items go to.
pub(super) fn ready(env: &Env) -> Result<()> {
    Session::connect(env, Unlock::Ask)?.collection().map(drop)
}

/// A connection to the Secret Service, shared by the entries that come from it.
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
            .map_err(|error| failure(Trouble::Missing(error.to_string())))?;
        introduce(&connection)?;
        let service =
            SecretService::connect_with_existing(EncryptionType::Dh, connection).map_err(from_service)?;
        Ok(Self { service, unlock })
    }

    /// The items with these attributes and perhaps others, newest first.
    fn search(&self, attributes: HashMap<&str, &str>) -> Result<Vec<Item<'_>>> {
        let found = self.service.search_items(attributes).map_err(from_service)?;
        let mut items = found.unlocked;
        for item in found.locked {
            if self.unlock == Unlock::Never {
                return Err(no_access(Trouble::Locked));
            }
            item.unlock().map_err(from_service)?;
            items.push(item);
        }
        // Nothing to order, and the service is not asked for it.
        if items.len() < 2 {
            return Ok(items);
        }
        let mut dated = items
            .into_iter()
            .map(|item| Ok((item.get_modified().map_err(from_service)?, item)))
            .collect::<Result<Vec<_>>>()?;
        // The sort is stable: of two items of one second, the service's own order stays.
        dated.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
        Ok(dated.into_iter().map(|(_, item)| item).collect())
    }

    /// The collection that new items go to; `None` where the person has none yet.
    fn default_collection(&self) -> Result<Option<Collection<'_>>> {
        match self.service.get_default_collection() {
            Ok(collection) => Ok(Some(collection)),
            Err(secret_service::Error::NoResult) => Ok(None),
            Err(error) => Err(from_service(error)),
        }
    }

    /// The same, unlocked. Where there is none, the person is asked for a new one's password, as `secret-tool store` does.
    fn collection(&self) -> Result<Collection<'_>> {
        let collection = match self.default_collection()? {
            Some(collection) => collection,
            None if self.unlock == Unlock::Never => return Err(no_access(Trouble::NotSetUp)),
            None => {
                self.service.create_collection(DEFAULT_LABEL, "default").map_err(|error| match error {
                    secret_service::Error::Prompt => no_access(Trouble::NotSetUp),
                    other => from_service(other),
                })?
            }
        };
        if collection.is_locked().map_err(from_service)? {
            if self.unlock == Unlock::Never {
                return Err(no_access(Trouble::Locked));
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

/// The address of the bus that the Secret Service is on: `HEROKEY_KEYRING_BUS`, with which the demo keeps its own
/// keyring beside the person's tray, else the session's bus.
pub fn session_bus(env: &Env) -> zbus::Result<String> {
    if let Some(address) = env.text("HEROKEY_KEYRING_BUS").or_else(|| env.text("DBUS_SESSION_BUS_ADDRESS")) {
        return Ok(address.to_owned());
    }
    let runtime = env.text("XDG_RUNTIME_DIR").map(|folder| format!("unix:path={folder}/bus"));
    runtime
        .ok_or_else(|| zbus::Error::Address("no session bus: DBUS_SESSION_BUS_ADDRESS is not set".to_owned()))
}

struct Store(Arc<Session>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Heroku CLI's items in the Secret Service")
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "Herokey, Secret Service items of the Heroku CLI".to_owned()
    }

    fn id(&self) -> String {
        format!("{BACKEND}-{}", env!("CARGO_PKG_VERSION"))
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let is_beside = modifiers.is_some_and(|modifiers| modifiers.contains_key(super::BESIDE));
        if modifiers.is_some_and(|modifiers| modifiers.len() > usize::from(is_beside)) {
            return Err(Error::NotSupportedByStore("an item has no other attributes".to_owned()));
        }
        Ok(Entry::new_with_credential(Arc::new(Login {
            session: Arc::clone(&self.0),
            service: service.to_owned(),
            account: user.to_owned(),
            item: None,
            is_beside,
        })))
    }

    /// An entry for each item, of an account that has two items too.
    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        let items = self.0.search(spec.clone())?;
        if items.is_empty() && self.0.default_collection()?.is_some() {
            // A locked collection may not tell what is in it: nothing found there means nothing.
            self.0.collection()?;
        }
        let mut entries = Vec::with_capacity(items.len());
        for item in items {
            let attributes = item.get_attributes().map_err(from_service)?;
            if let (Some(service), Some(account)) = (attributes.get("service"), attributes.get("account")) {
                entries.push(Entry::new_with_credential(Arc::new(Login {
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

/// One account's entry: the item or items that `secret-tool lookup` would find for it, or one of them.
struct Login {
    session: Arc<Session>,
    service: String,
    account: String,
    item: Option<OwnedObjectPath>,
    /// What is set goes into an item of its own.
    is_beside: bool,
}

impl Login {
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

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.service, self.account)
    }
}

impl CredentialApi for Login {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let items = if self.is_beside { Vec::new() } else { self.items()? };
        let Some((newest, older)) = items.split_first() else {
            let collection = self.session.collection()?;
            let label = LABELS[usize::from(self.service != super::SERVICE)];
            let created = collection.create_item(label, self.attributes(), secret, false, CONTENT_TYPE);
            return created.map(drop).map_err(from_service);
        };
        // Creating with `replace` would double an item whose attributes differ by the schema that gnome-keyring
        // adds (INTEROP.md, "Keychain entries"), so the item that is there is changed.
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
        // An entry here is always a wrapper of its own: attributes are all it knows about an item.
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
        Service::Locked => no_access(Trouble::Locked),
        Service::Prompt => no_access(Trouble::Denied),
        Service::Unavailable => failure(Trouble::Missing("no Secret Service on the session bus".to_owned())),
        Service::Zbus(zbus::Error::InputOutput(cause)) if cause.kind() == std::io::ErrorKind::TimedOut => {
            failure(Trouble::Timeout)
        }
        Service::Zbus(zbus::Error::MethodError(name, text, _)) => match name.as_str() {
            "org.freedesktop.Secret.Error.IsLocked" => no_access(Trouble::Locked),
            "org.freedesktop.DBus.Error.AccessDenied" => no_access(Trouble::Denied),
            "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => {
                failure(Trouble::Missing("no Secret Service on the session bus".to_owned()))
            }
            other => failure(Trouble::Failed(format!("{other}: {}", text.unwrap_or_default()))),
        },
        other => failure(Trouble::Failed(other.to_string())),
    }
}
