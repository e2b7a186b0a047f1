//! Attacks by a stranger on the session bus.

use std::os::unix::fs::symlink;
use std::time::Duration;

use herokey_tests::{Display, ME, Notifications, Page, Running, TrayHost, TrayIcon, World};
use heroku_sandbox::{Fault, FaultRule, Grant};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;
use zbus::zvariant::{DynamicType, Value};

/// How long to wait for something that must not happen.
const MOMENT: Duration = Duration::from_millis(700);

/// A program on the session bus that owns no name, such as a Flatpak without any permission.
struct Stranger {
    connection: Connection,
    everyone: Vec<String>,
}

impl Stranger {
    fn on(world: &World) -> Self {
        let connection = world.connect_to_bus();
        let names = DBusProxy::new(&connection).unwrap().list_names().unwrap();
        let everyone = names.into_iter().map(|name| name.to_string()).filter(|name| name.starts_with(':'));
        Self { everyone: everyone.collect(), connection }
    }

    /// Sends a signal to everyone, first as a broadcast, then to each connection by itself.
    fn emit(
        &self,
        path: &str,
        interface: &str,
        member: &str,
        body: &(impl zbus::export::serde::Serialize + DynamicType),
    ) {
        let to_all = std::iter::once(None).chain(self.everyone.iter().map(|name| Some(name.as_str())));
        for to in to_all {
            self.connection.emit_signal(to, path, interface, member, body).unwrap();
        }
        // The bus handles the messages of a connection in order.
        DBusProxy::new(&self.connection).unwrap().get_id().unwrap();
    }

    /// Says that a name has another owner.
    fn claim(&self, name: &str) {
        let own = self.connection.unique_name().unwrap().to_string();
        let bus = "org.freedesktop.DBus";
        for (before, after) in [("", own.as_str()), (own.as_str(), "")] {
            self.emit("/org/freedesktop/DBus", bus, "NameOwnerChanged", &(name, before, after));
        }
        for server in &self.everyone {
            self.emit("/org/freedesktop/DBus", bus, "NameOwnerChanged", &(name, server.as_str(), ""));
            self.emit(
                "/org/freedesktop/DBus",
                bus,
                "NameOwnerChanged",
                &(name, server.as_str(), own.as_str()),
            );
        }
    }
}

/// The menu of a tray that shows a token in the keychain and no problem.
fn settled(host: &TrayHost) -> TrayIcon {
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in keychain · expires in 30 days");
    while icon.changes_within(MOMENT) {}
    icon
}

#[test]
fn a_stranger_cannot_press_the_button_of_a_notification() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.herokey(["move", "netrc"]).ok();
    let notifications = Notifications::start(&world);
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in .netrc, plain text · expires in 30 days");
    icon.click("Move token to keychain");
    icon.wait_for_line("Token in keychain · expires in 30 days");
    let shown = notifications.next();

    let stranger = Stranger::on(&world);
    let (path, server) = ("/org/freedesktop/Notifications", "org.freedesktop.Notifications");
    stranger.claim(server);
    for id in 0..20_u32 {
        stranger.emit(path, server, "ActivationToken", &(id, "stolen"));
        for action in ["act", "default"] {
            stranger.emit(path, server, "ActionInvoked", &(id, action));
        }
        stranger.emit(path, server, "NotificationClosed", &(id, 2_u32));
    }
    assert_eq!(world.browser().address_within(MOMENT), None, "no window");
    notifications.press(&shown, "Move back");
    assert_eq!(world.browser().wait_for_address(), "--activation=fake-token --move-to-netrc");
    assert!(!world.netrc().unwrap().contains(world.herokey(["token"]).ok()));
}

