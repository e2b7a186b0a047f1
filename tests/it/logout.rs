//! Logging out: what remains in every store and at Heroku.

use herokey_tests::{ME, World};
use heroku_sandbox::{ApiErrorId, Fault, FaultRule, Grant};

#[test]
fn leaves_nothing() {
    let world = World::desktop();
    world.write_file(".gitconfig", "[user]\n\tname = Me\n");
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let logout = world.herokey(["logout"]);
    logout.ok();
    assert!(logout.stderr.contains("Logged out of me@example.com."), "{logout}");
    assert!(!world.sandbox().is_live(&token));
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.login_json(), None);
    assert_eq!(world.gitconfig().as_deref(), Some("[user]\n\tname = Me\n"));
    assert_eq!(world.tree().files_containing(&token), [""; 0].map(std::path::Path::new));
    world.heroku(["whoami"]).failed_with(100);
    world.herokey(["logout"]).failed_with(3);
}

#[test]
fn herokey_and_the_cli_log_out_each_others_logins() {
    let world = World::desktop();
    world.heroku_login(ME);
    world.herokey(["logout"]).ok();
    world.heroku(["whoami"]).failed_with(100);
    world.herokey_login(ME);
    world.heroku(["logout"]).ok();
    world.herokey(["token"]).failed_with(3);
    assert_eq!(world.sandbox().live_tokens().len(), 0);
    assert!(world.git_helpers().is_empty());
}

#[test]
fn never_revokes_the_default_authorization() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Default, None).unwrap();
    let attributes = [("service", "heroku-cli"), ("account", ME)];
    world.keyring().add("Heroku CLI", &attributes, &token);
    world.write_login_json(ME);
    let logout = world.herokey(["logout"]);
    logout.ok();
    assert!(logout.stderr.contains("the API key in the dashboard), so it was not revoked"), "{logout}");
    assert!(world.sandbox().is_live(&token));
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn with_the_network_down_nothing_is_removed_unless_asked() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let items = world.keyring().items();
    for fault in [Fault::DropBefore, Fault::Error(ApiErrorId::ServiceUnavailable)] {
        let rule = FaultRule { method: None, path: "/oauth/*".to_owned(), times: u32::MAX, fault };
        world.sandbox().add_fault(rule);
        let logout = world.herokey(["logout"]);
        let output = logout.failed_with(4);
        assert!(
            output.contains("may still be valid at Heroku") && output.contains("herokey logout --local-only"),
            "{output}"
        );
        assert_eq!(world.keyring().items(), items);
        assert_eq!(world.login_json(), Some(serde_json::json!({"account": ME})));
        assert_eq!(world.git_helpers().len(), 3);
        world.sandbox().clear_faults();
    }
    let logout = world.herokey(["logout", "--local-only"]);
    logout.ok();
    assert!(logout.stderr.contains("still valid at Heroku"), "{logout}");
    assert!(world.sandbox().is_live(&token));
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.login_json(), None);
    assert!(world.git_helpers().is_empty());
}

#[test]
fn succeeds_if_only_the_answer_was_lost() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let lost = FaultRule {
        method: Some("DELETE".to_owned()),
        path: "/oauth/authorizations/*".to_owned(),
        times: 1,
        fault: Fault::DropAfter,
    };
    world.sandbox().add_fault(lost);
    world.herokey(["logout"]).ok();
    assert!(!world.sandbox().is_live(&token), "Heroku did the work");
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn also_removes_a_refused_token() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert!(world.sandbox().revoke_token(&token));
    let status = world.status();
    assert_eq!(status["token"]["valid"], false);
    assert_eq!(status["problems"][0]["code"], "token-refused");
    world.herokey(["logout"]).ok();
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn one_of_two_accounts() {
    let world = World::desktop();
    world.sandbox().add_account(heroku_sandbox::Account::new("other@example.com"));
    world.herokey_login("other@example.com");
    world.herokey_login(ME);
    world.herokey(["logout", "--account", "other@example.com"]).ok();
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    assert_eq!(world.keyring().items().len(), 1);
    assert_eq!(world.git_helpers().len(), 3, "git still serves the account in use");
}
