//! Tests the harness on which the other suites rely.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use herokey_tests::{Process, World};

#[test]
fn only_heroku_is_reachable() {
    let world = World::new();
    let account = format!("https://{}/account", world.api_host());
    assert!(world.curl([account.as_str()]).ok().contains("unauthorized"));
    if world.has_own_network() {
        // curl could not resolve the name (6) or not connect (7).
        let code = world.curl(["https://example.com"]).code();
        assert!(matches!(code, Some(6 | 7)), "{code:?}");
    }
}

#[test]
fn no_process_outlives_the_world() {
    let mut world = World::desktop();
    world.set_env("MARKED", "fake");
    // A shell that waits without another program, since one that is just starting is not yet the process that it will be.
    let script = "mkfifo never; setsid sh -c 'echo ready; read line <>never' & wait";
    let shell = world.program("sh").args(["-c", script]).start();
    shell.wait_for("ready");
    let left = world.processes();
    let names: Vec<&str> =
        left.iter().filter_map(|process| process.arguments.first()?.split('/').next_back()).collect();
    for name in ["dbus-daemon", "gnome-keyring-daemon"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let marked = left.iter().filter(|process| process.environment.contains(&"MARKED=fake".to_owned()));
    assert!(marked.count() >= 2, "the shell, and the one that left its session: {left:?}");
    assert!(left.iter().all(Process::is_running), "{left:?}");
    let home = world.home();
    let moved = AssertUnwindSafe(world);
    let panicked = catch_unwind(|| {
        let _world = moved;
        std::panic::resume_unwind(Box::new("a test that fails"));
    });
    assert!(panicked.is_err());
    for process in left {
        assert!(!process.is_running(), "{process:?}");
    }
    assert!(!home.exists());
}

#[test]
fn locks_and_unlocks_the_keyring() {
    let world = World::desktop();
    world.keyring().add("Fake", &[("service", "fake")], "fake-secret");
    let lookup = ["lookup", "service", "fake"];
    assert_eq!(world.secret_tool(lookup).ok(), "fake-secret");
    world.keyring().lock();
    assert!(world.keyring().is_locked());
    assert_eq!(world.keyring().items()[0].secret, None);
    world.keyring().unlock();
    assert_eq!(world.secret_tool(lookup).ok(), "fake-secret");
}

#[test]
fn a_trace_misses_no_program() {
    let world = World::new();
    let script = "/bin/true --password fake-argument; TOKEN=fake-variable /bin/true";
    let finished = world.program("sh").args(["-c", script]).traced().run();
    assert!(
        finished.started_programs.contains("\"/bin/true\", \"--password\", \"fake-argument\""),
        "{}",
        finished.started_programs
    );
    assert!(finished.started_programs.contains("TOKEN=fake-variable"));
}

#[test]
fn the_browser_reports_its_addresses() {
    let world = World::new();
    assert_eq!(world.browser().address_within(Duration::ZERO), None);
    for address in ["https://one.example", "https://two.example"] {
        world.program("xdg-open").arg(address).run().ok();
    }
    assert_eq!(world.browser().wait_for_address(), "https://one.example");
    assert_eq!(world.browser().wait_for_address(), "https://two.example");
}

#[test]
fn a_tree_shows_changes() {
    let world = World::new();
    world.write_file(".config/one", "fake");
    let before = world.tree();
    world.write_file(".config/one", "other");
    world.write_file("two", "fake");
    assert_eq!(before.changes(&world.tree()), ["~ .config/one", "+ two"]);
    assert_eq!(world.tree().files_containing("fake"), [Path::new("two")]);
}
