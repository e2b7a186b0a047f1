//! The entry for the start at login, as desktops read it.

use herokey_tests::{TrayHost, TrayIcon, World};

const ENTRY: &str = ".config/autostart/herokey.desktop";
const BROKEN: &str = "⚠ Herokey does not start at login";

#[test]
fn the_tick_says_what_the_session_will_do() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    icon.click("Start at login");
    icon.wait_until("the tick", TrayIcon::starts_at_login);
    let entry = world.file(ENTRY).unwrap();
    for (line, is_on) in [
        ("Hidden = true", false),
        ("[Desktop Action Fake]\nHidden=true", true),
        ("X-GNOME-Autostart-enabled = false", false),
        ("# Hidden=true", true),
    ] {
        let without = entry.replace("X-GNOME-Autostart-enabled=true\n", "");
        world.write_file(ENTRY, &format!("{without}{line}\n"));
        icon.wait_until(line, |icon| icon.starts_at_login() == is_on);
    }
}

#[test]
fn an_entry_for_a_program_that_is_gone_is_a_problem_with_a_fix() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    world.write_file(
        ENTRY,
        "[Desktop Entry]\nType=Application\nTryExec=/opt/fake/tray\nExec=/opt/fake/tray\n",
    );
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(BROKEN);
    assert!(!icon.starts_at_login());
    assert_eq!(world.problem_codes(), ["autostart-broken"]);
    world.herokey(["doctor", "--offline", "--fix"]).ok();
    icon.wait_until("the tick", TrayIcon::starts_at_login);
    assert!(!icon.lines().iter().any(|line| line == BROKEN));
    let exec = world.file(ENTRY).unwrap();
    let exec = exec.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
    let again = world.program("sh").args(["-c", exec]).run();
    again.ok();
}
