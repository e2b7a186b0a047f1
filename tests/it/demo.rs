//! The demo, as a user with a display and a tray runs it.

use std::path::Path;

use herokey_tests::{Display, ME, TrayHost, World};
use rustix::process::Signal;

#[test]
fn shows_a_login_and_ends_everything_it_started() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    world.set_env("HEROKU_API_KEY", "HRKU-fake-of-the-person");
    let before = world.tree();
    let host = TrayHost::start(&world);
    let demo = world.program(env!("CARGO_BIN_EXE_demo")).start();
    demo.wait_for("Ctrl-C");
    let icon = host.wait_for_icon();
    icon.wait_for_line("Log in…");
    icon.click("Log in…");
    world.approve(&world.browser().wait_for_address(), ME);
    icon.wait_for_line("Token in keychain · expires in 30 days");

    let output = demo.output();
    let terminal = output.lines().find_map(|line| line.trim().strip_prefix("sh ")).expect("a line to run");
    let commands = "heroku whoami; curl --silent -n \"$HEROKU_HOST/account\"; env";
    let shell = world.program("sh").arg(terminal).input(commands).run();
    assert!(shell.ok().lines().any(|line| line == ME), "{shell}");
    assert!(shell.stdout.contains("\"unauthorized\""), "curl has no token: {shell}");
    assert!(!shell.stdout.contains("of-the-person"), "{shell}");

    let folder = Path::new(terminal).parent().expect("a path in the demo's folder");
    let home = format!("HOME={}", folder.join("home").display());
    let runs = || world.processes().iter().any(|process| process.environment.contains(&home));
    assert!(runs(), "the tray and the window");
    demo.signal(Signal::INT);
    demo.finish().ok();
    assert!(!runs(), "{:?}", world.processes());
    assert!(!folder.exists());
    assert_eq!(before.changes(&world.tree()), [""; 0], "nothing of the person's is touched");
}
