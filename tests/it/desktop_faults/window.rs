//! A window that cannot start, crashes, or loses the process that draws it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use herokey_tests::{
    Display, Notifications, PATIENCE, Process, Running, TrayHost, TrayIcon, World, eventually, herokey_path,
};
use rustix::process::{Pid, Signal, kill_process};

const SOFTWARE: &str = "LIBGL_ALWAYS_SOFTWARE=1";
const NO_WINDOW: &str = "Herokey's window could not be opened";
const STILL_WORKS: &str = "Everything else in this icon's menu works";

/// A tray beside a window that is this script.
fn tray_beside(world: &World, window: &str) -> (TrayHost, Running, TrayIcon) {
    let host = TrayHost::start(world);
    let tray = world.tray_beside_a_fake_window();
    let path = world.home().with_file_name("bin").join("beside-a-fake-window/herokey-desktop");
    fs::write(&path, format!("#!/bin/sh\n{window}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let tray = tray.start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    (host, tray, icon)
}

#[test]
fn a_missing_library_is_named() {
    let world = World::desktop();
    if !world.has_own_network() {
        println!("skipped: a mount needs namespaces, and this machine allows none");
        return;
    }
    let window = herokey_path("herokey-desktop").display().to_string();
    let libraries = world.program("ldd").arg(&window).run().ok().to_owned();
    let library = libraries.lines().find_map(|line| line.trim().strip_prefix("libwebkit2gtk-"));
    let library = library.and_then(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    world
        .program("mount")
        .args(["--bind", "/dev/null", library.expect("the window draws with it")])
        .run()
        .ok();
    let notifications = Notifications::start(&world);
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    icon.activate();
    let shown = notifications.next();
    assert_eq!(shown.title, NO_WINDOW);
    assert!(shown.body.contains("exit status: 127") && shown.body.contains("libwebkit2gtk"), "{shown:?}");
    assert!(shown.body.contains(STILL_WORKS), "{shown:?}");
}

#[test]
fn without_a_notification_server_the_menu_says_it() {
    let world = World::desktop();
    let (_host, _tray, icon) = tray_beside(&world, "echo 'no display: Failed' >&2; exit 1");
    icon.activate();
    icon.wait_for_line(&format!("⚠ {NO_WINDOW}"));
    let tooltip = icon.tooltip();
    assert!(tooltip.contains("no display: Failed") && tooltip.contains(STILL_WORKS), "{tooltip}");
}

#[test]
fn a_window_that_crashes_starts_again_in_software() {
    let world = World::desktop();
    let window = "test \"$HEROKEY_DRAWS_IN_SOFTWARE\" || kill -SEGV $$\n\
                  exec xdg-open \"$LIBGL_ALWAYS_SOFTWARE $WEBKIT_DISABLE_DMABUF_RENDERER $*\"";
    let (_host, _tray, icon) = tray_beside(&world, window);
    icon.activate_with_token("fake-token");
    assert_eq!(world.browser().wait_for_address(), "1 1 --activation=fake-token");
}

#[test]
fn a_window_that_crashes_again_is_explained() {
    let world = World::desktop();
    let notifications = Notifications::start(&world);
    let (_host, _tray, icon) = tray_beside(&world, "xdg-open tried; kill -SEGV $$");
    icon.activate();
    let shown = notifications.next();
    assert!(shown.body.contains("It crashed (signal: 11 (SIGSEGV))"), "{shown:?}");
    let tries = [Duration::from_secs(5), Duration::from_secs(5), Duration::from_millis(100)];
    let tries = tries.map(|timeout| world.browser().address_within(timeout).is_some());
    assert_eq!(tries, [true, true, false], "one start and one retry");
}

fn web_process(world: &World) -> Option<Process> {
    let is_web_process =
        |process: &Process| process.arguments.first().is_some_and(|name| name.ends_with("WebKitWebProcess"));
    world.processes().into_iter().find(|process| is_web_process(process) && process.is_running())
}

/// Whether a page is on the screen: more than the background of a window.
fn is_drawn(display: &Display) -> bool {
    let dump = display.pixels();
    // The size of the header and the number of colours in the table after it, 12 bytes each (`XWDFile.h`).
    let field = |index: usize| u32::from_be_bytes(dump[index * 4..][..4].try_into().unwrap()) as usize;
    let mut colours: Vec<&[u8]> = dump[field(0) + field(19) * 12..].chunks_exact(4).collect();
    colours.sort_unstable();
    colours.dedup();
    colours.len() > 60
}

fn kill(process: &Process) {
    kill_process(Pid::from_raw(process.id).unwrap(), Signal::KILL).unwrap();
    assert!(process.ends_within(PATIENCE));
}

#[test]
fn without_a_working_egl_the_page_is_drawn_in_software() {
    let mut world = World::desktop();
    let display = Display::start(&mut world);
    let window = world.herokey_program("herokey-desktop");
    let window = window.env("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent").start();
    eventually("a page", || is_drawn(&display).then_some(()));
    let process = eventually("a web process", || web_process(&world));
    assert!(process.environment.iter().any(|variable| variable == SOFTWARE), "{process:?}");
    assert!(!window.has_ended());
}

#[test]
fn a_killed_web_process_is_started_once_and_then_asked_about() {
    let mut world = World::desktop();
    world.set_env("HEROKEY_LOG", "debug");
    let display = Display::start(&mut world);
    let window = world.herokey_program("herokey-desktop").start();
    // The picture alone does not tell: the one that a killed process leaves stays for a while.
    let wait_for_page = |count| {
        eventually("a page", || {
            (window.output().matches("the page is loaded").count() == count).then_some(())
        });
    };
    wait_for_page(1);
    let first = web_process(&world).unwrap();
    kill(&first);
    let second = eventually("a new web process", || web_process(&world));
    assert_ne!(first.id, second.id);
    let in_software = |process: &Process| process.environment.iter().any(|one| one == SOFTWARE);
    assert!(!in_software(&second), "the page had been drawn, so the card is not to blame");
    wait_for_page(2);
    kill(&second);
    let named = ["search", "--sync", "--onlyvisible", "--name", "Herokey's window stopped working"];
    let dialog = world.program("xdotool").args(named).run().ok().trim().parse().unwrap();
    assert!(web_process(&world).is_none(), "it waits for an answer");
    display.close(dialog);
    window.finish().ok();
}
