//! Regenerating: a new token replaces the old one and the Heroku CLI uses it. Also: everything that can go wrong.

use herokey_tests::{ME, World};
use heroku_sandbox::{ApiErrorId, Fault, FaultRule, Grant};

const CREATE: (&str, &str) = ("POST", "/oauth/authorizations");

#[test]
fn the_cli_uses_the_new_token() {
    let world = World::desktop();
    let old = logged_in(&world);
    let before = world.sandbox().live_tokens();
    let output = world.herokey(["regenerate"]);
    output.ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_ne!(new, old);
    assert!(!output.to_string().contains(&new) && !output.to_string().contains(&old));
    assert!(output.stderr.contains(&format!("{} replaces {}", mask(&new), mask(&old))), "{output}");
    assert_only(&world, &new);
    assert_eq!(world.heroku(["auth:token"]).ok(), new);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);

    let after = world.sandbox().live_tokens();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].description, before[0].description);
    let lifetime = |token: &heroku_sandbox::LiveToken| token.expires_at.unwrap().unix_timestamp();
    assert!(lifetime(&after[0]) - lifetime(&before[0]) < 60, "as long as the old one");
}

#[test]
fn replaces_every_copy_and_nothing_else() {
    let world = World::desktop();
    let old = logged_in(&world);
    let hosts = [world.api_host(), world.git_host()];
    let netrc = format!(
        "# mine\nmachine {}\n  login me@example.com\n  password {old}\nmachine ftp.example.com login a password b\n\
         machine {}\n  login me@example.com # git\n  password {old}\n",
        hosts[0], hosts[1]
    );
    world.write_file(".netrc", &netrc);
    let account = format!("username: {ME}\npassword: {old}\n");
    world.write_file(".config/heroku/accounts/me", &account);
    let other = "username: other@example.com\npassword: HRKU-fake-of-another\n";
    world.write_file(".config/heroku/accounts/other", other);

    world.herokey(["regenerate"]).ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_only(&world, &new);
    assert_eq!(world.netrc().unwrap(), netrc.replace(&old, &new));
    assert_eq!(world.file(".config/heroku/accounts/me").unwrap(), account.replace(&old, &new));
    assert_eq!(world.file(".config/heroku/accounts/other").unwrap(), other);
    let account = format!("https://{}/account", hosts[0]);
    assert!(world.curl(["--netrc", "--fail-with-body", &account]).ok().contains(ME), "curl uses it");
}

#[test]
fn never_shows_or_logs_either_token() {
    let mut world = World::desktop();
    world.set_env("HEROKEY_LOG", "trace");
    let old = logged_in(&world);
    let finished = world.herokey_program("herokey").arg("regenerate").traced().run();
    finished.ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert!(!finished.started_programs.is_empty());
    for token in [&old, &new] {
        for output in [&finished.stdout, &finished.stderr, &finished.started_programs] {
            assert!(!output.contains(token.as_str()), "{finished}");
        }
        assert!(world.tree().files_containing(token).is_empty());
    }
}

#[test]
fn prompts_for_a_second_factor_if_needed() {
    let world = World::desktop();
    let old = logged_in(&world);
    for request in [CREATE, ("DELETE", "/oauth/authorizations/*")] {
        let old = world.herokey(["token"]).ok().to_owned();
        fault(&world, request, Fault::Error(ApiErrorId::TwoFactor));
        let mut regenerating = world.herokey_program("herokey").arg("regenerate").on_terminal().start();
        regenerating.wait_for("Two-factor code: ");
        regenerating.type_in("123456\n");
        regenerating.finish().ok();
        let new = world.herokey(["token"]).ok().to_owned();
        assert_ne!(new, old, "{request:?}");
        assert_only(&world, &new);
    }
    assert!(!world.sandbox().is_live(&old));

    let token = world.herokey(["token"]).ok().to_owned();
    fault(&world, CREATE, Fault::Error(ApiErrorId::TwoFactor));
    let finished = world.herokey(["regenerate"]);
    assert!(finished.failed_with(6).contains("Your token is unchanged"), "without a terminal: {finished}");
    assert_only(&world, &token);
}

#[test]
fn the_default_token_after_confirmation_on_the_terminal() {
    let world = World::desktop();
    let old = stored(&world, Grant::Default);
    let mut regenerating = world.herokey_program("herokey").arg("regenerate").on_terminal().start();
    regenerating.wait_for("Type yes to regenerate");
    regenerating.type_in("no\n");
    assert!(!regenerating.finish().status.success());
    assert!(world.sandbox().is_live(&old));

    let mut regenerating = world.herokey_program("herokey").arg("regenerate").on_terminal().start();
    regenerating.wait_for("CI, deployment services");
    regenerating.wait_for("Type yes to regenerate");
    regenerating.type_in("yes\n");
    regenerating.finish().ok();
    assert!(!world.sandbox().is_live(&old));
}

