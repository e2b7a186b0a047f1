//! The tray notices changes by other programs, and stays available whatever the desktop does.

use std::fs;
use std::os::unix::fs::symlink;

use herokey_tests::{Display, ME, Notifications, TrayHost, TrayIcon, World, netrc_record};
use heroku_sandbox::Grant;
use rustix::process::Signal;

const OTHER: &str = "other@example.com";

/// `~/.netrc` with this account's token, as the CLI writes it.
fn netrc(email: &str) -> String {
    let token = format!("HRKU-fake-{email}");
    netrc_record("api.heroku.com", email, &token) + &netrc_record("git.heroku.com", email, &token)
}

fn sh(world: &World, script: &str) {
    world.program("sh").args(["-c", script]).run().ok();
}

/// The icon of a tray, once it shows that nobody is logged in.
fn signed_out(host: &TrayHost) -> TrayIcon {
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    icon
}

#[test]
fn notices_every_way_in_which_editors_write() {
    let world = World::desktop();
    world.write_file(".new", &netrc(ME));
    world.write_file(".newer", &netrc(OTHER));
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = signed_out(&host);
    for (script, shows) in [
        ("cat .new >.netrc", ME),
        // nano and the Heroku CLI.
        ("cat .newer >.netrc", OTHER),
        // vim with `backupcopy=no`, gedit.
        ("cp .netrc .netrc~ && cp .new .n && mv .n .netrc", ME),
        // emacs.
        ("mv .netrc .netrc~ && cp .newer .netrc", OTHER),
        ("sed -i s/other@/me@/g .netrc", ME),
        ("rm .netrc", "Not logged in to Heroku"),
        // Links into a folder of dotfiles.
        ("mkdir dotfiles && cp .new dotfiles/one && cp .newer dotfiles/two && ln -s dotfiles/one .netrc", ME),
        ("ln -sfn dotfiles/two .netrc", OTHER),
        ("cat .new >dotfiles/two", ME),
        ("vim -es -u NONE -c '%s/me@/other@/g' -c wq dotfiles/two", OTHER),
    ] {
        sh(&world, script);
        icon.wait_until(script, |icon| icon.lines().first().is_some_and(|line| line == shows));
    }
}

#[test]
fn watches_a_data_folder_that_only_the_login_shell_names() {
    let world = World::desktop();
    let folder = world.home().join("elsewhere/heroku");
    world.write_file(".profile", &format!("export HEROKU_DATA_DIR='{}'\n", folder.display()));
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = signed_out(&host);
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.add_to_keyring(ME, &token);
    // Neither the folder nor its parent exists yet.
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("login.json"), format!("{{\"account\":\"{ME}\"}}\n")).unwrap();
    icon.wait_for_line(ME);
    assert_eq!(world.in_terminal("heroku").arg("whoami").run().ok(), ME);
    world.in_terminal("heroku").arg("logout").run().ok();
    icon.wait_for_line("Not logged in to Heroku");
}

#[test]
fn notices_changes_to_included_git_files_accounts_and_the_keyring() {
    let world = World::desktop();
    world.herokey_login(ME);
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    let missing = "⚠ git is not using Herokey";
    icon.wait_until("git asks Herokey", |icon| {
        icon.lines().iter().any(|line| line == ME) && !icon.lines().iter().any(|line| line == missing)
    });
    sh(
        &world,
        "mv .gitconfig .gitconfig-heroku && printf '[include]\\n\\tpath = .gitconfig-heroku\\n' >.gitconfig",
    );
    sh(&world, "cp .gitconfig-heroku .keep && : >.gitconfig-heroku");
    icon.wait_for_line(missing);
    sh(&world, "cat .keep >.gitconfig-heroku");
    icon.wait_until("git asks Herokey again", |icon| !icon.lines().iter().any(|line| line == missing));

    let account = "mkdir -p .config/heroku/accounts && printf 'username: other@example.com\\npassword: HRKU-fake-other\\n' >.config/heroku/accounts/work";
    sh(&world, account);
    icon.wait_for_line(OTHER);
    sh(&world, "rm .config/heroku/accounts/work");
    icon.wait_until("one account", |icon| !icon.lines().iter().any(|line| line == OTHER));

    world.keyring().lock();
    icon.wait_until("a locked keychain", |icon| icon.lines().iter().any(|line| line.contains("locked")));
    world.keyring().unlock();
    icon.wait_until("an open keychain", |icon| !icon.lines().iter().any(|line| line.contains("locked")));
}

