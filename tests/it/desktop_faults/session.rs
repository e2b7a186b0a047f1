//! Sessions that end while the bus goes on, and several sessions of one person.

use herokey_tests::{Compositor, Display, Program, Running, TrayHost, TrayIcon, World, eventually};
use rustix::process::Signal;

fn at_login(world: &World) -> Program {
    world.herokey_program("herokey-tray").arg("--at-login")
}

fn icon(host: &TrayHost) -> TrayIcon {
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    icon
}

/// Starts a tray in the next session on the same bus, and expects it to take the place of the first one and to open a
/// window.
fn hands_over(world: &World, host: &TrayHost, first: &Running) {
    let _next = at_login(world).start();
    let icon = icon(host);
    assert!(first.ends_within_timeout(), "{}", first.output());
    icon.activate();
    eventually("a window", || (!world.windows().is_empty()).then_some(()));
}

#[test]
fn a_tray_without_its_x_server_leaves_the_bus_to_the_next() {
    let mut world = World::desktop();
    let host = TrayHost::start(&world);
    let display = Display::start(&mut world);
    let first = at_login(&world).start();
    icon(&host);
    // While it has its display, it stays.
    at_login(&world).run().ok();
    // Started first, because it would get the name of one that has ended.
    let _next = Display::start(&mut world);
    drop(display);
    hands_over(&world, &host, &first);
}

#[test]
fn a_tray_without_its_compositor_leaves_the_bus_to_the_next() {
    let mut world = World::desktop();
    let host = TrayHost::start(&world);
    let compositor = Compositor::start(&mut world);
    let first = at_login(&world).start();
    icon(&host);
    at_login(&world).run().ok();
    let _next = Compositor::start(&mut world);
    compositor.stop();
    hands_over(&world, &host, &first);
}

#[test]
fn a_tray_that_hangs_is_replaced() {
    let mut world = World::desktop();
    let host = TrayHost::start(&world);
    let _display = Display::start(&mut world);
    let first = at_login(&world).start();
    icon(&host);
    first.signal(Signal::STOP);
    let _next = at_login(&world).start();
    icon(&host);
    first.signal(Signal::CONT);
    assert!(first.ends_within_timeout(), "{}", first.output());
}

#[test]
fn two_sessions_with_a_bus_each_both_get_an_icon() {
    let world = World::desktop();
    let address = format!("unix:path={}", world.runtime().join("second-bus").display());
    let bus = world.program("dbus-daemon").args(["--session", "--nofork", "--nopidfile", "--print-address"]);
    let bus = bus.arg(format!("--address={address}")).start();
    bus.wait_for("unix:path=");
    let connection = zbus::blocking::connection::Builder::address(address.as_str()).unwrap().build();
    let hosts = [TrayHost::start(&world), TrayHost::on(connection.unwrap())];
    let _first = at_login(&world).start();
    icon(&hosts[0]);
    let _second = at_login(&world).env("DBUS_SESSION_BUS_ADDRESS", address).start();
    icon(&hosts[1]);
}
