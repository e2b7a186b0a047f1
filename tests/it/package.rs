//! An installed package, on a machine of its own: `cargo xtask package --check`.

use std::process::Command;

use herokey_tests::{ME, TrayHost, World};

#[test]
#[ignore = "changes the machine: `cargo xtask package --check` runs it on one made for it"]
fn can_be_upgraded_while_running_and_removed_without_a_trace() {
    let newer = std::env::var("HEROKEY_NEWER_PACKAGE").expect("set by cargo xtask package --check");
    let world = World::desktop();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Not logged in to Heroku");
    world.herokey_login(ME);
    icon.wait_for_line("Token in keychain · expires in 30 days");
    let token = world.herokey(["token"]).ok().to_owned();
    let before = version(&world);

    // git keeps asking for the password while dpkg replaces the running programs.
    let mut dpkg = dpkg(&world, &["--install", &newer]).spawn().unwrap();
    let mut asked = 0;
    while dpkg.try_wait().unwrap().is_none() {
        assert_eq!(password(&world).0.as_deref(), Some(token.as_str()));
        asked += 1;
    }
    assert!(dpkg.wait().unwrap().success());
    println!("git was answered {asked} times during the upgrade");
    assert!(asked > 0 && version(&world) != before);
    assert_eq!(password(&world).0.as_deref(), Some(token.as_str()));
    world.heroku(["logout"]).ok();
    icon.wait_for_line("Not logged in to Heroku");
    world.herokey_login(ME);
    icon.wait_for_line("Token in keychain · expires in 30 days");
    let token = world.herokey(["token"]).ok().to_owned();

    let home = world.tree();
    assert!(dpkg_to_its_end(&world, &["--remove", "herokey"]));
    assert!(
        world.git_helpers().iter().any(|line| line.contains("/usr/bin/herokey")),
        "home folders are left alone"
    );
    let (found, output) = password(&world);
    assert_eq!(found.as_deref(), Some(token.as_str()), "the Heroku CLI's helper answers");
    assert!(
        !output.contains("herokey") && !output.contains("not found"),
        "the one that is gone says nothing: {output}"
    );
    assert!(dpkg_to_its_end(&world, &["--purge", "herokey"]));
    assert!(home.changes(&world.tree()).is_empty(), "{:?}", home.changes(&world.tree()));
    let left = world.program("find").args(["/usr", "/etc", "/var", "-xdev", "-iname", "*herokey*"]).run();
    assert_eq!(left.ok(), "", "what the package leaves");
}

/// The password that git finds for a push, and what git and its helpers print.
fn password(world: &World) -> (Option<String>, String) {
    let filled = world.git_credential_fill();
    let password = filled.stdout.lines().find_map(|line| line.strip_prefix("password=")).map(str::to_owned);
    (password, filled.stderr)
}

fn version(world: &World) -> String {
    world.program("dpkg-query").args(["-W", "-f=${Version}", "herokey"]).run().ok().to_owned()
}

fn dpkg_to_its_end(world: &World, arguments: &[&str]) -> bool {
    dpkg(world, arguments).status().unwrap().success()
}

/// dpkg, which needs folders that are not on a world's PATH.
fn dpkg(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new("dpkg");
    let path = format!("{}:/usr/sbin:/sbin", world.environment()["PATH"]);
    command.args(arguments).env("PATH", path).env("DEBIAN_FRONTEND", "noninteractive");
    command
}
