//! The session bus and the gnome-keyring of a world.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use crate::program::Program;
use crate::running::Running;

pub(crate) const SECRETS: &str = "org.freedesktop.secrets";
pub(crate) const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION_LABEL: &str = "org.freedesktop.Secret.Collection.Label";
const ITEM_LABEL: &str = "org.freedesktop.Secret.Item.Label";
const ITEM_ATTRIBUTES: &str = "org.freedesktop.Secret.Item.Attributes";
/// The password of every keyring in these tests.
const MASTER_PASSWORD: &str = "fake-master-password";

/// A secret on the bus: session, parameters, value, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// A session bus that starts no services by itself. It has only what a test puts on it.
#[derive(Debug)]
pub(crate) struct Bus {
    socket: PathBuf,
    _daemon: Running,
}

impl Bus {
    /// The address of the bus of a world with this runtime folder.
    pub(crate) fn address_in(runtime: &Path) -> String {
        format!("unix:path={}", runtime.join("bus").display())
    }

    pub(crate) fn start(program: Program, runtime: &Path) -> Self {
        let configuration = runtime.join("bus.conf");
        let address = Self::address_in(runtime);
        let text = format!(
            "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\
             <policy context='default'><allow send_destination='*' eavesdrop='true'/>\
             <allow eavesdrop='true'/><allow own='*'/></policy></busconfig>"
        );
        fs::write(&configuration, text).expect("the runtime folder can be written");
        let program = program.arg(format!("--config-file={}", configuration.display()));
        let daemon = program.args(["--nofork", "--nopidfile", "--nosyslog", "--print-address"]).start();
        daemon.wait_for("unix:path=");
        Self { socket: runtime.join("bus"), _daemon: daemon }
    }

    /// Adds a line to the configuration of the bus, such as a policy or a limit.
    pub(crate) fn configure(&self, line: &str) {
        let connection = self.connect();
        let path = self.socket.with_file_name("bus.conf");
        let text = fs::read_to_string(&path).expect("the bus has a configuration");
        let changed = text.replace("</busconfig>", &format!("{line}</busconfig>"));
        fs::write(&path, changed).expect("the runtime folder can be written");
        let driver = zbus::blocking::fdo::DBusProxy::new(&connection).expect("the bus has its own interface");
        driver.reload_config().expect("the bus reloads its configuration");
    }

    /// A new connection to this bus.
    pub(crate) fn connect(&self) -> Connection {
        let address = format!("unix:path={}", self.socket.display());
        let connection = connection::Builder::address(address.as_str()).and_then(connection::Builder::build);
        connection.expect("the world's bus takes connections")
    }
}

/// An item of a keyring, as the Secret Service describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringItem {
    /// The name that a keyring manager shows.
    pub label: String,
    /// The attributes by which programs find it, without `xdg:schema`.
    pub attributes: BTreeMap<String, String>,
    /// When it was created, in seconds since 1970.
    pub created: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified: u64,
    /// Its secret; `None` while the keyring is locked.
    pub secret: Option<String>,
}

/// A collection of the world's gnome-keyring beside its default one.
#[derive(Clone, Debug)]
pub struct Collection(OwnedObjectPath);

/// The world's gnome-keyring. The test calls it over the bus, without any program under test.
#[derive(Debug)]
pub struct Keyring {
    connection: Connection,
    daemon: Running,
}

impl Keyring {
    /// Starts gnome-keyring; with `set_up`, it gets an empty, unlocked default collection.
    pub(crate) fn start(program: Program, bus: &Bus, set_up: bool) -> Self {
        let connection = bus.connect();
        let names = zbus::blocking::fdo::DBusProxy::new(&connection).expect("the bus has its own interface");
        let mut changes = names
            .receive_name_owner_changed_with_args(&[(0, SECRETS)])
            .expect("the bus announces changed names");
        let program = program.args(["--foreground", "--components=secrets"]);
        let program = if set_up { program.arg("--unlock").input(MASTER_PASSWORD) } else { program };
        let daemon = program.start();
        let first = changes.next();
        assert!(first.is_some(), "gnome-keyring did not appear on the bus: {}", daemon.output());
        let keyring = Self { connection, daemon };
        // A first call that needs a registered caller could end the daemon (INTEROP.md, "Keychain entries").
        keyring.collection("herokey");
        if set_up {
            keyring.create_default_collection();
        }
        keyring
    }

