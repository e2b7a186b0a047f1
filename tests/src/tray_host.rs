//! A fake tray: `org.kde.StatusNotifierWatcher` and a host.
//!
//! It reads what a desktop's panel reads: the properties of a `StatusNotifierItem` and its `com.canonical.dbusmenu`.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the interface macro of zbus requires these signatures"
)]

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::{Header, Type};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::patience::PATIENCE;
use crate::world::World;

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A node of a menu: id, properties, children.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// A picture: width, height, pixels.
type Pixmap = (i32, i32, Vec<u8>);

struct Watcher {
    registered: mpsc::Sender<String>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        // An icon passes either its bus name or an object path on the connection that it calls from.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let name = if service.starts_with('/') { sender } else { service.to_owned() };
        // The test may have dropped the receiver.
        let _ = self.registered.send(name);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;
}

/// A tray that accepts icons.
pub struct TrayHost {
    connection: Connection,
    registered: Receiver<String>,
}

impl TrayHost {
    /// Starts a tray on the world's bus.
    pub fn start(world: &World) -> Self {
        Self::on(world.connect_to_bus())
    }

    /// Starts a tray on this bus.
    pub fn on(connection: Connection) -> Self {
        let (sender, registered) = mpsc::channel();
        let served = connection.object_server().at("/StatusNotifierWatcher", Watcher { registered: sender });
        served.expect("no other object has this path");
        connection.request_name("org.kde.StatusNotifierWatcher").expect("no other tray on this bus");
        Self { connection, registered }
    }

    /// Stops the tray, as when a panel restarts or crashes.
    pub fn stop(self) {
        self.connection.release_name("org.kde.StatusNotifierWatcher").expect("this connection owns the name");
        self.connection
            .object_server()
            .remove::<Watcher, _>("/StatusNotifierWatcher")
            .expect("this connection serves the object");
    }

    /// Waits until a program adds an icon to the tray.
    #[track_caller]
    pub fn wait_for_icon(&self) -> TrayIcon {
        self.icon_within(PATIENCE).expect("a program should have added an icon to the tray by now")
    }

    /// The icon that a program adds to the tray within `timeout`.
    pub fn icon_within(&self, timeout: Duration) -> Option<TrayIcon> {
        Some(TrayIcon::new(&self.connection, self.registered_within(timeout)?))
    }

    /// The bus name of the program that adds an icon to the tray within `timeout`.
    pub fn registered_within(&self, timeout: Duration) -> Option<String> {
        self.registered.recv_timeout(timeout).ok()
    }
}

/// An icon in the tray, with its menu.
pub struct TrayIcon {
    connection: Connection,
    service: String,
    menu: String,
    changed: Receiver<()>,
}

impl TrayIcon {
    fn new(host: &Connection, service: String) -> Self {
        let (sender, changed) = mpsc::channel();
        let listening = host.clone();
        let rule = format!("type='signal',sender='{service}'");
        let bus = zbus::blocking::fdo::DBusProxy::new(host).expect("the bus has its own interface");
        bus.add_match_rule(rule.as_str().try_into().expect("a match rule"))
            .expect("the bus accepts a match rule");
        let name = service.as_str().try_into().expect("the name of a program");
        let owner = bus.get_name_owner(name).expect("a program that runs");
        let messages = MessageIterator::from(&listening);
        std::thread::spawn(move || {
            for message in messages.flatten() {
                let is_own = message.header().sender() == Some(&*owner);
                if is_own && message.message_type() == Type::Signal && sender.send(()).is_err() {
                    return;
                }
            }
        });
        let mut item = Self { connection: host.clone(), service, menu: String::new(), changed };
        let menu: OwnedObjectPath = item.property("Menu");
        item.menu = menu.to_string();
        item
    }

    /// A property of the icon, such as `Title` or `Status`.
    #[track_caller]
    pub fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> T
    where
        T::Error: Into<zbus::Error>,
    {
        let proxy = self.proxy("/StatusNotifierItem", ITEM);
        proxy.get_property(name).unwrap_or_else(|error| panic!("the icon has a {name}: {error}"))
    }

