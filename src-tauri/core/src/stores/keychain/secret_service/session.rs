//! A session of the Secret Service: finds items as `secret-tool lookup` does, and unlocks what it may unlock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use keyring_core::Result;
use secret_service::EncryptionType;
use secret_service::blocking::{Collection, Item, SecretService};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;
use zbus::zvariant::OwnedObjectPath;

use super::super::{KeychainFailure, OWN_SERVICE, Unlock, failure, no_access};
use super::from_service;
use crate::base::env::Env;
use crate::base::session_bus::{self, BusError};

/// The name of the service on the bus.
const NAME: &str = "org.freedesktop.secrets";
/// The label of a default collection that `secret-tool store` creates.
const DEFAULT_LABEL: &str = "Default keyring";

/// How many new sessions are tried in a row. One in about a hundred is broken, so three are once in a million times.
const MAX_SESSIONS: usize = 3;

/// Attributes that an item has, perhaps among others.
pub(super) type Attributes<'a> = HashMap<&'a str, &'a str>;

/// How far a search goes where it may ask the user to unlock something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// As far as `secret-tool lookup`: it unlocks something only if no open collection has such an item.
    First,
    /// Everywhere: it asks to unlock whatever may have such an item.
    Everywhere,
}

/// A connection to the Secret Service, which all entries share.
pub(super) struct Session {
    connection: Connection,
    service: SecretService<'static>,
    unlock: Unlock,
    /// The last search could not see into everything.
    missed: AtomicBool,
}

/// What a look finds without asking the user.
struct Seen<'a> {
    items: Vec<Item<'a>>,
    /// A collection is locked, or an item that matches.
    is_partial: bool,
}

impl Session {
    /// Connects. If it may not ask to unlock anything, it does not start the service either: a service that starts is
    /// locked, and may ask for its password by itself.
    pub(super) fn connect(env: &Env, unlock: Unlock) -> Result<Self> {
        // A search may wait for the user: KeePassXC asks for the password of a locked database before it answers.
        let connection = session_bus::connect_to_keyring(env, Some(unlock.timeout(env))).map_err(no_bus)?;
        if unlock == Unlock::Never {
            require_started(&connection)?;
        }
        introduce(&connection)?;
        let service = until_sound(|| open(&connection)).map_err(from_service)?;
        Ok(Self { connection, service, unlock, missed: AtomicBool::new(false) })
    }

    /// True if the last search met something locked, so that there may be more than it found.
    pub(super) fn missed_some(&self) -> bool {
        self.missed.load(Ordering::Relaxed)
    }

    /// The items that have these attributes, newest first. Fails with [`KeychainFailure::Locked`] if there is none as far as
    /// it can see, but something is locked: KeePassXC shows nothing of a locked database.
    pub(super) fn search(&self, attributes: &Attributes<'_>, reach: Reach) -> Result<Vec<Item<'_>>> {
        let mut seen = self.look(attributes)?;
        let suffices = reach == Reach::First && !seen.items.is_empty();
        if self.unlock == Unlock::Ask && seen.is_partial && !suffices {
            self.unlock_matching(attributes, reach)?;
            seen = self.look(attributes)?;
        }
        self.missed.store(seen.is_partial, Ordering::Relaxed);
        if seen.items.is_empty() && seen.is_partial {
            return Err(no_access(KeychainFailure::Locked));
        }
        newest_first(seen.items)
    }

    /// Looks into the open collections: all at once, as `secret-tool lookup` does, or one by one if another one is locked.
    /// KeePassXC answers a search of a locked one with a prompt.
    fn look(&self, attributes: &Attributes<'_>) -> Result<Seen<'_>> {
        let (mut open, mut locked) = (Vec::new(), Vec::new());
        for collection in self.service.get_all_collections().map_err(from_service)? {
            let is_locked = collection.is_locked().map_err(from_service)?;
            if is_locked { &mut locked } else { &mut open }.push(collection);
        }
        if locked.is_empty() {
            let found = self.service.search_items(attributes.clone()).map_err(from_service)?;
            return Ok(Seen { items: found.unlocked, is_partial: !found.locked.is_empty() });
        }
        let is_own = attributes.get("service") == Some(&OWN_SERVICE);
        // Herokey's own entries are nowhere else.
        let only =
            if is_own { self.default_collection()?.map(|default| default.collection_path) } else { None };
        let is_partial =
            locked.iter().any(|locked| only.as_ref().is_none_or(|only| *only == locked.collection_path));
        let mut seen = Seen { items: Vec::new(), is_partial };
        for collection in open {
            for item in self.items_in(&collection, attributes)? {
                // In an open database of KeePassXC, an item is locked until the user allows this program to read it.
                if item.is_locked().map_err(from_service)? {
                    seen.is_partial = true;
                } else {
                    seen.items.push(item);
                }
            }
        }
        Ok(seen)
    }

    /// The item with this path.
    pub(super) fn item(&self, path: &OwnedObjectPath) -> Result<Item<'_>> {
        self.service.get_item_by_path(path.clone()).map_err(from_service)
    }

    fn items_in(&self, collection: &Collection<'_>, attributes: &Attributes<'_>) -> Result<Vec<Item<'_>>> {
        let found = collection.search_items(attributes.clone()).map_err(from_service)?;
        found.iter().map(|item| self.item(&item.item_path)).collect()
    }

