//! Several accounts: lists them and switches between them without losing a token.

use herokey_tests::{ME, World};
use heroku_sandbox::{Account, Grant};
use serde_json::{Value, json};

const OTHER: &str = "other@example.com";

/// Creates a second account, and returns a token of each.
fn two(world: &World) -> (String, String) {
    world.sandbox().add_account(Account::new(OTHER));
    let token = |email| world.sandbox().issue_token(email, Grant::Authorization, None).unwrap();
    (token(ME), token(OTHER))
}

#[test]
fn switches_accounts_in_the_keychain() {
    let world = World::desktop();
    let (mine, others) = two(&world);
    world.add_to_keyring(ME, &mine);
    world.add_to_keyring(OTHER, &others);
    world.write_login_json(ME);
    world.herokey(["git", "install"]).ok();
    assert_eq!(world.herokey(["accounts"]).ok(), format!("* {ME}     keychain\n  {OTHER}  keychain"));
    for (email, token) in [(OTHER, &others), (ME, &mine), (ME, &mine)] {
        world.herokey(["use", email]).ok();
        assert_eq!(world.heroku(["whoami"]).ok(), email);
        assert_eq!(world.heroku(["auth:token"]).ok(), token);
        let fill = world.git_credential_fill();
        assert!(fill.ok().contains(token.as_str()), "{fill}");
    }
    assert_eq!(world.keyring().items().len(), 2, "nobody was logged out");
    let report: Value = serde_json::from_str(world.herokey(["accounts", "--json"]).ok()).unwrap();
    let account =
        |email, current| json!({ "email": email, "current": current, "aliases": [], "stores": ["keychain"] });
    assert_eq!(report, json!({ "schema": 1, "accounts": [account(ME, true), account(OTHER, false)] }));
    assert!(world.sandbox().is_live(&mine) && world.sandbox().is_live(&others));
}

#[test]
fn stores_a_token_of_heroku_accounts_in_the_keychain() {
    let world = World::desktop();
    let (mine, others) = two(&world);
    world.add_to_keyring(ME, &mine);
    world.write_login_json(ME);
    let file = format!("username: {OTHER}\npassword: {others}\n");
    world.write_file(".config/heroku/accounts/work", &file);
    let listed = world.herokey(["accounts"]);
    assert!(listed.ok().contains("accounts-file (heroku accounts: work)"), "{listed}");
    world.herokey(["use", OTHER]).ok();
    assert_eq!(world.heroku(["whoami"]).ok(), OTHER);
    assert_eq!(world.heroku(["auth:token"]).ok(), others);
    assert_eq!(world.file(".config/heroku/accounts/work").unwrap(), file, "the file is as it was");
}

#[test]
fn lists_the_same_files_as_the_cli() {
    let world = World::new();
    let (mine, others) = two(&world);
    let agree = |aliases: &[&str]| {
        let listed = world.heroku(["accounts"]);
        let found = world.herokey(["accounts", "--json"]);
        let report: Value = serde_json::from_str(found.ok()).unwrap();
        let accounts = report["accounts"].as_array().unwrap().iter();
        let ours: Vec<_> =
            accounts.flat_map(|account| account["aliases"].as_array().unwrap().clone()).collect();
        assert_eq!(ours, aliases, "{found}");
        for alias in ["home", "work"] {
            assert_eq!(listed.stdout.contains(alias), aliases.contains(&alias), "{listed}");
        }
    };
    world.write_file(".config/heroku/accounts/home", &format!("username: {ME}\npassword: {mine}\n"));
    agree(&["home"]);
    // If `~/.heroku` exists, the plugin uses it, even without accounts in it.
    std::fs::create_dir(world.home().join(".heroku")).unwrap();
    agree(&[]);
    world.write_file(
        ".heroku/accounts/work",
        &format!(":username: '{OTHER}' # me\n:password: \"{others}\"\n"),
    );
    agree(&["work"]);
}

#[test]
fn switching_in_netrc_keeps_the_previous_token() {
    let mut world = World::desktop();
    let (mine, others) = two(&world);
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.write_file(".netrc", &world.netrc_records(ME, &mine));
    world.write_file(".config/heroku/accounts/work", &format!("username: {OTHER}\npassword: {others}\n"));
    world.herokey(["use", OTHER]).ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), others);
    let account = format!("https://{}/account", world.api_host());
    assert!(world.curl(["--netrc", &account]).ok().contains(OTHER));
    assert_eq!(
        world.keyring().items()[0].secret.as_deref(),
        Some(mine.as_str()),
        "it went into the keychain"
    );
    world.herokey(["use", ME]).ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), mine);
    assert_eq!(world.netrc().unwrap().matches("machine ").count(), 2);
}

#[test]
fn refuses_to_overwrite_the_only_copy_of_a_token() {
    let world = World::new();
    let (mine, others) = two(&world);
    world.write_file(".netrc", &world.netrc_records(ME, &mine));
    let before = world.netrc();
    world.write_file(".config/heroku/accounts/work", &format!("username: {OTHER}\npassword: {others}\n"));
    let refused = world.herokey(["use", OTHER]);
    assert!(refused.failed_with(1).contains("cannot-move"), "{refused}");
    assert!(!refused.stderr.contains(&mine), "{refused}");
    assert_eq!(world.netrc(), before);
    world.write_file(".config/heroku/accounts/home", &format!("username: {ME}\npassword: {mine}\n"));
    world.herokey(["use", OTHER]).ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), others);
}

#[test]
fn names_the_account_that_has_no_token() {
    let world = World::desktop();
    let refused = world.herokey(["use", OTHER]);
    assert!(refused.failed_with(3).contains("no token for other@example.com"), "{refused}");
    assert!(world.herokey(["accounts"]).ok().contains("No account"));
    assert_eq!(world.login_json(), None);
}

#[test]
fn logging_out_of_another_account_keeps_gits_helpers() {
    let mut world = World::desktop();
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.herokey_login(ME);
    let helpers = world.git_helpers();
    assert!(!helpers.is_empty());
    assert_eq!(world.login_json(), None);
    let (_, other) = two(&world);
    world.add_to_keyring(OTHER, &other);
    world.herokey(["logout", "--account", OTHER]).ok();
    assert!(!world.sandbox().is_live(&other));
    assert_eq!(world.git_helpers(), helpers);
    world.herokey(["logout"]).ok();
    assert!(world.git_helpers().is_empty());
}
