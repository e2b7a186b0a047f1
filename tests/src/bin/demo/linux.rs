//! `cargo xtask demo`: the whole app against a Heroku on localhost, with its own home folder and keyring.
//!
//! With a display, the icon appears in your tray. Without one, the demo clicks through a login under Xvfb and saves a
//! screenshot of each state.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a demo prints to a terminal, and panics with the reason if it cannot continue"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use herokey_tests::{Display, ME, Page, TrayHost, World, herokey_path};
use heroku_sandbox::{Account, Fault, FaultRule};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The variables of your session that a program needs to appear on your screen.
const SESSION_VARIABLES: [&str; 6] = [
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP",
    "DESKTOP_SESSION",
];

pub(crate) fn run() {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if has_display { run_in_your_tray() } else { walk_through() }
}

fn run_in_your_tray() {
    let mut world = World::builder().keyring().shared_network().build();
    world.sandbox().add_account(Account::new("other@example.com"));
    open_pages_in_your_browser(&world);
    for name in SESSION_VARIABLES {
        if let Ok(value) = std::env::var(name) {
            world.set_env(name, value);
        }
    }
    let script = write_shell_script(&world);
    let demo_bus = world.environment()["DBUS_SESSION_BUS_ADDRESS"].clone();
    let mut tray = world.herokey_program("herokey-tray").env("HEROKEY_KEYRING_BUS", demo_bus);
    if let Ok(bus) = std::env::var("DBUS_SESSION_BUS_ADDRESS") {
        tray = tray.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    println!(
        "Herokey is now in your tray, or its window is open. Log in as {ME}. Your own files and keychain stay as they are."
    );
    println!("To run heroku, git and curl inside the demo:\n\n  sh {}\n", script.display());
    println!("To end the demo, quit Herokey or press Ctrl-C here.");
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP, SIGCHLD]).expect("a program can handle its signals");
    let tray = tray.start();
    // Until you quit Herokey or end the demo. Dropping the world then kills everything that runs in it.
    while signals.wait().all(|signal| signal == SIGCHLD) && !tray.has_ended() {}
    if tray.has_ended() {
        print!("{}", tray.output());
    }
}

/// Makes Heroku's login page open in your own browser, with your own settings.
fn open_pages_in_your_browser(world: &World) {
    let script = world.home().with_file_name("bin").join("xdg-open");
    let yours = |name| format!("{name}='{}'", std::env::var(name).unwrap_or_default());
    let variables = ["HOME", "PATH", "DBUS_SESSION_BUS_ADDRESS"].map(yours).join(" ");
    let text = format!("#!/bin/sh\nunset BROWSER\n{variables} exec xdg-open \"$1\"\n");
    fs::write(&script, text).expect("the folder of the demo can be written");
}

