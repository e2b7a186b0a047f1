//! The tray program, as a panel sees it over D-Bus.

use herokey_tests::{ME, TrayHost, World};

#[test]
fn shows_logins_and_logouts_of_the_cli() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    assert_eq!(icon.property::<String>("Title"), "Herokey");
    icon.wait_for_line("Not logged in to Heroku");
    icon.wait_for_line("Log in…");
    let signed_out = icon.pixels();

    world.heroku_login(ME);
    icon.wait_for_line(ME);
    // Herokey asks Heroku once when the token expires, even after a login with the CLI.
    icon.wait_for_line("Token in keychain · expires in 30 days");
    icon.wait_for_line("⚠ git is not using Herokey");
    let attention = icon.pixels();
    assert_ne!(attention, signed_out);

    world.herokey(["git", "install"]).ok();
    icon.wait_until("a signed-in icon", |icon| icon.pixels() != attention && icon.pixels() != signed_out);
    assert!(icon.tooltip().contains(ME), "{}", icon.tooltip());

    world.heroku(["logout"]).ok();
    icon.wait_for_line("Not logged in to Heroku");
    icon.wait_until("a signed-out icon", |icon| icon.pixels() == signed_out);
}

#[test]
fn logs_out_on_a_click() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let host = TrayHost::start(&world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Log out");
    icon.click("Log out");
    icon.wait_for_line("Not logged in to Heroku");
    assert!(!world.sandbox().is_live(&token));
    assert_eq!(world.keyring().items(), []);
    icon.click("Quit");
    tray.finish().ok();
}

#[test]
fn moves_the_token_on_a_click() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.herokey(["move", "netrc"]).ok();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in .netrc, plain text · expires in 30 days");
    icon.click("Move token to keychain");
    icon.wait_for_line("Token in keychain · expires in 30 days");
    icon.wait_for_line("Move token to .netrc…");
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert!(!world.netrc().unwrap().contains(&token));
}

#[test]
fn shows_the_action_of_another_program() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Log in…");
    let login = world.herokey_program("herokey").arg("login").start();
    let page = world.browser().wait_for_address();
    icon.wait_for_line("Herokey in a terminal is logging in…");
    world.herokey(["logout"]).failed_with(1);
    drop(login);
    icon.wait_until("the killed login is over", |icon| {
        !icon.lines().iter().any(|line| line.contains("terminal"))
    });
    assert!(page.contains("/auth"));
}

#[test]
fn a_second_start_ends_at_once() {
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Log in…");
    world.herokey_program("herokey-tray").run();
    assert!(host.icon_within(std::time::Duration::from_millis(300)).is_none(), "one icon");
}

#[test]
fn links_neither_gtk_nor_webkit() {
    let world = World::new();
    let tray = herokey_tests::herokey_path("herokey-tray");
    let libraries = world.program("ldd").arg(tray.to_str().unwrap()).run();
    assert!(!libraries.ok().contains("gtk") && !libraries.ok().contains("webkit"), "{libraries}");
}
