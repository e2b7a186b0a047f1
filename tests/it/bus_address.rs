//! Every shape of `DBUS_SESSION_BUS_ADDRESS`: where the real `secret-tool` reaches a keyring, Herokey does too, and an
//! address that leads nowhere never leads to plain text.

use std::fs;
use std::os::unix::fs::symlink;

use herokey_tests::{ME, TrayHost, World};
use heroku_sandbox::Grant;

const TOKEN: &str = "HRKU-fake-token-a1b2";

/// A world with a token in the keyring, and `secret-tool`'s and Herokey's answers with another address.
fn ask(world: &mut World, address: &str) -> (String, String) {
    world.set_env("DBUS_SESSION_BUS_ADDRESS", address);
    let lookup = world.program("secret-tool").args(["lookup", "service", "heroku-cli", "account", ME]).run();
    (lookup.stdout.trim().to_owned(), world.herokey(["token"]).stdout.trim().to_owned())
}

/// The path of the world's bus.
fn socket(world: &World) -> String {
    world.environment()["DBUS_SESSION_BUS_ADDRESS"].strip_prefix("unix:path=").unwrap().to_owned()
}

fn logged_in() -> World {
    let world = World::builder().keyring().build();
    world.store_as_cli(ME, TOKEN);
    world
}

#[test]
fn secret_tool_and_herokey_reach_the_same_keyring() {
    let mut world = logged_in();
    let bus = socket(&world);
    let strange = world.home().join("a, b;c%d");
    symlink(&bus, &strange).unwrap();
    let escaped = strange
        .display()
        .to_string()
        .replace('%', "%25")
        .replace(',', "%2c")
        .replace(';', "%3B")
        .replace(' ', "%20");
    let with_blank = world.home().join("with blank");
    symlink(&bus, &with_blank).unwrap();
    for address in [
        format!("unix:path={bus};unix:path=/nowhere"),
        format!("unix:path=/nowhere;unix:path={bus}"),
        format!("unix:path={bus};"),
        format!(";;unix:path={bus}"),
        format!("unix:path={escaped}"),
        format!("unix:path={}", with_blank.display()),
        format!("unix:path={bus},guid=00000000000000000000000000000000"),
        format!("unix:path={bus},later=1"),
        format!("unix:runtime=yes;unix:path={bus}"),
        format!("unixexec:path=/bin/false;unix:path={bus}"),
        format!("unix:abstract=nowhere;unix:path={bus}"),
        format!("tcp:host=127.0.0.1,port=1;unix:path={bus}"),
        format!("no address at all;unix:path={bus}"),
        format!("unix:path=%zz;unix:path={bus}"),
    ] {
        let (real, ours) = ask(&mut world, &address);
        assert_eq!((real.as_str(), ours.as_str()), (TOKEN, TOKEN), "{address}");
    }
}

#[test]
fn the_socket_of_the_session_is_the_bus_without_an_address() {
    let mut world = logged_in();
    let (real, ours) = ask(&mut world, "");
    println!("secret-tool with an empty address: {real:?}");
    assert_eq!(ours, TOKEN);
    let variables = world.environment().clone();
    let without = variables.iter().filter(|(name, _)| *name != "DBUS_SESSION_BUS_ADDRESS");
    let script = "unset DBUS_SESSION_BUS_ADDRESS; secret-tool lookup service heroku-cli account me@example.com; echo; herokey token";
    let said = without
        .fold(world.program("sh"), |program, (name, value)| program.env(name, value))
        .args(["-c", script])
        .run();
    assert_eq!(said.ok().split_whitespace().collect::<Vec<_>>(), [TOKEN, TOKEN]);
}

#[test]
fn an_address_that_leads_nowhere_is_never_a_reason_for_plain_text() {
    let mut world = World::builder().keyring().build();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    for address in [
        "unix:path=/nowhere",
        "unix:path=/nowhere;unix:abstract=nowhere",
        "unix:runtime=yes",
        "unix:tmpdir=/tmp",
        "autolaunch:",
        "unixexec:path=/bin/false",
        "tcp:host=127.0.0.1,port=1",
        "launchd:env=X",
        "nonsense",
        "unix:path=%zz",
    ] {
        let (real, _) = ask(&mut world, address);
        assert_eq!(real, "", "secret-tool reaches no keyring either: {address}");
        let login =
            world.herokey_program("herokey").args(["login", "--method", "token"]).input(token.as_str()).run();
        assert!(login.failed_with(5).contains("cannot be reached"), "{address}: {login}");
        assert_eq!(world.file(".netrc"), None, "{address}");
        let status: serde_json::Value =
            serde_json::from_str(world.herokey(["status", "--offline", "--json"]).ok()).unwrap();
        assert_eq!(status["stores"]["keychain"]["state"], "unreachable", "{address}");
    }
    world
        .herokey_program("herokey")
        .args(["login", "--method", "token", "--store", "netrc"])
        .input(token.as_str())
        .run()
        .ok();
}

#[test]
fn the_tray_understands_the_address_too() {
    let mut world = logged_in();
    let bus = socket(&world);
    let host = TrayHost::start(&world);
    world.set_env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path=/nowhere;unix:path={bus}"));
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(ME);
    world.keyring().lock();
    icon.wait_for_line("Your keychain is locked");
    assert!(fs::exists(bus).unwrap());
}