    /// Stops the daemon's process, so that it accepts calls but answers none.
    pub fn hang(&self) {
        self.daemon.signal(rustix::process::Signal::STOP);
    }

    /// Locks the keyring, as a desktop does after some idle time.
    pub fn lock(&self) {
        self.lock_collection(&Collection(self.default_collection()));
    }

    /// Creates an open collection beside the default one.
    pub fn create_collection(&self, label: &str) -> Collection {
        let properties = HashMap::from([(COLLECTION_LABEL, Value::from(label))]);
        let created: zbus::Result<OwnedObjectPath> = self
            .proxy(SERVICE, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
            .call("CreateWithMasterPassword", &(properties, self.secret(MASTER_PASSWORD)));
        Collection(created.expect("gnome-keyring creates a collection with a password"))
    }

    /// Removes a collection and its items. It must be open.
    pub fn delete_collection(&self, collection: &Collection) {
        let deleted: zbus::Result<OwnedObjectPath> =
            self.proxy(&collection.0, "org.freedesktop.Secret.Collection").call("Delete", &());
        deleted.expect("gnome-keyring removes an open collection");
    }

    /// Locks one collection.
    pub fn lock_collection(&self, collection: &Collection) {
        let (locked, _): (Vec<OwnedObjectPath>, OwnedObjectPath) = self
            .service()
            .call("Lock", &(vec![&collection.0],))
            .expect("gnome-keyring locks without a prompt");
        assert_eq!(locked.len(), 1, "gnome-keyring did not lock its collection");
    }

    /// Unlocks one collection with its password, without a prompt.
    pub fn unlock_collection(&self, collection: &Collection) {
        let secret = self.secret(MASTER_PASSWORD);
        self.proxy(SERVICE, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
            .call::<_, _, ()>("UnlockWithMasterPassword", &(&collection.0, secret))
            .expect("gnome-keyring unlocks with its password");
    }

    /// Unlocks the keyring with its password, without a prompt.
    pub fn unlock(&self) {
        self.unlock_collection(&Collection(self.default_collection()));
    }

    /// Whether the default collection is locked.
    pub fn is_locked(&self) -> bool {
        let collection = self.proxy(&self.default_collection(), "org.freedesktop.Secret.Collection");
        collection.get_property("Locked").expect("a collection says whether it is locked")
    }

    /// Every item of every collection, oldest first.
    pub fn items(&self) -> Vec<KeyringItem> {
        let session = self.session();
        let mut items: Vec<_> = self.paths().iter().map(|path| self.item(path, &session)).collect();
        items.sort_by_key(|item| item.created);
        items
    }

    /// Removes every item.
    pub fn clear(&self) {
        for path in self.paths() {
            let _prompt: OwnedObjectPath = self
                .proxy(&path, "org.freedesktop.Secret.Item")
                .call("Delete", &())
                .expect("the keyring removes an item while it is unlocked");
        }
    }

    fn paths(&self) -> Vec<OwnedObjectPath> {
        let collections: Vec<OwnedObjectPath> =
            self.service().get_property("Collections").expect("the keyring lists its collections");
        let items = collections.iter().flat_map(|path| {
            self.proxy(path, "org.freedesktop.Secret.Collection")
                .get_property::<Vec<OwnedObjectPath>>("Items")
                .expect("a collection lists its items")
        });
        items.collect()
    }

    /// Adds an item to the default collection; an item with the same attributes stays.
    pub fn add(&self, label: &str, attributes: &[(&str, &str)], secret: &str) {
        self.add_to(&Collection(self.default_collection()), label, attributes, secret);
    }

    /// Adds an item to a collection; an item with the same attributes stays.
    pub fn add_to(&self, collection: &Collection, label: &str, attributes: &[(&str, &str)], secret: &str) {
        let attributes: HashMap<&str, &str> = attributes.iter().copied().collect();
        let properties =
            HashMap::from([(ITEM_LABEL, Value::from(label)), (ITEM_ATTRIBUTES, Value::from(attributes))]);
        let collection = self.proxy(&collection.0, "org.freedesktop.Secret.Collection");
        let created: zbus::Result<(OwnedObjectPath, OwnedObjectPath)> =
            collection.call("CreateItem", &(properties, self.secret(secret), false));
        created.expect("the keyring accepts an item while it is unlocked");
    }

    fn item(&self, path: &ObjectPath<'_>, session: &ObjectPath<'_>) -> KeyringItem {
        let item = self.proxy(path, "org.freedesktop.Secret.Item");
        let property = |name: &str| -> OwnedValue {
            item.get_property(name).unwrap_or_else(|error| panic!("an item has a {name}: {error}"))
        };
        let attributes: HashMap<String, String> =
            property("Attributes").try_into().expect("attributes are texts by name");
        let locked: bool = property("Locked").try_into().expect("a flag");
        let secret = (!locked).then(|| {
            let secret: (Secret,) = item.call("GetSecret", &(session,)).expect("an unlocked item opens");
            String::from_utf8_lossy(&secret.0.2).into_owned()
        });
        KeyringItem {
            label: property("Label").try_into().expect("a text"),
            // gnome-keyring adds `xdg:schema` by itself, sooner or later.
            attributes: attributes.into_iter().filter(|(name, _)| name != "xdg:schema").collect(),
            created: property("Created").try_into().expect("seconds"),
            modified: property("Modified").try_into().expect("seconds"),
            secret,
        }
    }

    /// Creates a collection with the alias `default`. With `--unlock`, gnome-keyring creates only the collection
    /// `login`.
    fn create_default_collection(&self) {
        if self.default_collection().as_str() != "/" {
            return;
        }
        let Collection(path) = self.create_collection("Default");
        self.service().call::<_, _, ()>("SetAlias", &("default", path)).expect("gnome-keyring sets an alias");
    }

    fn default_collection(&self) -> OwnedObjectPath {
        self.collection("default")
    }

    /// The collection with this alias, or `/`.
    fn collection(&self, alias: &str) -> OwnedObjectPath {
        self.service().call("ReadAlias", &(alias,)).expect("gnome-keyring reads aliases")
    }

    fn session(&self) -> OwnedObjectPath {
        let opened: zbus::Result<(OwnedValue, OwnedObjectPath)> =
            self.service().call("OpenSession", &("plain", Value::from("")));
        opened
            .unwrap_or_else(|error| {
                panic!("gnome-keyring opens no session: {error}\n{}", self.daemon.output())
            })
            .1
    }

    fn secret(&self, text: &str) -> Secret {
        (self.session(), Vec::new(), text.as_bytes().to_vec(), "text/plain".to_owned())
    }

    fn service(&self) -> Proxy<'static> {
        self.proxy(SERVICE, "org.freedesktop.Secret.Service")
    }

    fn proxy(&self, path: &str, interface: &'static str) -> Proxy<'static> {
        let proxy = zbus::blocking::proxy::Builder::new(&self.connection)
            .destination(SECRETS)
            .and_then(|builder| builder.path(path.to_owned()))
            .and_then(|builder| builder.interface(interface));
        // Other programs change these properties at any time, so a cache would be stale.
        let proxy = proxy.map(|builder| builder.cache_properties(zbus::proxy::CacheProperties::No));
        proxy.and_then(zbus::blocking::proxy::Builder::build).expect("a bus path and an interface")
    }
}
