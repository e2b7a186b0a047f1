//! A session bus and a gnome-keyring of a world's own.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use crate::program::{Program, Running};

const SECRETS: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION_LABEL: &str = "org.freedesktop.Secret.Collection.Label";
const ITEM_LABEL: &str = "org.freedesktop.Secret.Item.Label";
const ITEM_ATTRIBUTES: &str = "org.freedesktop.Secret.Item.Attributes";
/// Opens the keyrings of these tests.
const MASTER_PASSWORD: &str = "fake-master-password";

/// Session, parameters, value, content type: a secret on the bus.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// A session bus without any activation: on it is what a test put there.
#[derive(Debug)]
pub(crate) struct Bus {
    socket: PathBuf,
    _daemon: Running,
}

impl Bus {
    /// The address for a bus at this world's usual place.
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

    /// From now on the bus has this line in its configuration too: a policy or a limit.
    pub(crate) fn configure(&self, line: &str) {
        let connection = self.connect();
        let path = self.socket.with_file_name("bus.conf");
        let text = fs::read_to_string(&path).expect("the bus has a configuration");
        let changed = text.replace("</busconfig>", &format!("{line}</busconfig>"));
        fs::write(&path, changed).expect("the runtime folder can be written");
        let driver = zbus::blocking::fdo::DBusProxy::new(&connection).expect("the bus has its own interface");
        driver.reload_config().expect("the bus reads its configuration again");
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
    /// What a keyring manager shows as its name.
    pub label: String,
    /// What it is found by, without `xdg:schema`.
    pub attributes: BTreeMap<String, String>,
    /// Seconds since 1970.
    pub created: u64,
    /// Seconds since 1970.
    pub modified: u64,
    /// What it keeps; `None` while it is locked.
    pub secret: Option<String>,
}

/// The world's gnome-keyring, asked over the bus and without going through any program under test.
#[derive(Debug)]
pub struct Keyring {
    connection: Connection,
    daemon: Running,
}

impl Keyring {
    /// Starts gnome-keyring, if it is to be set up with an empty, unlocked default collection.
    pub(crate) fn start(program: Program, bus: &Bus, set_up: bool) -> Self {
        let connection = bus.connect();
        let names = zbus::blocking::fdo::DBusProxy::new(&connection).expect("the bus has its own interface");
        let mut changes = names
            .receive_name_owner_changed_with_args(&[(0, SECRETS)])
            .expect("the bus tells of changed names");
        let program = program.args(["--foreground", "--components=secrets"]);
        let program = if set_up { program.arg("--unlock").input(MASTER_PASSWORD) } else { program };
        let daemon = program.start();
        let first = changes.next();
        assert!(first.is_some(), "gnome-keyring did not come to the bus: {}", daemon.said());
        let keyring = Self { connection, daemon };
        if set_up {
            keyring.make_default_collection();
        }
        keyring
    }

    /// Makes it hang: it takes calls and answers none.
    pub fn stop(&self) {
        self.daemon.signal(rustix::process::Signal::STOP);
    }

    /// Whether the program behind it has ended by itself.
    pub fn has_died(&self) -> bool {
        self.daemon.has_ended()
    }

    /// Locks it, as after a while away.
    pub fn lock(&self) {
        let (locked, _): (Vec<OwnedObjectPath>, OwnedObjectPath) = self
            .service()
            .call("Lock", &(vec![self.default_collection()],))
            .expect("gnome-keyring locks without asking");
        assert_eq!(locked.len(), 1, "gnome-keyring did not lock its default collection");
    }

    /// Unlocks it, as a person who types the password.
    pub fn unlock(&self) {
        let secret = self.secret(MASTER_PASSWORD);
        self.proxy(SERVICE, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
            .call::<_, _, ()>("UnlockWithMasterPassword", &(self.default_collection(), secret))
            .expect("gnome-keyring unlocks with its password");
    }

    /// Whether its default collection is locked.
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

    /// Adds an item beside whatever is there, to the default collection.
    pub fn add(&self, label: &str, attributes: &[(&str, &str)], secret: &str) {
        let attributes: HashMap<&str, &str> = attributes.iter().copied().collect();
        let properties =
            HashMap::from([(ITEM_LABEL, Value::from(label)), (ITEM_ATTRIBUTES, Value::from(attributes))]);
        let collection = self.proxy(&self.default_collection(), "org.freedesktop.Secret.Collection");
        let made: zbus::Result<(OwnedObjectPath, OwnedObjectPath)> =
            collection.call("CreateItem", &(properties, self.secret(secret), false));
        made.expect("the keyring takes an item while it is unlocked");
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
            // gnome-keyring adds this one by itself, sooner or later.
            attributes: attributes.into_iter().filter(|(name, _)| name != "xdg:schema").collect(),
            created: property("Created").try_into().expect("seconds"),
            modified: property("Modified").try_into().expect("seconds"),
            secret,
        }
    }

    /// With `--unlock`, gnome-keyring makes the collection `login`; `default` points nowhere until told.
    fn make_default_collection(&self) {
        if self.default_collection().as_str() != "/" {
            return;
        }
        let properties = HashMap::from([(COLLECTION_LABEL, Value::from("Default"))]);
        let made: zbus::Result<OwnedObjectPath> = self
            .proxy(SERVICE, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
            .call("CreateWithMasterPassword", &(properties, self.secret(MASTER_PASSWORD)));
        let path = made.expect("gnome-keyring makes a collection with a password");
        self.service().call::<_, _, ()>("SetAlias", &("default", path)).expect("a collection takes an alias");
    }

    fn default_collection(&self) -> OwnedObjectPath {
        self.service().call("ReadAlias", &("default",)).expect("gnome-keyring reads aliases")
    }

    fn session(&self) -> OwnedObjectPath {
        let opened: zbus::Result<(OwnedValue, OwnedObjectPath)> =
            self.service().call("OpenSession", &("plain", Value::from("")));
        opened
            .unwrap_or_else(|error| panic!("gnome-keyring opens no session: {error}\n{}", self.daemon.said()))
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
        // Another program changes what is behind these properties at any time: never from a cache.
        let proxy = proxy.map(|builder| builder.cache_properties(zbus::proxy::CacheProperties::No));
        proxy.and_then(zbus::blocking::proxy::Builder::build).expect("a bus path and an interface")
    }
}
