//! Attacks on what Herokey claims: a Heroku that does not know a token, or shows it in another form.

use std::time::Duration;

use herokey_tests::{Finished, ME, World};
use heroku_sandbox::Grant;

const CLAIM: &str = "Revoked the token";

#[test]
fn of_two_authorizations_that_may_be_the_tokens_none_is_revoked() {
    let world = World::desktop();
    let tokens = ["HRKU-fake-same-begin-1-a1b2", "HRKU-fake-same-begin-2-a1b2"];
    for token in tokens {
        world.sandbox().accept_token(ME, Grant::Authorization, None, token).unwrap();
    }
    store_in_keychain(&world, tokens[0]);
    let logout = world.herokey(["logout"]);
    let output = logout.failed_with(7);
    assert!(output.contains("so neither was revoked") && !output.contains(CLAIM), "{output}");
    assert!(output.contains("herokey revoke ID") && output.contains("--local-only"), "{output}");
    assert!(tokens.iter().all(|token| world.sandbox().is_live(token)));
    assert_eq!(world.herokey(["token"]).ok(), tokens[0], "its copies stay");

    world.herokey(["logout", "--local-only"]).ok();
    world.herokey(["token"]).failed_with(3);
    assert!(world.sandbox().is_live(tokens[0]));
}

#[test]
fn a_logout_ends_the_other_tokens_of_the_account_too() {
    let world = World::desktop();
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.herokey_login(ME);
    world.write_file(".netrc", &world.netrc_records(ME, &other));
    let logout = world.herokey(["logout"]);
    logout.ok();
    assert!(logout.stderr.contains("Revoked 2 tokens at Heroku"), "{logout}");
    assert_eq!(world.sandbox().live_tokens(), []);
    world.heroku(["whoami"]).failed_with(100);
}

#[test]
fn a_second_token_that_stays_alive_keeps_the_logout_from_finishing() {
    let world = World::desktop();
    let twins = ["HRKU-fake-same-begin-1-a1b2", "HRKU-fake-same-begin-2-a1b2"];
    for token in twins {
        world.sandbox().accept_token(ME, Grant::Authorization, None, token).unwrap();
    }
    world.herokey_login(ME);
    world.write_file(".netrc", &world.netrc_records(ME, twins[0]));
    let logout = world.herokey(["logout"]);
    let output = logout.failed_with(7);
    assert!(output.contains("The token …a1b2 in ~/.netrc") && output.contains("still works"), "{output}");
    assert!(!output.contains(CLAIM), "{output}");
    assert!(world.netrc().unwrap().contains(twins[0]));
}

#[test]
fn a_token_of_another_account_in_netrc_is_named_after_a_logout() {
    let world = World::desktop();
    let other = "other@example.com";
    world.sandbox().add_account(heroku_sandbox::Account::new(other));
    let token = world.sandbox().issue_token(other, Grant::Authorization, None).unwrap();
    world.herokey_login(ME);
    world.write_file(".netrc", &world.netrc_records(other, &token));
    let logout = world.herokey(["logout"]);
    logout.ok();
    let named = "The Heroku CLI now uses another token, in ~/.netrc, and Heroku accepts it.";
    assert!(logout.stderr.contains(named), "{logout}");
    assert_eq!(world.heroku(["whoami"]).ok(), other, "that is true");

    world.sandbox().revoke_token(&token);
    world.herokey_login(ME);
    let logout = world.herokey(["logout"]);
    logout.ok();
    assert!(!logout.stderr.contains("another token"), "Heroku refuses it: {logout}");
}

#[test]
fn tokens_that_a_logout_leaves_in_other_files_are_named_while_they_are_alive() {
    let world = World::desktop();
    let (alias, docker) = (".config/heroku/accounts/work", ".docker/config.json");
    let held = [(); 2].map(|()| world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap());
    world.write_file(alias, &format!("username: {ME}\npassword: {}\n", held[0]));
    let auth = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("_:{}", held[1]));
    world.write_file(docker, &format!(r#"{{"auths":{{"registry.heroku.com":{{"auth":"{auth}"}}}}}}"#));
    let named = |logout: &Finished| [alias, docker].map(|path| logout.stderr.contains(path));
    world.herokey_login(ME);
    let logout = world.herokey(["logout"]);
    logout.ok();
    assert_eq!(named(&logout), [true, true], "{logout}");
    for token in held {
        world.sandbox().revoke_token(&token);
    }
    world.herokey_login(ME);
    let logout = world.herokey(["logout"]);
    assert_eq!(named(&logout), [false, false], "{logout}");
}

#[test]
fn a_copy_that_cannot_be_removed_is_named_and_of_no_use() {
    let world = World::desktop();
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.herokey_login(ME);
    world.write_file(".netrc", &world.netrc_records(ME, &other));
    let netrc = world.home().join(".netrc");
    let immutable = |change: &str| world.program("chattr").args([change, netrc.to_str().unwrap()]).run();
    immutable("+i").ok();
    let logout = world.herokey(["logout"]);
    immutable("-i").ok();
    let output = logout.failed_with(7);
    assert!(output.contains("Still on this machine: the netrc records"), "{output}");
    assert!(output.contains("Heroku refuses the token now"), "{output}");
    assert_eq!(world.sandbox().live_tokens(), []);
    let whoami = world.heroku(["whoami"]);
    assert!(whoami.failed_with(2).contains("Invalid credentials"), "{whoami}");
}

#[test]
fn a_refresh_token_does_not_outlive_the_logout() {
    let world = World::desktop();
    world.herokey_login(ME);
    let login = world.herokey_program("herokey").args(["login", "--method", "oauth"]).start();
    world.approve(&world.browser().wait_for_address(), ME);
    login.finish().ok();
    world.sandbox().advance(Duration::from_hours(9));
    let before = world.sandbox().requests().len();
    let logout = world.herokey(["logout"]);
    logout.ok();
    let requests = world.sandbox().requests().split_off(before);
    let did = |method: &str, path: &str| {
        let is_it = |one: &&heroku_sandbox::LoggedRequest| one.method == method && one.path.starts_with(path);
        requests.iter().find(is_it).and_then(|one| one.status)
    };
    assert_eq!(did("POST", "/oauth/token"), Some(200), "{requests:?}");
    assert_eq!(did("DELETE", "/oauth/authorizations/"), Some(200), "{requests:?}");
    assert!(logout.stderr.contains(CLAIM) || logout.stderr.contains("Revoked 2 tokens"), "{logout}");
}

#[test]
fn a_default_token_is_not_said_to_be_revoked() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Default, None).unwrap();
    store_in_keychain(&world, &token);
    let logout = world.herokey(["logout"]);
    logout.ok();
    assert!(logout.stderr.contains("is still valid") && !logout.stderr.contains(CLAIM), "{logout}");
    assert!(world.sandbox().is_live(&token));
}

fn store_in_keychain(world: &World, token: &str) {
    world.keyring().add("Heroku CLI", &[("service", "heroku-cli"), ("account", ME)], token);
    world.write_login_json(ME);
}
