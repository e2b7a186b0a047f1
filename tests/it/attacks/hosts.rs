//! Attacks by the variables that name Heroku's hosts.

use herokey_tests::{ME, World};
use heroku_sandbox::{Account, Grant};

/// What is no host of Heroku's, or more than a host.
const OTHERS: [&str; 12] = [
    "git.heroku.com/#\nhost=github.com",
    "git.heroku.com\nhost=github.com",
    "evil.example\n.heroku.com",
    "evil.example#.heroku.com",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "https://me:fake-password@heroku.com",
    "http://heroku.com",
    "heroku.com/",
    "HEROKU.COM",
    "heroku.com:0",
    "\u{ff48}eroku.com",
];
const NAMES: [&str; 3] = ["HEROKU_HOST", "HEROKU_GIT_HOST", "HEROKU_LOGIN_HOST"];

fn logged_in() -> (World, String) {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    (world, token)
}

#[test]
fn with_another_host_nothing_is_sent_and_nothing_changes() {
    let (world, token) = logged_in();
    let (before, requests) = (world.tree(), world.sandbox().requests().len());
    for (name, value) in NAMES.into_iter().flat_map(|name| OTHERS.map(|value| (name, value))) {
        for arguments in [
            &["login"][..],
            &["login", "--method", "token"],
            &["login", "--method", "sso", "--organization", "fake"],
            &["logout"],
            &["logout", "--local-only"],
            &["regenerate", "--yes"],
            &["move", "netrc"],
            &["authorizations"],
            &["keys"],
            &["git", "install"],
            &["git", "status", "--test"],
        ] {
            let program = world.herokey_program("herokey").args(arguments.iter().copied());
            let run = program.env(name, value).input(token.clone()).run();
            let output = run.failed_with(1);
            assert!(
                output.contains("[host-not-allowed]") && output.contains(name),
                "{name}={value:?}: {run}"
            );
            assert!(!output.contains("fake-password"), "{run}");
        }
    }
    let sent = world.sandbox().requests().split_off(requests);
    assert!(sent.is_empty(), "{sent:?}");
    assert_eq!(before.changes(&world.tree()), [""; 0]);
    assert_eq!(world.herokey(["token"]).ok(), token);
}

#[test]
fn status_says_so() {
    let (world, _) = logged_in();
    let requests = world.sandbox().requests().len();
    for (name, value) in
        NAMES.into_iter().flat_map(|name| [OTHERS[0], "127.0.0.1.x"].map(|value| (name, value)))
    {
        let status = world.herokey_program("herokey").args(["status", "--json"]).env(name, value).run();
        let report: serde_json::Value = serde_json::from_str(status.ok()).unwrap();
        let problems = report["problems"].as_array().unwrap();
        assert!(problems.iter().any(|problem| problem["code"] == "host-not-allowed"), "{report}");
        assert!(status.stderr.contains(name), "{status}");
        let effect = &report["overrides"][0]["effect"];
        assert_eq!(effect, "refused, not a host of Heroku's");
    }
    assert_eq!(world.sandbox().requests().len(), requests);
}

#[test]
fn a_bare_address_that_has_no_services_is_refused_and_not_replaced() {
    let (world, token) = logged_in();
    let requests = world.sandbox().requests().len();
    for value in ["127.0.0.1", "127.0.0.1:443"] {
        let run = world.herokey_program("herokey").arg("authorizations").env("HEROKU_HOST", value).run();
        assert!(run.failed_with(1).contains("[host-not-allowed]"), "{run}");
    }
    assert_eq!(world.sandbox().requests().len(), requests, "api.heroku.com was not asked instead");
    assert!(world.sandbox().is_live(&token));
}

#[test]
fn git_is_asked_for_no_other_host() {
    let (mut world, _) = logged_in();
    let github = "https://me:fake-github-password@github.com\n";
    world.write_file(".git-credentials", github);
    world.git(["config", "--global", "credential.helper", "store"]).ok();
    for value in [OTHERS[0], OTHERS[1], "git.heroku.com/\nhost=github.com\nprotocol=https"] {
        world.set_env("HEROKU_GIT_HOST", value);
        for arguments in [&["git", "status", "--test"][..], &["git", "status"], &["logout"], &["status"]] {
            let run = world.herokey(arguments.iter().copied());
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("fake-github"), "{run}");
        }
        assert_eq!(world.file(".git-credentials").as_deref(), Some(github), "{value:?}");
    }
}

#[test]
fn the_git_helper_answers_nothing() {
    let (world, token) = logged_in();
    for (name, value) in [("HEROKU_HOST", OTHERS[2]), ("HEROKU_GIT_HOST", OTHERS[0])] {
        let helper = world.herokey_program("herokey").args(["git-credential", "get"]).env(name, value);
        let answer = helper.input(world.git_credential_input()).run();
        assert_eq!(answer.ok(), "");
        assert!(answer.stderr.contains(name) && !answer.stderr.contains(&token), "{answer}");
    }
}

#[test]
fn a_value_that_is_not_unicode_is_refused() {
    let (world, _) = logged_in();
    let requests = world.sandbox().requests().len();
    let script = "HEROKU_HOST=$(printf 'evil\\377.example') exec \"$0\" authorizations";
    let herokey = herokey_tests::herokey_path("herokey");
    let run = world.program("sh").args(["-c", script, herokey.to_str().unwrap()]).run();
    assert!(run.failed_with(1).contains("[host-not-allowed]"), "{run}");
    assert_eq!(world.sandbox().requests().len(), requests);
}

#[test]
fn this_machine_works_under_both_names() {
    let mut world = World::builder().keyring().shared_network().build();
    world.sandbox().add_account(Account::new(ME));
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    let http = world.sandbox().http_url().unwrap();
    for url in [http.clone(), http.replace("localhost", "127.0.0.1")] {
        world.set_env("HEROKU_HOST", url.clone());
        world.set_env("HEROKU_LOGIN_HOST", url.clone());
        let status = world.status();
        assert_eq!((&status["token"]["valid"], &status["account"]), (&true.into(), &ME.into()), "{url}");
        assert!(!world.problem_codes().contains(&"host-not-allowed".to_owned()), "{url}");
        assert_eq!(world.heroku(["whoami"]).ok(), ME, "{url}");
    }
}

#[test]
fn the_variable_can_be_removed_by_the_fix() {
    let (world, _) = logged_in();
    world.write_file(".profile", "export HEROKU_HOST=heroku.com.evil.example\n");
    let doctor = world.in_terminal(herokey_tests::herokey_path("herokey").to_str().unwrap());
    let fixed = doctor.args(["doctor", "--fix=host-not-allowed", "--offline"]).run();
    assert!(fixed.stdout.contains("No problems") || fixed.stderr.contains('✓'), "{fixed}");
    assert!(world.file(".profile").unwrap().starts_with("# export HEROKU_HOST"), "{fixed}");
}
