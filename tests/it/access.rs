//! Who can act as the account: lists, marks and revokes authorizations and sessions, and manages SSH keys.

use herokey_tests::{ME, World};
use heroku_sandbox::{Account, Grant};
use serde_json::Value;

#[track_caller]
fn authorizations(world: &World) -> Value {
    serde_json::from_str(world.herokey(["authorizations", "--json"]).ok()).expect("the list is JSON")
}

/// The id of the only item that has this mark.
#[track_caller]
fn marked(list: &Value, mark: &str) -> String {
    let list = list["authorizations"].as_array().expect("a list");
    let marked: Vec<&Value> = list.iter().filter(|entry| entry[mark] == true).collect();
    assert_eq!(marked.len(), 1, "{list:?}");
    marked[0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn lists_what_the_cli_lists_and_marks_the_one_of_this_machine() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.sandbox().issue_token(ME, Grant::Default, None).unwrap();
    world.sandbox().issue_token(ME, Grant::Session, None).unwrap();
    world.sandbox().add_account(Account::new("other@example.com"));
    world.sandbox().issue_token("other@example.com", Grant::Authorization, None).unwrap();
    let list = authorizations(&world);
    let ids = |list: &Value| {
        let entries = list.as_array().expect("a list").iter();
        let mut ids: Vec<_> = entries.map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids
    };
    let theirs: Value = serde_json::from_str(world.heroku(["authorizations", "--json"]).ok()).unwrap();
    assert_eq!(ids(&list["authorizations"]), ids(&theirs));
    assert_ne!(marked(&list, "this_machine"), marked(&list, "default"));
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(list["sessions"][0]["this_machine"], false);
    assert_eq!(list["authorizations"][0]["expires"], "at", "this machine's is first");
    let shown = world.herokey(["authorizations"]);
    assert!(shown.ok().contains("this machine's") && shown.ok().contains("expires  never"), "{shown}");
}

#[test]
fn a_list_is_read_to_its_last_page() {
    let world = World::desktop();
    for _ in 0..1_050 {
        world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    }
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let list = authorizations(&world);
    assert_eq!(list["authorizations"].as_array().unwrap().len(), 1_051);
    marked(&list, "this_machine");
    let theirs: Value = serde_json::from_str(world.heroku(["authorizations", "--json"]).ok()).unwrap();
    assert_eq!(theirs.as_array().unwrap().len(), 1_051);
    world.herokey(["logout"]).ok();
    assert!(!world.sandbox().is_live(&token));
}

#[test]
fn revokes_the_authorization_of_another_machine_without_confirmation() {
    let world = World::desktop();
    world.herokey_login(ME);
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let list = authorizations(&world);
    let entries = list["authorizations"].as_array().unwrap();
    let other_id =
        entries.iter().find(|entry| entry["this_machine"] == false).unwrap()["id"].as_str().unwrap();
    world.herokey(["revoke", other_id]).ok();
    assert!(!world.sandbox().is_live(&other));
    let again = world.herokey(["revoke", other_id]);
    assert!(again.failed_with(4).contains("[not-found]"), "{again}");
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn revoking_this_machines_or_the_default_authorization_needs_confirmation() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.sandbox().issue_token(ME, Grant::Default, None).unwrap();
    let list = authorizations(&world);
    for mark in ["this_machine", "default"] {
        let id = marked(&list, mark);
        let asked = world.herokey(["revoke", &id]);
        let output = asked.failed_with(6);
        assert!(output.contains("[person-needed]") && output.contains("--yes"), "{output}");
        let mut asked = world.herokey_program("herokey").args(["revoke", &id]).on_terminal().start();
        asked.wait_for("Type yes to revoke: ");
        asked.type_in("no\n");
        asked.finish().failed_with(6);
        assert_eq!(world.sandbox().live_tokens().len(), 2);
    }
    let mut asked =
        world.herokey_program("herokey").args(["revoke", &marked(&list, "default")]).on_terminal().start();
    asked.wait_for("Type yes to revoke: ");
    asked.type_in("yes\n");
    asked.finish().ok();
    world.herokey(["revoke", "--yes", &marked(&list, "this_machine")]).ok();
    assert_eq!(world.sandbox().live_tokens().len(), 0);
    assert_eq!(world.status()["token"]["valid"], false);
}

#[test]
fn ending_a_session_that_may_be_this_machines_needs_confirmation() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Session, None).unwrap();
    world.herokey_program("herokey").args(["login", "--method", "token"]).input(token.clone()).run().ok();
    let id = authorizations(&world)["sessions"][0]["id"].as_str().unwrap().to_owned();
    world.herokey(["revoke", &id]).failed_with(6);
    world.herokey(["revoke", &id, "--yes"]).ok();
    assert!(!world.sandbox().is_live(&token));
}

#[test]
fn the_cli_sees_keys_that_herokey_adds_and_removes() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.write_file(".ssh/id_fake.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake me@laptop\n");
    let file = world.home().join(".ssh/id_fake.pub").display().to_string();
    world.herokey(["keys", "add", &file]).ok();
    assert!(world.heroku(["keys"]).ok().contains("me@laptop"));
    let keys: Value = serde_json::from_str(world.herokey(["keys", "--json"]).ok()).unwrap();
    let fingerprint = keys["keys"][0]["fingerprint"].as_str().unwrap();
    assert!(world.herokey(["keys"]).ok().contains(&format!("{fingerprint}  ssh-ed25519  me@laptop")));
    let twice = world.herokey(["keys", "add", &file]);
    assert!(twice.failed_with(4).contains("already been taken"), "{twice}");
    world.herokey(["keys", "remove", fingerprint]).ok();
    assert_eq!(world.herokey(["keys"]).ok(), "");
    for none in [fingerprint, "a/b?c#d", "%2e"] {
        let gone = world.herokey(["keys", "remove", none]);
        assert!(gone.failed_with(4).contains("[not-found]"), "{gone}");
    }
    let asked = world.sandbox().requests().len();
    for up in ["..", "."] {
        world.herokey(["keys", "remove", up]).failed_with(4);
    }
    assert_eq!(world.sandbox().requests().len(), asked, "never `DELETE /account`");
}

#[test]
fn never_uploads_a_private_key() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.write_file(".ssh/id_fake", "-----BEGIN OPENSSH PRIVATE KEY-----\nfake\n");
    let asked = world.sandbox().requests().len();
    let output = world.herokey(["keys", "add", &world.home().join(".ssh/id_fake").display().to_string()]);
    assert!(output.failed_with(2).contains("private key"), "{output}");
    assert_eq!(world.sandbox().requests().len(), asked);
}
