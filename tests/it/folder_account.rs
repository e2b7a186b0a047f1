//! An account of its own for one repository, or for all below a folder: git and `herokey exec` use it there.

use std::os::unix::fs::PermissionsExt;

use herokey_tests::{ME, World};
use heroku_sandbox::{Account, Grant};
use serde_json::Value;

const OTHER: &str = "other@example.com";

/// Two accounts, two repositories, and git set up. Returns the tokens.
fn two_accounts() -> (World, String, String) {
    let world = World::desktop();
    let mine = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &mine);
    world.sandbox().add_account(Account::new(OTHER));
    let theirs = world.sandbox().issue_token(OTHER, Grant::Authorization, None).unwrap();
    world.add_to_keyring(OTHER, &theirs);
    world.herokey(["git", "install"]).ok();
    for name in ["one", "work/two"] {
        let path = world.home().join(name).display().to_string();
        world.git(["init", "--quiet", &path]).ok();
        let remote = format!("https://{}/app.git", world.git_host());
        world.git(["-C", &path, "remote", "add", "heroku", &remote]).ok();
    }
    (world, mine, theirs)
}

fn herokey_in(world: &World, folder: &str, arguments: &[&str]) -> herokey_tests::Finished {
    let herokey = world.herokey_program("herokey").in_folder(world.home().join(folder));
    herokey.args(arguments.iter().copied()).run()
}

/// The password that git sends to Heroku there.
fn git_uses(world: &World, folder: &str) -> Option<String> {
    let fill = world.program("git").in_folder(world.home().join(folder)).args(["credential", "fill"]);
    let filled = fill.input(world.git_credential_input()).run();
    filled.stdout.lines().find_map(|line| line.strip_prefix("password=")).map(str::to_owned)
}

#[test]
fn two_repositories_push_as_two_accounts() {
    let (world, mine, theirs) = two_accounts();
    let used = herokey_in(&world, "one", &["use", OTHER, "--here"]);
    used.ok();
    assert!(used.stderr.contains("git uses other@example.com in this repository."), "{used}");
    let fetches: Vec<_> = ["one", "work/two"]
        .map(|folder| {
            let git = world.program("git").in_folder(world.home().join(folder));
            git.args(["ls-remote", "heroku"]).start()
        })
        .into();
    for fetch in fetches {
        fetch.finish().ok();
    }
    assert_eq!(git_uses(&world, "one").as_deref(), Some(&*theirs));
    assert_eq!(git_uses(&world, "work/two").as_deref(), Some(&*mine));
    let status = |folder: &str| -> Value {
        let report = herokey_in(&world, folder, &["status", "--offline", "--json", "--in", "."]);
        serde_json::from_str(report.ok()).unwrap()
    };
    assert_eq!(status("one")["tools"]["git"]["account"], OTHER);
    assert_eq!(status("work/two")["tools"]["git"]["account"], ME);
    let whoami = |folder: &str| herokey_in(&world, folder, &["exec", "--", "heroku", "whoami"]);
    assert_eq!(whoami("one").ok().lines().last(), Some(OTHER));
    assert_eq!(whoami("work/two").ok().lines().last(), Some(ME));
    let accounts: Value = serde_json::from_str(world.herokey(["accounts", "--json"]).ok()).unwrap();
    let folder = world.home().join("one").display().to_string();
    assert_eq!(accounts["accounts"][1]["folders"], serde_json::json!([folder]), "{accounts}");
    assert!(world.herokey(["accounts"]).ok().contains("in ~/one"));
    herokey_in(&world, "one", &["use", "--here", "--remove"]).ok();
    herokey_in(&world, "one", &["use", "--here", "--remove"]).ok();
    assert_eq!(git_uses(&world, "one").as_deref(), Some(&*mine));
    assert!(!world.herokey(["accounts"]).ok().contains("~/one"));
    let config = world.file("one/.git/config").unwrap();
    assert!(!config.contains("username"), "{config}");
}

