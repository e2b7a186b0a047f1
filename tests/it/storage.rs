//! Where Herokey stores a token: in a single keyring item, or in netrc if the Heroku CLI would look there.

use std::collections::BTreeMap;

use herokey_core::stores::keychain::{Keychain, Unlock};
use herokey_core::{Env, Token};
use herokey_tests::{ME, World};

/// The file with which core tests the keychains of macOS and Windows.
#[path = "../../src-tauri/core/src/stores/keychain/contract.rs"]
#[expect(clippy::print_stderr, reason = "it prints which entries could not be removed")]
mod contract;

#[test]
fn the_secret_service_passes_the_tests_of_every_keychain() {
    let world = World::desktop();
    let env = Env::new(world.environment());
    contract::check(&Keychain::open(&env, Unlock::Never).unwrap());
    assert_eq!(world.keyring().items(), [], "nothing is left");
}

#[test]
fn herokeys_item_looks_like_the_clis() {
    let world = World::desktop();
    world.herokey_login(ME);
    let items = world.keyring().items();
    let [item] = items.as_slice() else { panic!("one item: {items:?}") };
    assert_eq!(item.label, "Heroku CLI");
    let expected = [("account", ME), ("service", "heroku-cli")];
    assert_eq!(item.attributes, BTreeMap::from(expected.map(|(name, value)| (name.into(), value.into()))));
    let token = world.herokey(["token"]).ok().to_owned();
    assert_eq!(world.secret_tool(["lookup", "service", "heroku-cli", "account", ME]).ok(), token);
}

#[test]
fn one_item_if_herokey_wrote_first() {
    writes_one_item(["herokey", "heroku", "herokey"]);
}

#[test]
fn one_item_if_the_cli_wrote_first() {
    writes_one_item(["heroku", "herokey", "heroku"]);
}

fn writes_one_item(order: [&str; 3]) {
    let world = World::desktop();
    for program in order {
        if program == "herokey" {
            world.herokey_login(ME)
        } else {
            world.heroku_login(ME)
        };
        let items = world.keyring().items();
        assert_eq!(items.len(), 1, "after {program} of {order:?}: {items:?}");
        assert_eq!(world.heroku(["auth:token"]).ok(), world.herokey(["token"]).ok());
    }
}

#[test]
fn removes_duplicate_items() {
    let world = World::desktop();
    let cli = [("service", "heroku-cli"), ("account", ME)];
    world.keyring().add("Heroku CLI", &cli, "HRKU-fake-older");
    let schema = ("xdg:schema", "org.freedesktop.Secret.Generic");
    world.keyring().add("Heroku CLI", &[cli[0], cli[1], schema], "HRKU-fake-newer");
    world.write_login_json(ME);
    assert_eq!(world.keyring().items().len(), 2);
    assert!(world.problem_codes().contains(&"keychain-duplicate".to_owned()));
    world.herokey_login(ME);
    assert_eq!(world.keyring().items().len(), 1);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn keeps_other_programs_items() {
    let world = World::desktop();
    world.keyring().add("Mail", &[("service", "mail"), ("account", ME)], "fake-mail-password");
    world.herokey_login(ME);
    world.herokey(["logout"]).ok();
    let items = world.keyring().items();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].secret.as_deref(), Some("fake-mail-password"));
}

#[test]
fn without_secret_tool_the_token_goes_to_netrc() {
    let world = World::builder().keyring().without_program("secret-tool").build();
    let login = world.herokey_login(ME);
    assert!(login.stderr.contains("libsecret-tools"), "it names what is missing: {login}");
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let account = format!("https://{}/account", world.api_host());
    assert!(world.curl(["--netrc", &account]).ok().contains(ME));
    assert_eq!(world.status()["stores"]["netrc"]["mode"], "0600");
    assert!(world.problem_codes().contains(&"netrc-plain-token".to_owned()));
    world.herokey(["logout"]).ok();
    assert_eq!(world.netrc().as_deref(), Some(""));
}

#[test]
fn without_a_keyring_the_token_goes_to_netrc() {
    let world = World::new();
    let login = world.herokey_login(ME);
    assert!(login.stderr.contains("No keychain runs here"), "{login}");
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn follows_heroku_netrc_write() {
    let mut world = World::desktop();
    world.set_env("HEROKU_NETRC_WRITE", "True");
    let others = "machine ftp.example.com login anna password \"two words\"\n";
    world.write_file(".netrc", others);
    world.herokey_login(ME);
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    assert!(world.netrc().is_some_and(|netrc| netrc.starts_with(others)));
    world.herokey(["logout"]).ok();
    assert_eq!(world.netrc().as_deref(), Some(others), "other services' bytes stay");
}

#[test]
fn the_cli_uses_the_chosen_store() {
    let world = World::desktop();
    world.herokey_login(ME);
    let login = world.herokey_program("herokey").args(["login", "--store", "netrc"]).start();
    world.approve(&world.browser().wait_for_address(), ME);
    login.finish().ok();
    assert_eq!(world.status()["token"]["source"], "netrc");
    assert_eq!(world.heroku(["auth:token"]).ok(), world.herokey(["token"]).ok());
}
