//! What a notification would have said is in the tray's menu when nobody shows notifications.

use herokey_tests::{Display, ME, Running, TrayHost, TrayIcon, World, eventually};
use heroku_sandbox::Grant;
use rustix::process::Signal;

const OTHER: &str = "other@example.com";
const MISSED: &str = "⚠ The token";

/// A machine on which switching to another account fails: netrc has the only copy of the token in use.
fn stuck() -> World {
    stuck_in(World::builder().session_bus().build())
}

fn stuck_in(world: World) -> World {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    let file = format!("username: {OTHER}\npassword: HRKU-fake-other\n");
    world.write_file(".config/heroku/accounts/work", &file);
    world
}

fn tray(world: &World) -> (TrayHost, Running, TrayIcon) {
    let host = TrayHost::start(world);
    let tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(OTHER);
    (host, tray, icon)
}

fn first_line(icon: &TrayIcon) -> String {
    icon.lines().first().cloned().unwrap_or_default()
}

/// Fails to switch, and expects the failure in the menu and the tooltip, and the window.
fn fails_and_says_so(world: &World, icon: &TrayIcon) {
    icon.click(OTHER);
    icon.wait_until("the failure", |icon| first_line(icon).starts_with(MISSED));
    let tooltip = icon.tooltip();
    assert!(tooltip.contains("is stored only in ~/.netrc"), "{tooltip}");
    assert!(tooltip.contains("Switching would lose it"), "{tooltip}");
    assert_eq!(world.browser().wait_for_address(), "", "the window opens");
}

#[test]
fn a_failure_without_a_server_is_in_the_menu_until_it_is_seen() {
    let world = stuck();
    let (_host, _tray, icon) = tray(&world);
    fails_and_says_so(&world, &icon);
    icon.click(&first_line(&icon));
    assert_eq!(world.browser().wait_for_address(), "", "the line opens the window");
    icon.wait_until("no failure", |icon| first_line(icon) == ME);
    assert!(!icon.tooltip().contains("Switching"), "{}", icon.tooltip());
}

#[test]
fn a_failure_that_the_server_refuses_is_in_the_menu() {
    let world = stuck();
    world.set_bus_policy("<deny send_destination='org.freedesktop.Notifications'/>");
    let (_host, _tray, icon) = tray(&world);
    fails_and_says_so(&world, &icon);
}

#[test]
fn a_success_without_a_server_is_in_the_menu_and_opens_no_window() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.herokey(["move", "netrc"]).ok();
    let host = TrayHost::start(&world);
    let tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Move token to keychain");
    icon.click("Move token to keychain");
    icon.wait_for_line("✓ Your token has moved to the keychain");
    icon.click("Quit");
    tray.finish().ok();
    assert_eq!(world.browser().address_within(std::time::Duration::ZERO), None);
}

/// dunst on a screen of its own, once it owns the name of the notification server.
fn dunst(world: &World) -> Running {
    let bus = world.connect_to_bus();
    let names = zbus::blocking::fdo::DBusProxy::new(&bus).unwrap();
    let owned = &[(0, "org.freedesktop.Notifications")];
    let mut changes = names.receive_name_owner_changed_with_args(owned).unwrap();
    let dunst = world.program("dunst").start();
    assert!(changes.any(|change| change.args().unwrap().new_owner().is_some()), "{}", dunst.output());
    dunst
}

/// How many notifications dunst shows.
fn shown(world: &World) -> u32 {
    let bus = world.connect_to_bus();
    let dunst = zbus::blocking::Proxy::new(
        &bus,
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
        "org.dunstproject.cmd0",
    );
    dunst.unwrap().get_property("displayedLength").unwrap()
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let mut world = stuck();
    let _display = Display::start(&mut world);
    let dunst = dunst(&world);
    let (_host, _tray, icon) = tray(&world);
    icon.click(OTHER);
    eventually("a notification", || (shown(&world) > 0).then_some(()));
    icon.wait_until("that dunst shows it", |icon| first_line(icon) == ME);

    dunst.signal(Signal::STOP);
    fails_and_says_so(&world, &icon);
    dunst.signal(Signal::CONT);
    icon.wait_until("what dunst shows late", |icon| first_line(icon) == ME);

    dunst.signal(Signal::KILL);
    assert!(dunst.ends_within_timeout());
    fails_and_says_so(&world, &icon);
}