#[test]
fn a_token_that_is_only_in_netrc() {
    let world = World::builder().without_program("secret-tool").build();
    let old = logged_in(&world);
    assert!(world.netrc().unwrap().contains(&old));
    world.herokey(["regenerate"]).ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_only(&world, &new);
    assert_eq!(world.heroku(["auth:token"]).ok(), new);
}

#[test]
fn the_default_token_only_with_yes() {
    let world = World::desktop();
    let old = stored(&world, Grant::Default);
    let asked = world.herokey(["regenerate"]);
    let output = asked.failed_with(6);
    assert!(output.contains("API key in me@example.com's dashboard") && output.contains("--yes"), "{output}");
    assert!(world.sandbox().is_live(&old));
    assert_eq!(world.sandbox().live_tokens().len(), 1);

    world.herokey(["regenerate", "--yes"]).ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert!(!world.sandbox().is_live(&old));
    assert_eq!(world.heroku(["auth:token"]).ok(), new);
    let grants: Vec<Grant> = world.sandbox().live_tokens().iter().map(|token| token.grant).collect();
    assert_eq!(grants, [Grant::Default, Grant::Authorization], "the account keeps a default authorization");
}

#[test]
fn a_session_needs_a_new_login() {
    let world = World::desktop();
    let old = stored(&world, Grant::Session);
    let regenerating = world.herokey_program("herokey").arg("regenerate").start();
    world.approve(&world.browser().wait_for_address(), ME);
    regenerating.finish().ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_ne!(new, old);
    assert_only(&world, &new);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn keeps_a_session_if_another_account_logs_in() {
    let world = World::desktop();
    world.sandbox().add_account(heroku_sandbox::Account::new("other@example.com"));
    let old = stored(&world, Grant::Session);
    let regenerating = world.herokey_program("herokey").arg("regenerate").start();
    world.approve(&world.browser().wait_for_address(), "other@example.com");
    let finished = regenerating.finish();
    let output = finished.failed_with(6);
    assert!(
        output.contains("belongs to other@example.com") && output.contains("Your token is unchanged"),
        "{output}"
    );
    assert_only(&world, &old);
}

#[test]
fn in_place_if_heroku_allows_no_second_authorization() {
    let world = World::desktop();
    let old = logged_in(&world);
    for refusal in [ApiErrorId::Forbidden, ApiErrorId::InvalidParams] {
        fault(&world, CREATE, Fault::Error(refusal));
        let asked = world.herokey(["regenerate"]);
        let output = asked.failed_with(6);
        assert!(output.contains("even though the old token stops working first"), "{output}");
        assert_only(&world, &old);
    }
    fault(&world, CREATE, Fault::Error(ApiErrorId::Forbidden));
    let id = world.sandbox().live_tokens()[0].id;
    world.herokey(["regenerate", "--yes"]).ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_only(&world, &new);
    assert_ne!(new, old);
    assert_eq!(world.sandbox().live_tokens()[0].id, id, "the same authorization");
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn in_place_with_a_lost_answer_says_that_the_token_is_invalid() {
    let world = World::desktop();
    let old = logged_in(&world);
    fault(&world, CREATE, Fault::Error(ApiErrorId::Forbidden));
    fault(&world, ("POST", "*/regenerate-tokens"), Fault::DropAfter);
    let finished = world.herokey(["regenerate", "--yes"]);
    let output = finished.failed_with(4);
    assert!(
        output.contains("The old token no longer works, and the new one was lost")
            && output.contains("Log in again")
    );
    assert!(!world.sandbox().is_live(&old));
    assert!(world.problem_codes().contains(&"token-refused".to_owned()), "shown, offline too");

    fault(&world, ("POST", "*/regenerate-tokens"), Fault::DropBefore);
    let login = world.herokey_login(ME);
    login.ok();
    fault(&world, CREATE, Fault::Error(ApiErrorId::Forbidden));
    let token = world.herokey(["token"]).ok().to_owned();
    let finished = world.herokey(["regenerate", "--yes"]);
    assert!(finished.failed_with(4).contains("Your token is unchanged"), "{finished}");
    assert!(world.sandbox().is_live(&token));
}

#[test]
fn an_answer_lost_at_any_request_leaves_a_token_that_works() {
    let requests = [
        ("GET", "/account"),
        ("GET", "/oauth/authorizations"),
        ("GET", "/oauth/authorizations/~"),
        CREATE,
        ("DELETE", "/oauth/authorizations/*"),
    ];
    let world = World::builder().without_program("secret-tool").build();
    logged_in(&world);
    for lost in
        [Fault::DropBefore, Fault::DropAfter, Fault::NotJson, Fault::Error(ApiErrorId::InternalServerError)]
    {
        for (method, path) in requests {
            for times in [1, 20] {
                let old = world.herokey(["token"]).ok().to_owned();
                let fault = FaultRule {
                    method: Some(method.to_owned()),
                    path: path.to_owned(),
                    times,
                    fault: lost.clone(),
                };
                world.sandbox().add_fault(fault);
                let finished = world.herokey(["regenerate"]);
                let case = format!("{lost:?} at {method} {path}, {times} times: {finished}");
                let stored = world.herokey(["token"]).ok().to_owned();
                assert!(world.sandbox().is_live(&stored), "{case}");
                assert_eq!(finished.code() == Some(0), !world.sandbox().is_live(&old), "{case}");
                let live = world.sandbox().live_tokens();
                assert!(live.len() <= 2, "at most one too many: {case}");
                for one in live.iter().filter(|one| one.masked != mask(&stored)) {
                    let named = finished.stderr.contains(&one.id.to_string())
                        || finished.stderr.contains(&one.description);
                    assert!(named, "what is left is named: {case}");
                }
                // Once Heroku answers, the next attempt finishes the action.
                world.sandbox().clear_faults();
                world.herokey(["regenerate"]).ok();
                let new = world.herokey(["token"]).ok().to_owned();
                assert!(!world.sandbox().is_live(&old), "{case}");
                assert_only(&world, &new);
            }
        }
    }
}

#[test]
fn refuses_a_token_that_heroku_refused() {
    let world = World::desktop();
    let old = logged_in(&world);
    assert!(world.sandbox().revoke_token(&old));
    let finished = world.herokey(["regenerate"]);
    assert!(finished.failed_with(4).contains("no longer accepts the stored token"), "{finished}");
    assert_eq!(world.herokey(["token"]).ok(), old);
}

#[test]
fn refused_with_an_api_key_or_without_a_token() {
    let mut world = World::desktop();
    world.herokey(["regenerate"]).failed_with(3);
    let old = logged_in(&world);
    let key = "HRKU-fake-of-a-forgotten-file";
    world.write_file(".zshrc", &format!("export HEROKU_API_KEY={key}\n"));
    world.set_env("HEROKU_API_KEY", key);
    let asked = world.sandbox().requests().len();
    let finished = world.herokey(["regenerate"]);
    let output = finished.failed_with(1);
    assert!(output.contains("HEROKU_API_KEY is set in ~/.zshrc:1.") && !output.contains(key), "{output}");
    assert_eq!(world.sandbox().requests().len(), asked);
    assert!(world.sandbox().is_live(&old));
}

#[test]
fn keeps_the_old_token_valid_if_a_copy_cannot_be_written() {
    let world = World::desktop();
    let old = logged_in(&world);
    world.write_file(".config/heroku/accounts/me", &format!("username: {ME}\npassword: {old}\n"));
    let folder = world.home().join(".config/heroku/accounts");
    // So that not even root can write there.
    world.program("chattr").args(["+i", folder.to_str().unwrap()]).run().ok();
    let finished = world.herokey(["regenerate"]);
    world.program("chattr").args(["-i", folder.to_str().unwrap()]).run().ok();
    let output = finished.failed_with(7);
    assert!(output.contains("could not be stored in ~/.config/heroku/accounts/me"), "{output}");
    let new = world.herokey(["token"]).ok().to_owned();
    assert_ne!(new, old);
    assert!(world.sandbox().is_live(&new) && world.sandbox().is_live(&old));
    assert!(world.problem_codes().contains(&"unfinished-action".to_owned()));

    let finished = world.herokey(["regenerate"]);
    finished.ok();
    assert!(finished.stderr.contains("Finished"), "{finished}");
    assert_eq!(world.herokey(["token"]).ok(), new, "not yet another one");
    assert_only(&world, &new);
}

/// Logs in with Herokey, and returns the token.
fn logged_in(world: &World) -> String {
    world.herokey_login(ME);
    world.herokey(["token"]).ok().to_owned()
}

/// Stores a token of this kind in the keyring, and returns it.
fn stored(world: &World, grant: Grant) -> String {
    let token = world.sandbox().issue_token(ME, grant, None).unwrap();
    world.store_as_cli(ME, &token);
    token
}

fn fault(world: &World, (method, path): (&str, &str), fault: Fault) {
    let method = Some(method.to_owned());
    world.sandbox().add_fault(FaultRule { method, path: path.to_owned(), times: 1, fault });
}

fn mask(token: &str) -> String {
    format!("…{}", &token[token.len() - 4..])
}

/// Checks that this token is valid and stored, and that it is the only one at Heroku.
#[track_caller]
fn assert_only(world: &World, token: &str) {
    assert!(world.sandbox().is_live(token));
    let masks: Vec<String> = world.sandbox().live_tokens().into_iter().map(|token| token.masked).collect();
    assert_eq!(masks, [mask(token)]);
    assert_eq!(world.herokey(["token"]).ok(), token);
}