/// Writes a script that opens a shell inside the demo. It gets none of your own variables, such as `HEROKU_API_KEY` and
/// `XDG_DATA_HOME`.
fn write_shell_script(world: &World) -> PathBuf {
    let script = world.home().with_file_name("terminal");
    let only_for_tests = ["NO_COLOR", "TERM"];
    let variables = world.environment().iter().filter(|(name, _)| !only_for_tests.contains(&name.as_str()));
    let variables: Vec<String> = variables.map(|(name, value)| format!("{name}='{value}'")).collect();
    let text = format!(
        "cd '{}'\n\
         echo 'Try: heroku whoami; herokey status; git ls-remote https://{}/app.git; curl -n https://{}/account'\n\
         exec env -i TERM=\"$TERM\" PS1='demo $ ' {} /bin/sh\n",
        world.home().display(),
        world.git_host(),
        world.api_host(),
        variables.join(" "),
    );
    fs::write(&script, text).expect("the folder of the demo can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("a new file's mode can be set");
    script
}

fn walk_through() {
    let mut world = World::desktop();
    let folder = herokey_path("herokey").with_file_name("demo-pictures");
    fs::create_dir_all(&folder).expect("the build folder can be written");
    println!("There is no display here, so the demo clicks through a login under Xvfb.");
    let _display = Display::start(&mut world);
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    println!("tray: {}", icon.lines().join(" | "));

    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=screen-signedOut]");
    save_screenshot(&window, &folder, "1-signed-out");
    window.click("[data-testid=log-in]");
    window.text("[data-testid=login-address]");
    save_screenshot(&window, &folder, "2-waiting");

    let browser = Page::browser(&world);
    browser.open(&world.browser().wait_for_address());
    save_screenshot(&browser, &folder, "3-login-page");
    browser.click("#log-in");
    window.wait_for("notice", "Logged in as");
    window.click("[data-testid=notice-dismiss]");
    window.wait_until_gone("notice");
    save_screenshot(&window, &folder, "4-signed-in");
    icon.wait_for_line("Token in keychain · expires in 30 days");
    println!("tray: {}", icon.lines().join(" | "));
    println!("heroku whoami: {}", world.heroku(["whoami"]).ok());
    println!("herokey status:\n{}", world.herokey(["status"]).ok());

    let host = world.api_host();
    world.write_file(".netrc", &format!("machine {host}\n  login {ME}\n  password HRKU-fake-forgotten\n"));
    window.text("[data-testid=problem-netrc-stale-copy]");
    save_screenshot(&window, &folder, "5-attention");
    window.click("[data-testid=problem-netrc-stale-copy] button");
    window.wait_until_gone("problem-netrc-stale-copy");
    window.text("[data-testid=notice]");
    save_screenshot(&window, &folder, "5b-fixed");
    window.click("[data-testid=notice-dismiss]");
    window.wait_until_gone("notice");

    world.herokey(["move", "netrc"]).ok();
    window.text("[data-testid=problem-netrc-plain-token]");
    save_screenshot(&window, &folder, "6-in-netrc");
    window.click("[data-testid=move]");
    window.wait_for("notice", "has moved to the keychain");
    save_screenshot(&window, &folder, "7-moved");
    window.click("[data-testid=notice-dismiss]");
    window.wait_until_gone("notice");

    add_other_programs(&world);
    window.text("[data-testid=problem-mcp-plain-token]");
    window.click("[data-testid=other-programs] > summary");
    save_screenshot(&window, &folder, "7b-programs");

    let down = FaultRule { method: None, path: "/oauth/*".to_owned(), times: 20, fault: Fault::DropBefore };
    world.sandbox().add_fault(down);
    window.click("[data-testid=log-out]");
    window.wait_for("notice", "could not be reached");
    save_screenshot(&window, &folder, "8-heroku-unreachable");
    world.sandbox().clear_faults();
    window.click("[data-testid=notice-log_out]");
    window.wait_for("notice", "Logged out of");
    save_screenshot(&window, &folder, "9-logged-out");
    icon.wait_until("the end of the logout", |icon| {
        !icon.lines().iter().any(|line| line.ends_with("logging out…"))
    });
    println!("tray: {}", icon.lines().join(" | "));
    println!("\nThe screenshots are in {}", folder.display());
}

/// An editor with Heroku's extension, and an assistant with a token of its own in its configuration.
fn add_other_programs(world: &World) {
    world.write_file(".vscode/extensions/heroku-dev-tools.heroku-1.0.7/package.json", "{}\n");
    world.write_file(
        ".cursor/mcp.json",
        "{\n  \"mcpServers\": {\n    \"heroku\": {\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \
         \"@heroku/mcp-server\"],\n      \"env\": { \"HEROKU_API_KEY\": \
         \"HRKU-fake-assistants-0001\" }\n    }\n  }\n}\n",
    );
}

fn save_screenshot(page: &Page, folder: &Path, name: &str) {
    let path = folder.join(format!("{name}.png"));
    page.screenshot(&path);
    println!("screenshot: {}", path.display());
}