    /// Asks the user to unlock what matches, or if the service shows no such item, whatever is locked.
    fn unlock_matching(&self, attributes: &Attributes<'_>, reach: Reach) -> Result<()> {
        let found = self.service.search_items(attributes.clone()).map_err(from_service)?;
        let mut locked: Vec<&Item<'_>> = found.locked.iter().collect();
        if reach == Reach::First {
            if !found.unlocked.is_empty() {
                return Ok(());
            }
            locked.truncate(1);
        }
        if !locked.is_empty() {
            self.service.unlock_all(&locked).map_err(from_service)?;
        }
        if locked.is_empty() || reach == Reach::Everywhere { self.unlock_collections() } else { Ok(()) }
    }

    /// Asks the user to unlock every locked collection. One that they leave locked is no error.
    pub(super) fn unlock_collections(&self) -> Result<()> {
        for collection in self.service.get_all_collections().map_err(from_service)? {
            if !collection.is_locked().map_err(from_service)? {
                continue;
            }
            match collection.unlock() {
                Ok(()) | Err(secret_service::Error::Prompt) => {}
                Err(error) => return Err(from_service(error)),
            }
        }
        Ok(())
    }

    /// True if a collection is locked.
    pub(super) fn is_locked(&self) -> Result<bool> {
        for collection in self.service.get_all_collections().map_err(from_service)? {
            if collection.is_locked().map_err(from_service)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The items that a new secret replaces, newest first: those in open collections, or else those in the collection for
    /// new items, which it unlocks. `secret-tool store` does not look further either.
    pub(super) fn replaced(&self, attributes: &Attributes<'_>) -> Result<Vec<Item<'_>>> {
        let seen = self.look(attributes)?;
        if !seen.items.is_empty() || !seen.is_partial {
            return newest_first(seen.items);
        }
        let items = self.items_in(&self.collection()?, attributes)?;
        for item in &items {
            if item.is_locked().map_err(from_service)? {
                if self.unlock == Unlock::Never {
                    return Err(no_access(KeychainFailure::Locked));
                }
                item.unlock().map_err(from_service)?;
            }
        }
        newest_first(items)
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
    pub(super) fn collection(&self) -> Result<Collection<'_>> {
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

    /// Does what moves a secret, and if the session's key is not the service's, again with a new session.
    pub(super) fn exchange<T>(
        &self,
        work: impl Fn(&SecretService<'_>) -> std::result::Result<T, secret_service::Error>,
    ) -> Result<T> {
        match work(&self.service) {
            Err(error) if is_broken(&error) => {
                until_sound(|| open(&self.connection).and_then(|fresh| work(&fresh)))
            }
            other => other,
        }
        .map_err(from_service)
    }
}

fn open(connection: &Connection) -> std::result::Result<SecretService<'static>, secret_service::Error> {
    SecretService::connect_with_existing(EncryptionType::Dh, connection.clone())
}

/// Repeats what opens a session, while the session is broken.
fn until_sound<T>(
    work: impl Fn() -> std::result::Result<T, secret_service::Error>,
) -> std::result::Result<T, secret_service::Error> {
    for _ in 1..MAX_SESSIONS {
        match work() {
            Err(error) if is_broken(&error) => {}
            other => return other,
        }
    }
    work()
}

/// True if the two sides of a session do not share a key, as happens with `KWallet` in one of about a hundred sessions
/// (INTEROP.md, "Keychain entries"). Another session has another key.
fn is_broken(error: &secret_service::Error) -> bool {
    match error {
        secret_service::Error::Crypto(_) => true,
        // `KWallet` refuses a public key as too short, or a secret that it cannot decrypt.
        secret_service::Error::Zbus(zbus::Error::MethodError(name, _, _)) => matches!(
            name.as_str(),
            "org.freedesktop.DBus.Error.InvalidArgs" | "org.freedesktop.DBus.Error.UnknownObject"
        ),
        _ => false,
    }
}

/// Fails unless the service runs. A call to it would start it.
fn require_started(connection: &Connection) -> Result<()> {
    let bus_error = |error: zbus::fdo::Error| from_service(zbus::Error::from(error).into());
    let bus = DBusProxy::new(connection).map_err(|error| from_service(error.into()))?;
    let name =
        NAME.try_into().map_err(|error: zbus::names::Error| from_service(zbus::Error::from(error).into()))?;
    if bus.name_has_owner(name).map_err(bus_error)? {
        return Ok(());
    }
    let can_start = bus.list_activatable_names().map_err(bus_error)?;
    Err(failure(if can_start.iter().any(|name| name.as_str() == NAME) {
        KeychainFailure::NotStarted
    } else {
        KeychainFailure::Missing("no Secret Service on the session bus".to_owned())
    }))
}

fn no_bus(error: BusError) -> keyring_core::Error {
    failure(match error {
        BusError::Missing => KeychainFailure::Missing(error.to_string()),
        BusError::Unreachable(why) => KeychainFailure::Unreachable(why),
    })
}

/// Waits until the service knows this connection. gnome-keyring may handle the first call of a connection before it has
/// registered the caller, and aborts if that call is `OpenSession` (INTEROP.md, "Keychain entries"). `ReadAlias` of an
/// unknown alias needs no registered caller, and later calls come after the registration.
fn introduce(connection: &Connection) -> Result<()> {
    let reply = connection.call_method(
        Some(NAME),
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

fn newest_first(items: Vec<Item<'_>>) -> Result<Vec<Item<'_>>> {
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