#[test]
fn all_repositories_below_a_folder() {
    let (world, mine, theirs) = two_accounts();
    let work = world.home().join("work").display().to_string();
    world.herokey(["use", OTHER, "--includeIf", &work]).ok();
    assert_eq!(git_uses(&world, "work/two").as_deref(), Some(&*theirs));
    assert_eq!(git_uses(&world, "one").as_deref(), Some(&*mine));
    assert!(world.herokey(["accounts"]).ok().contains("in the repositories below ~/work"));
    world.herokey(["use", "--includeIf", &work, "--remove"]).ok();
    world.herokey(["use", "--includeIf", &work, "--remove"]).ok();
    assert_eq!(git_uses(&world, "work/two").as_deref(), Some(&*mine));
}

#[test]
fn what_git_no_longer_says_is_not_listed() {
    let (world, ..) = two_accounts();
    let work = world.home().join("work").display().to_string();
    world.herokey(["use", OTHER, "--includeIf", &work]).ok();
    herokey_in(&world, "one", &["use", OTHER, "--here"]).ok();
    let listed = world.herokey(["accounts"]);
    assert!(listed.ok().contains("in ~/one") && listed.ok().contains("below ~/work"), "{listed}");
    std::fs::remove_dir_all(world.home().join("one")).unwrap();
    world.git(["config", "--global", "--unset-all", &format!("includeIf.gitdir:{work}/.path")]).ok();
    let listed = world.herokey(["accounts"]);
    assert!(!listed.ok().contains(" in "), "{listed}");
}

#[test]
fn a_configuration_that_cannot_be_written_stays_as_it_is() {
    let (world, mine, _) = two_accounts();
    let work = world.home().join("work").display().to_string();
    for (file, folder, arguments) in [
        ("one/.git/config", "one", vec!["use", OTHER, "--here"]),
        (".gitconfig", ".", vec!["use", OTHER, "--includeIf", &work]),
    ] {
        let path = world.home().join(file);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        let before = std::fs::read(&path).unwrap();
        let refused = herokey_in(&world, folder, &arguments);
        let said = refused.failed_with(1);
        assert!(said.contains("it is read-only") && said.contains("file is made:"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{file}");
    }
    assert_eq!(git_uses(&world, "one").as_deref(), Some(&*mine));
    assert!(!world.herokey(["accounts"]).ok().contains(" in "));
}

#[test]
fn git_stops_for_an_account_that_has_no_token_any_more() {
    let (world, mine, _) = two_accounts();
    herokey_in(&world, "one", &["use", OTHER, "--here"]).ok();
    world.herokey(["forget", "keychain", "--account", OTHER]).ok();
    let git = world.program("git").in_folder(world.home().join("one")).env("GIT_TERMINAL_PROMPT", "0");
    let refused = git.args(["ls-remote", "heroku"]).run();
    assert!(!refused.status.success(), "{refused}");
    assert!(refused.stderr.contains("There is no token for other@example.com on this machine"), "{refused}");
    assert_eq!(git_uses(&world, "one"), None, "not even the CLI's helper is asked");
    let status = herokey_in(&world, "one", &["status", "--offline", "--json", "--in", "."]);
    let report: Value = serde_json::from_str(status.ok()).unwrap();
    assert_eq!(report["tools"]["git"]["source"], "none", "{report}");
    let exec = herokey_in(&world, "one", &["exec", "true"]);
    assert_eq!(exec.code(), Some(3), "{exec}");
    assert_eq!(git_uses(&world, "work/two").as_deref(), Some(&*mine));
    let unknown = herokey_in(&world, "one", &["use", "unknown@example.com", "--here"]);
    assert!(unknown.failed_with(3).contains("unknown@example.com"), "{unknown}");
    herokey_in(&world, ".", &["use", ME, "--here"]).failed_with(2);
}

#[test]
fn other_user_names_get_the_token_in_use() {
    let (world, mine, theirs) = two_accounts();
    let key = format!("credential.https://{}.username", world.git_host());
    for name in ["heroku", "me"] {
        world.git(["config", "--global", &key, name]).ok();
        assert_eq!(git_uses(&world, "one").as_deref(), Some(&*mine), "{name}");
    }
    world.git(["config", "--global", &key, OTHER]).ok();
    assert_eq!(git_uses(&world, "one").as_deref(), Some(&*theirs));
    let fill =
        world.program("git").args(["credential", "fill"]).env("HEROKU_API_KEY", "HRKU-fake-variable-0001");
    let filled = fill.input(world.git_credential_input()).run();
    assert!(filled.ok().contains("password=HRKU-fake-variable-0001"), "the variable wins: {filled}");
}