#[test]
fn a_notification_ends_with_its_server_and_the_next_server_is_heard() {
    let world = World::desktop();
    world.herokey_login(ME);
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let icon = settled(&host);
    let copy = |notifications: &Notifications| {
        icon.click("Copy token");
        let shown = notifications.next();
        assert_eq!(shown.title, "Could not copy to the clipboard");
        shown
    };
    let first = Notifications::start(&world);
    let before = copy(&first);
    drop(first);
    let second = Notifications::start(&world);
    second.press(&before, "Open Herokey");
    assert_eq!(world.browser().address_within(MOMENT), None, "that notification is gone");
    let after = copy(&second);
    second.press(&after, "Open Herokey");
    assert_eq!(world.browser().wait_for_address(), "--activation=fake-token");
}

/// A machine without `secret-tool`, and a tray that warns about that. The program is there now, but nothing reports it, so
/// the warning goes with the next survey, whatever that is for.
struct Outdated {
    world: World,
    icon: TrayIcon,
    _host: TrayHost,
    _tray: Running,
}

impl Outdated {
    const WARNING: &str = "⚠ The Heroku CLI cannot read the keychain";

    fn new() -> Self {
        let world = World::builder().keyring().without_program("secret-tool").build();
        let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
        world.add_to_keyring(ME, &token);
        world.write_login_json(ME);
        let host = TrayHost::start(&world);
        let tray = world.herokey_program("herokey-tray").start();
        let icon = host.wait_for_icon();
        icon.wait_for_line(Self::WARNING);
        while icon.changes_within(MOMENT) {}
        let program = world.home().with_file_name("bin").join("secret-tool");
        symlink("/usr/bin/secret-tool", program).unwrap();
        Self { world, icon, _host: host, _tray: tray }
    }

    #[track_caller]
    fn stays(&self) {
        assert!(!self.icon.changes_within(MOMENT), "{:?}", self.icon.lines());
        assert!(self.icon.lines().iter().any(|line| line == Self::WARNING));
    }

    #[track_caller]
    fn is_surveyed(&self) {
        let warns = |icon: &TrayIcon| icon.lines().iter().any(|line| line == Self::WARNING);
        self.icon.wait_until("a survey", |icon| !warns(icon));
    }
}

#[test]
fn a_stranger_cannot_make_the_tray_survey() {
    let machine = Outdated::new();
    let stranger = Stranger::on(&machine.world);
    let secrets = "/org/freedesktop/secrets";
    for name in ["org.freedesktop.secrets", "org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"] {
        stranger.claim(name);
        stranger.emit("/ScreenSaver", name, "ActiveChanged", &(false,));
    }
    for member in ["ItemCreated", "ItemChanged", "ItemDeleted"] {
        stranger.emit(secrets, "org.freedesktop.Secret.Collection", member, &(Value::from("fake"),));
    }
    stranger.emit(secrets, "org.freedesktop.DBus.Properties", "PropertiesChanged", &("fake",));
    stranger.emit("/fake", "org.example.Fake", "Anything", &());
    machine.stays();
    machine.world.keyring().add("Fake", &[("service", "fake")], "fake-secret");
    machine.is_surveyed();
}

#[test]
fn the_screen_lock_counts_once_a_program_provides_it() {
    let machine = Outdated::new();
    let screen_lock = Stranger::on(&machine.world);
    screen_lock.connection.request_name("org.gnome.ScreenSaver").unwrap();
    machine.stays();
    screen_lock.emit("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged", &(false,));
    machine.is_surveyed();
}

#[test]
fn only_the_kernel_reports_routes() {
    let world = World::desktop();
    assert!(world.has_own_network(), "sockets of its own");
    world.herokey_login(ME);
    std::fs::remove_file(world.home().join(".local/state/herokey/tokens.json")).unwrap();
    let down = FaultRule { method: None, path: "*".to_owned(), times: 1000, fault: Fault::DropBefore };
    world.sandbox().add_fault(down);
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in keychain");
    while icon.changes_within(MOMENT * 3) {}
    world.sandbox().clear_faults();
    forge_routes();
    assert!(!icon.changes_within(MOMENT), "{:?}", icon.lines());
    world.program("ip").args(["route", "add", "192.0.2.0/24", "dev", "lo"]).run().ok();
    icon.wait_for_line("Token in keychain · expires in 30 days");
}