#[test]
fn asks_heroku_when_the_network_returns() {
    let world = World::desktop();
    assert!(world.has_own_network(), "a network that can be cut");
    world.herokey_login(ME);
    fs::remove_file(world.home().join(".local/state/herokey/tokens.json")).unwrap();
    let asked = || world.sandbox().requests().len();
    let before = asked();
    sh(&world, "ip link set lo down");
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in keychain");
    sh(&world, "ip link set lo up");
    icon.wait_for_line("Token in keychain · expires in 30 days");
    assert!(asked() > before);
}

#[test]
fn notices_on_wake_up_what_changed_during_sleep() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = signed_out(&host);
    // Like on a machine that sleeps, the tray does not run, and notifications of changes wait for it.
    tray.signal(Signal::STOP);
    world.herokey_login(ME);
    world.herokey(["move", "netrc"]).ok();
    tray.signal(Signal::CONT);
    icon.wait_for_line("Token in .netrc, plain text · expires in 30 days");
    tray.signal(Signal::STOP);
    world.herokey(["move", "keychain"]).ok();
    world.keyring().lock();
    tray.signal(Signal::CONT);
    icon.wait_until("a locked keychain", |icon| icon.lines().iter().any(|line| line.contains("locked")));
    world.keyring().unlock();
    icon.wait_for_line("Token in keychain · expires in 30 days");
}

#[test]
fn joins_a_tray_that_starts_late_or_restarts() {
    let world = World::desktop();
    let _tray = world.herokey_program("herokey-tray").arg("--at-login").start();
    for _ in 0..3 {
        let host = TrayHost::start(&world);
        let icon = signed_out(&host);
        assert_eq!(icon.widths(), [44, 32, 24, 22, 16]);
        host.stop();
    }
}

#[test]
fn a_second_start_at_login_opens_no_window() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    signed_out(&host);
    world.herokey_program("herokey-tray").arg("--at-login").run().ok();
    assert_eq!(world.windows().len(), 0);
}

#[test]
fn passes_the_activation_token_to_the_open_window() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    // Stands in for an open window.
    let window = world.connect_to_bus();
    window.request_name("dev.herokey.desktop.SingleInstance").unwrap();
    let mut calls = zbus::blocking::MessageIterator::from(&window).flatten();
    let mut arguments = || {
        let mut given =
            calls.by_ref().filter_map(|call| call.body().deserialize::<(Vec<String>, String)>().ok());
        given.next().unwrap().0[1..].to_vec()
    };
    let host = TrayHost::start(&world);
    let stale = world.herokey_program("herokey-tray").env("DESKTOP_STARTUP_ID", "fake-stale");
    let _tray = stale.start();
    let icon = signed_out(&host);
    icon.activate_with_token("fake-token");
    assert_eq!(arguments(), ["--activation=fake-token"]);
    icon.activate();
    assert_eq!(arguments(), [""; 0]);
    // A launcher starts the program while the tray is running.
    let _again = world.herokey_program("herokey-tray").env("XDG_ACTIVATION_TOKEN", "fake-launcher").start();
    assert_eq!(arguments(), ["--activation=fake-launcher"]);
}

#[test]
fn an_open_menu_keeps_its_lines_when_their_texts_change() {
    let world = World::desktop();
    world.write_file(".netrc", &netrc(ME));
    // With the same token, so that only the name differs.
    world.write_file(".new", &netrc(ME).replace(&format!("login {ME}"), &format!("login {OTHER}")));
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(ME);
    icon.wait_for_line("⚠ Heroku does not accept the token");
    let before = (icon.lines(), icon.line_ids());
    sh(&world, "mv .new .netrc");
    icon.wait_for_line(OTHER);
    assert_eq!((icon.lines().len(), icon.line_ids()), (before.0.len(), before.1.clone()));
    sh(&world, "rm .netrc");
    icon.wait_for_line("Log in…");
    let after = icon.line_ids();
    assert!(after.iter().all(|number| !before.1.contains(number)), "{before:?} {after:?}");
}