    /// The text of the tooltip.
    pub fn tooltip(&self) -> String {
        let (_, _, title, text): (String, Vec<Pixmap>, String, String) = self.property("ToolTip");
        [title, text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// The icon's pixels, as ARGB.
    pub fn pixels(&self) -> Vec<u8> {
        let icons: Vec<Pixmap> = self.property("IconPixmap");
        icons.into_iter().next().expect("the icon has pixels").2
    }

    /// The widths of its pictures, in pixels.
    pub fn widths(&self) -> Vec<i32> {
        let icons: Vec<Pixmap> = self.property("IconPixmap");
        icons.into_iter().map(|(width, ..)| width).collect()
    }

    /// The ids of the menu's lines. A line that keeps its id stays in place in an open menu.
    pub fn line_ids(&self) -> Vec<i32> {
        self.entries().into_iter().map(|(id, ..)| id).collect()
    }

    /// The labels of the menu's lines from top to bottom; a separator is `—`.
    pub fn lines(&self) -> Vec<String> {
        self.entries().into_iter().map(|(_, label, _)| label).collect()
    }

    /// Whether *Start at login* is ticked.
    pub fn starts_at_login(&self) -> bool {
        let arguments = (0_i32, -1_i32, vec!["label".to_owned(), "toggle-state".to_owned()]);
        let (_, root): (u32, Layout) =
            self.menu().call("GetLayout", &arguments).expect("the menu has a layout");
        root.2.into_iter().any(|node| {
            let (_, properties, _): Layout = node.try_into().expect("a node of a menu");
            let state = properties.get("toggle-state").and_then(|state| i32::try_from(state).ok());
            let label = properties.get("label").and_then(|label| <&str>::try_from(label).ok());
            label == Some("Start at login") && state == Some(1)
        })
    }

    /// Clicks the line with this label.
    #[track_caller]
    pub fn click(&self, label: &str) {
        let entries = self.entries();
        let (id, _, enabled) = entries
            .iter()
            .find(|(_, text, _)| text == label)
            .unwrap_or_else(|| panic!("{entries:?} has no line {label:?}"));
        assert!(enabled, "{label:?} is disabled");
        let event = (*id, "clicked", Value::from(0_i32), 0_u32);
        self.menu().call::<_, _, ()>("Event", &event).expect("the menu answers a click");
    }

    /// Left-clicks the icon.
    #[track_caller]
    pub fn activate(&self) {
        let item = self.proxy("/StatusNotifierItem", ITEM);
        item.call::<_, _, ()>("Activate", &(0_i32, 0_i32)).expect("the icon accepts a click");
    }

    /// Left-clicks the icon and passes a token that lets the program's window come to the front, as the panels of KDE
    /// and GNOME do on Wayland.
    #[track_caller]
    pub fn activate_with_token(&self, token: &str) {
        let item = self.proxy("/StatusNotifierItem", ITEM);
        item.call::<_, _, ()>("ProvideXdgActivationToken", &token).expect("the icon accepts a token");
        self.activate();
    }

    /// Waits until the condition holds. Checks it again whenever the icon signals a change.
    #[track_caller]
    pub fn wait_until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !condition(self) {
            let remaining = until.saturating_duration_since(Instant::now());
            let changed = self.changed.recv_timeout(remaining);
            assert!(
                changed.is_ok(),
                "{what} did not happen within {PATIENCE:?}. The menu: {:#?}",
                self.lines()
            );
        }
    }

    /// Whether the icon signals a change within `timeout`.
    pub fn changes_within(&self, timeout: Duration) -> bool {
        while self.changed.try_recv().is_ok() {}
        self.changed.recv_timeout(timeout).is_ok()
    }

    /// Waits until the menu has a line with this label.
    #[track_caller]
    pub fn wait_for_line(&self, line: &str) {
        self.wait_until(line, |item| item.lines().iter().any(|text| text == line));
    }

    fn entries(&self) -> Vec<(i32, String, bool)> {
        let arguments = (0_i32, -1_i32, Vec::<String>::new());
        let (_, root): (u32, Layout) =
            self.menu().call("GetLayout", &arguments).expect("the menu has a layout");
        root.2.into_iter().filter(is_visible).map(entry).collect()
    }

    fn menu(&self) -> Proxy<'static> {
        self.proxy(&self.menu, MENU)
    }

    fn proxy(&self, path: &str, interface: &'static str) -> Proxy<'static> {
        zbus::blocking::proxy::Builder::new(&self.connection)
            .destination(self.service.clone())
            .and_then(|builder| builder.path(path.to_owned()))
            .and_then(|builder| builder.interface(interface))
            .map(|builder| builder.cache_properties(zbus::proxy::CacheProperties::No))
            .and_then(zbus::blocking::proxy::Builder::build)
            .expect("a bus name, a path and an interface")
    }
}

fn is_visible(node: &OwnedValue) -> bool {
    let node: Layout = node.try_clone().and_then(TryInto::try_into).expect("a node of a menu");
    node.1.get("visible").is_none_or(|value| bool::try_from(value).unwrap_or(true))
}

fn entry(node: OwnedValue) -> (i32, String, bool) {
    let (id, properties, _): Layout = node.try_into().expect("a node of a menu");
    let text = |name: &str| {
        let value = properties.get(name)?.try_clone().ok()?;
        String::try_from(value).ok()
    };
    let enabled = properties.get("enabled").is_none_or(|value| bool::try_from(value).unwrap_or(true));
    let label = if text("type").as_deref() == Some("separator") {
        "—".to_owned()
    } else {
        // An underscore marks the access key; a doubled one is a literal underscore.
        text("label").unwrap_or_default().replace("__", "\0").replace('_', "").replace('\0', "_")
    };
    (id, label, enabled)
}