/// Sends a new route to every socket of this network that waits for routes (proc(5), "/proc/net/netlink").
fn forge_routes() {
    use rustix::net::netlink::SocketAddrNetlink;
    use rustix::net::{AddressFamily, SendFlags, SocketType, sendto, socket};

    let sockets = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
    let ports = sockets.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        (fields.get(1..4)?[0] == "0" && fields[3] == "00000440").then(|| fields[2].parse::<u32>().unwrap())
    });
    let stranger = socket(AddressFamily::NETLINK, SocketType::RAW, None).unwrap();
    let mut message = [0; 16];
    message[..6].copy_from_slice(&[16, 0, 0, 0, 24, 0]);
    let sent = ports.map(|port| {
        sendto(&stranger, &message, SendFlags::empty(), &SocketAddrNetlink::new(port, 0)).unwrap()
    });
    assert!(sent.count() > 0, "{sockets}");
}

struct Portal;

#[zbus::interface(name = "org.freedesktop.portal.Settings")]
impl Portal {
    #[expect(clippy::unused_self, reason = "the interface macro of zbus requires it")]
    fn read(&self, namespace: &str, key: &str) -> zbus::zvariant::OwnedValue {
        assert_eq!((namespace, key), ("org.freedesktop.appearance", "color-scheme"));
        1_u32.into()
    }
}

#[test]
fn only_the_portal_changes_the_colours() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    while icon.changes_within(MOMENT) {}
    let dark = icon.pixels();
    let (path, settings) = ("/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings");
    let light = ("org.freedesktop.appearance", "color-scheme", Value::U32(2));

    let stranger = Stranger::on(&world);
    stranger.claim("org.freedesktop.portal.Desktop");
    stranger.emit(path, settings, "SettingChanged", &light);
    assert!(!icon.changes_within(MOMENT));
    assert!(icon.pixels() == dark);

    let portal = Stranger::on(&world);
    portal.connection.object_server().at(path, Portal).unwrap();
    portal.connection.request_name("org.freedesktop.portal.Desktop").unwrap();
    portal.emit(path, settings, "SettingChanged", &light);
    icon.wait_until("a light panel", |icon| icon.pixels() != dark);
}

#[test]
fn the_window_asks_before_it_does_what_another_program_wants() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.herokey(["move", "netrc"]).ok();
    world.herokey(["move", "keychain"]).ok();
    world.herokey(["git", "remove"]).ok();
    let window = Page::herokey_window(&world, &[]);
    window.click("[data-testid=fix-set_git_helper]");
    window.wait_for("notice", "git");
    let configuration = world.file(".gitconfig");
    let stranger = world.connect_to_bus();
    let hand_over = |argument: &str| {
        let name = "dev.herokey.desktop.SingleInstance";
        let path = "/dev/herokey/desktop/SingleInstance";
        let arguments = (vec!["herokey-desktop", argument], "/");
        let call = stranger.call_method(
            Some(name),
            path,
            Some("org.SingleInstance.DBus"),
            "ExecuteCallback",
            &arguments,
        );
        call.unwrap();
    };

    for (argument, question) in [
        ("--move-to-netrc", "Move the token to .netrc?"),
        ("--undo", "Undo the last change?"),
        ("--regenerate", "Replace your token with a new one?"),
    ] {
        let before = world.sandbox().requests().len();
        hand_over(argument);
        window.wait_for("notice", question);
        assert_eq!(world.herokey(["token"]).ok(), token);
        assert!(!world.netrc().unwrap_or_default().contains(&token), "{argument}");
        assert_eq!(world.file(".gitconfig"), configuration, "{argument}");
        assert_eq!(world.sandbox().requests().len(), before, "{argument}");
    }
    world.herokey_program("herokey-desktop").arg("--regenerate").run().ok();
    window.wait_for("notice", "Replace your token with a new one?");
    assert!(world.sandbox().is_live(&token));
    window.click("[data-testid=notice-regenerate]");
    window.wait_for("notice", "Regenerated");
    assert!(!world.sandbox().is_live(&token));
}
