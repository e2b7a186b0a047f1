//! A system that gives the tray too little, and a record that it must not touch.

use herokey_tests::{ME, TrayHost, World};

const NOT_NOTICED: &str = "⚠ Changes by other programs are not noticed";

#[test]
fn files_are_watched_once_the_system_allows_it() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    world.program("mkfifo").arg("raise").run().ok();
    let limit = "/proc/sys/user/max_inotify_instances";
    let script =
        format!("echo 0 >{limit}; herokey-tray --at-login & read line <raise; echo 128 >{limit}; wait");
    let limited = ["--user", "--map-root-user", "sh", "-c", &script];
    let _tray = world.program("unshare").args(limited).start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(NOT_NOTICED);
    std::fs::write(world.home().join("raise"), "now\n").unwrap();
    icon.wait_until("watching again", |icon| !icon.lines().iter().any(|line| line == NOT_NOTICED));
    world.heroku_login(ME);
    icon.wait_for_line(ME);
}

#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let world = World::desktop();
    world.herokey_login(ME);
    let host = TrayHost::start(&world);
    let tray = world.program("prlimit").args(["--nofile=12", "herokey-tray", "--at-login"]).start();
    let icon = host.wait_for_icon();
    icon.wait_until("an answer", |icon| {
        let lines = icon.lines();
        assert!(!lines.iter().any(|line| line == "Not logged in to Heroku"), "{lines:?}");
        lines.iter().any(|line| line.starts_with('⚠')) || lines.iter().any(|line| line == ME)
    });
    println!("{:#?}\n{}", icon.lines(), tray.output());
}

#[test]
fn the_half_done_action_of_a_newer_herokey_is_left_alone() {
    let world = World::desktop();
    world.herokey_login(ME);
    let journal = ".local/state/herokey/journal.json";
    let newer = "{\"verb\":\"fake-verb\",\"by\":\"tray\",\"started_at\":\"2026-01-01T00:00:00Z\",\
                 \"account\":null,\"place\":null,\"done\":[\"fake\"],\"must_finish\":true,\"outcome\":null,\
                 \"ended_at\":null}";
    world.write_file(journal, newer);
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("⚠ A newer Herokey was interrupted");
    icon.click("Move token to .netrc…");
    assert_eq!(world.browser().wait_for_address(), "--move-to-netrc");
    let refused = world.herokey(["logout"]);
    assert!(refused.failed_with(1).contains("Install the newest Herokey"), "{refused}");
    assert_eq!(world.file(journal).as_deref(), Some(newer));
    assert_eq!(world.herokey(["token"]).code(), Some(0), "reading works");
}

#[test]
fn quit_answers_the_click() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    for _ in 0..10 {
        let tray = world.herokey_program("herokey-tray").start();
        let icon = host.wait_for_icon();
        icon.wait_for_line("Log in…");
        icon.click("Quit");
        tray.finish().ok();
    }
}
