//! `herokey token` prints the same token as `heroku auth:token`, whatever store it is in.

use herokey_tests::{ME, World, netrc_record};
use heroku_sandbox::Grant;

#[test]
fn finds_the_same_token_as_the_cli() {
    let mut world = World::desktop();
    let token = |_: &World| world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let (in_keyring, in_netrc, in_env) = (token(&world), token(&world), token(&world));
    let agree = |world: &World, expected: &str| {
        assert_eq!(world.heroku(["auth:token"]).ok(), expected);
        assert_eq!(world.herokey(["token"]).ok(), expected);
        let masked = format!("…{}", &expected[expected.len() - 4..]);
        assert_eq!(world.status()["tools"]["heroku"]["masked"], masked);
    };
    let host = world.api_host();
    world.write_file(".netrc", &netrc_record(&host, ME, &in_netrc));
    agree(&world, &in_netrc);

    world.add_to_keyring(ME, &in_keyring);
    agree(&world, &in_netrc);
    world.write_login_json(ME);
    agree(&world, &in_keyring);

    world.set_env("HEROKU_NETRC_WRITE", "1");
    agree(&world, &in_keyring);
    world.set_env("HEROKU_NETRC_WRITE", "TRUE");
    agree(&world, &in_netrc);
    world.set_env("HEROKU_API_KEY", in_env.as_str());
    agree(&world, &in_env);
}

#[test]
fn ignores_a_record_that_the_cli_cannot_read() {
    let world = World::desktop();
    let host = world.api_host();
    world.write_file(".netrc", &format!("machine {host}\nlogin {ME}\npassword HRKU-fake-unindented\n"));
    world.herokey(["token"]).failed_with(3);
    world.heroku(["whoami"]).failed_with(100);
    assert!(world.problem_codes().contains(&"netrc-cli-cannot-read".to_owned()));
    assert_eq!(world.status()["tools"]["curl"]["masked"], "…nted");
}

#[test]
fn without_home_uses_the_home_of_the_system_account() {
    let world = World::new();
    let home = world.program("node").args(["--print", "os.homedir()"]).without_env("HOME").run();
    let status = world.herokey_program("herokey").args(["status", "--offline", "--json"]);
    let status = status.without_env("HOME").run();
    let status: serde_json::Value = serde_json::from_str(status.ok()).expect("the report is JSON");
    assert_eq!(status["stores"]["netrc"]["path"], format!("{}/.netrc", home.ok()));
}