#[test]
fn start_at_login_is_a_tick_and_a_file() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = signed_out(&host);
    let entry = world.home().join(".config/autostart/herokey.desktop");
    icon.click("Start at login");
    icon.wait_until("the tick", TrayIcon::starts_at_login);
    let text = fs::read_to_string(&entry).unwrap();
    let command = text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap().to_owned();
    icon.click("Start at login");
    icon.wait_until("no tick", |icon| !icon.starts_at_login());
    assert!(!entry.exists());
    // As a settings program of the desktop does it.
    fs::write(&entry, text).unwrap();
    icon.wait_until("the tick again", TrayIcon::starts_at_login);
    icon.click("Quit");
    tray.finish().ok();
    let again = world.program("sh").args(["-c", &command]).start();
    signed_out(&host).click("Quit");
    again.finish().ok();
}

#[test]
fn the_window_asks_before_it_undoes_a_move() {
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
    assert_eq!(shown.title, "Your token has moved to the keychain");
    notifications.press(&shown, "Move back");
    assert_eq!(world.browser().wait_for_address(), "--activation=fake-token --move-to-netrc");
    assert!(!world.netrc().unwrap().contains(world.herokey(["token"]).ok()));

    icon.click("Log out");
    let shown = notifications.next();
    assert_eq!((shown.title.as_str(), shown.buttons.len()), ("Logged out of me@example.com", 0));
}

#[test]
fn waits_for_a_notification_server_that_the_bus_starts() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.herokey(["move", "netrc"]).ok();
    let asked_for = world.make_activatable("org.freedesktop.Notifications");
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in .netrc, plain text · expires in 30 days");
    icon.click("Move token to keychain");
    fs::read(asked_for).unwrap();
    let notifications = Notifications::start(&world);
    let shown = notifications.next();
    icon.wait_for_line("Token in keychain · expires in 30 days");
    notifications.press(&shown, "Move back");
    assert_eq!(world.browser().wait_for_address(), "--activation=fake-token --move-to-netrc");
}

#[test]
fn says_if_it_cannot_notice_changes() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let limited = "echo 1 >/proc/sys/user/max_inotify_watches; exec herokey-tray";
    let tray = world.program("unshare").args(["--user", "--map-root-user", "sh", "-c", limited]).start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("⚠ Changes by other programs are not noticed");
    drop(tray);
}

#[test]
fn opens_stores_in_installed_programs() {
    use herokey_core::stores::Store;

    let mut world = World::desktop();
    world.write_file(".netrc", &netrc(ME));
    let env = world.env();
    herokey_core::desktop::open::open(&env, Store::Netrc).unwrap();
    assert_eq!(world.browser().wait_for_address(), world.home().join(".netrc").display().to_string());

    let bin = world.home().join("bin");
    fs::create_dir(&bin).unwrap();
    let opener = world.program("sh").args(["-c", "command -v xdg-open"]).run().ok().to_owned();
    // A fake keyring manager and a fake editor that report their arguments.
    for name in ["seahorse", "gedit"] {
        let script = format!("#!/bin/sh\nexec '{opener}' \"{name} $*\"\n");
        fs::write(bin.join(name), script).unwrap();
        fs::set_permissions(bin.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), world.environment()["PATH"]);
    world.set_env("PATH", path);
    world.set_env("VISUAL", "gedit --wait");
    let dotfiles = world.home().join("dot files");
    fs::rename(world.home().join(".netrc"), &dotfiles).unwrap();
    symlink(&dotfiles, world.home().join(".netrc")).unwrap();
    herokey_core::desktop::open::open(&world.env(), Store::Netrc).unwrap();
    let opened = world.browser().wait_for_address();
    assert_eq!(opened, format!("gedit --wait {}", world.home().join(".netrc").display()));
    herokey_core::desktop::open::open(&world.env(), Store::Keychain).unwrap();
    assert_eq!(world.browser().wait_for_address().trim(), "seahorse");
}
