//! The behaviour of the real Heroku CLI, which Herokey must match.

use std::collections::BTreeMap;

use herokey_tests::{ME, World};

#[test]
fn logs_in_answers_and_logs_out() {
    let world = World::desktop();
    world.heroku_login(ME);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let token = world.heroku(["auth:token"]).ok().to_owned();
    assert!(world.sandbox().is_live(&token));
    assert_eq!(world.git_helpers(), ["!heroku git:credentials"]);

    world.heroku(["logout"]).ok();
    assert!(!world.sandbox().is_live(&token));
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.login_json(), None);
    assert!(world.git_helpers().is_empty());
    world.heroku(["whoami"]).failed_with(100);
}

#[test]
fn keeps_its_token_in_one_keyring_item() {
    let world = World::desktop();
    world.heroku_login(ME);
    let items = world.keyring().items();
    let [item] = items.as_slice() else { panic!("one item: {items:?}") };
    assert_eq!(item.label, "Heroku CLI");
    let attributes = [("account", ME), ("service", "heroku-cli")];
    assert_eq!(item.attributes, BTreeMap::from(attributes.map(|(name, value)| (name.into(), value.into()))));
    assert!(item.secret.as_ref().is_some_and(|token| world.sandbox().is_live(token)));
    assert_eq!(world.netrc(), None);
    assert_eq!(world.login_json(), Some(serde_json::json!({"account": ME})));
}

#[test]
fn keeps_its_token_in_netrc_without_secret_tool() {
    let world = World::builder().keyring().without_program("secret-tool").build();
    world.heroku_login(ME);
    assert_eq!(world.keyring().items(), []);
    let netrc = world.netrc().expect("a netrc");
    for host in [world.api_host(), world.git_host()] {
        assert!(netrc.contains(&format!("machine {host}\n  login {ME}\n")), "{netrc}");
    }
}

#[test]
fn git_pushes_with_its_helper() {
    let world = World::desktop();
    world.heroku_login(ME);
    world.git(["init", "--quiet", "app"]).ok();
    let author = ["-c", "user.name=Me", "-c", "user.email=me@example.com", "-C", "app"];
    let commit = ["commit", "--quiet", "--allow-empty", "--message=One"];
    world.git(author.into_iter().chain(commit)).ok();
    let address = format!("https://{}/app.git", world.git_host());
    world.git(["-C", "app", "push", "--quiet", &address, "HEAD:main"]).ok();
    assert!(world.git(["ls-remote", &address]).ok().ends_with("refs/heads/main"));
}

#[test]
fn works_on_a_shared_network() {
    let world = World::builder().shared_network().build();
    world.heroku_login(ME);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let netrc = world.netrc().expect("a netrc");
    assert!(netrc.contains(&format!("machine {}\n  login {ME}\n", world.api_host())), "{netrc}");
}
