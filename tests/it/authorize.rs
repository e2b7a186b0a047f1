//! Authorizations made by hand, for the account and for a team, and where their tokens go.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use herokey_tests::{ME, World};
use heroku_sandbox::{Account, ApiErrorId, Fault, FaultRule, Grant, LiveToken};
use serde_json::Value;

fn logged_in() -> World {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    world
}

fn made(world: &World, description: &str) -> Option<LiveToken> {
    world.sandbox().live_tokens().into_iter().find(|token| token.description == description)
}

#[test]
fn the_token_alone_is_printed() {
    let world = logged_in();
    let arguments = [
        "authorizations",
        "create",
        "--scope",
        "identity,write",
        "--expires-in",
        "3600",
        "--description",
        "CI job",
    ];
    let created = world.herokey(arguments);
    let token = created.ok().to_owned();
    assert!(world.sandbox().is_live(&token), "{created}");
    assert!(!created.stderr.contains(&token) && created.stderr.contains("“CI job”"), "{created}");
    assert!(made(&world, "CI job").unwrap().expires_at.is_some());
    let list: Value = serde_json::from_str(world.herokey(["authorizations", "--json"]).ok()).unwrap();
    let listed = list["authorizations"].as_array().unwrap().iter().find(|one| one["description"] == "CI job");
    assert_eq!(listed.unwrap()["scope"], serde_json::json!(["identity", "write"]));
    let shown = world.herokey(["authorizations"]);
    assert!(
        shown.ok().contains("identity, write (read the account, change apps without their configuration)")
    );
    assert!(world.tree().files_containing(&token).is_empty());
    let forever = world.herokey(["authorizations", "create", "--description", "for ever"]);
    forever.ok();
    assert_eq!(made(&world, "for ever").unwrap().expires_at, None);
    let history = world.herokey(["history"]);
    assert!(history.ok().contains("Made “for ever”"), "{history}");
}

#[test]
fn a_new_token_can_be_made_for_any_but_this_machines() {
    let world = logged_in();
    let old = world.herokey(["authorizations", "create", "--description", "CI"]).ok().to_owned();
    let id = made(&world, "CI").unwrap().id.to_string();
    let new = world.herokey(["authorizations", "regenerate", &id]).ok().to_owned();
    assert_ne!(new, old);
    assert!(world.sandbox().is_live(&new) && !world.sandbox().is_live(&old));
    let list: Value = serde_json::from_str(world.herokey(["authorizations", "--json"]).ok()).unwrap();
    let own =
        list["authorizations"].as_array().unwrap().iter().find(|one| one["this_machine"] == true).unwrap();
    let refused = world.herokey(["authorizations", "regenerate", own["id"].as_str().unwrap()]);
    assert!(refused.failed_with(2).contains("herokey regenerate"), "{refused}");
    world.herokey(["authorizations", "regenerate", "no-such-id"]).failed_with(4);
}

/// Heroku revokes the old token at once, so nobody asks for a new one that has no place to go.
#[test]
fn a_new_token_is_made_only_if_there_is_a_place_for_it() {
    let mut world = logged_in();
    let old = world.herokey(["authorizations", "create", "--description", "CI"]).ok().to_owned();
    let id = made(&world, "CI").unwrap().id.to_string();
    let no_folder = world.home().join("no/such/folder/token").display().to_string();
    for name in ["DISPLAY", "WAYLAND_DISPLAY"] {
        world.set_env(name, "");
    }
    for place in [&["--copy"][..], &["--file", &no_folder]] {
        let arguments = ["authorizations", "regenerate", &id].into_iter().chain(place.iter().copied());
        world.herokey(arguments.collect::<Vec<_>>()).failed_with(1);
        assert!(world.sandbox().is_live(&old), "{place:?}");
    }
}

#[test]
fn the_token_goes_to_a_file_or_to_a_command() {
    let world = logged_in();
    let file = world.home().join("token").display().to_string();
    let to_file = world.herokey(["authorizations", "create", "--description", "file", "--file", &file]);
    assert_eq!(to_file.ok(), "");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(world.sandbox().is_live(world.file("token").unwrap().trim_end()));
    let again = world.herokey(["authorizations", "create", "--description", "again", "--file", &file]);
    assert!(again.failed_with(2).contains("already exists"), "{again}");
    assert!(made(&world, "again").is_none());

    let create = ["authorizations", "create", "--description", "piped", "--to", "--"];
    let piped = world.herokey(create.into_iter().chain(["sh", "-c", "cat > received"]));
    assert_eq!(piped.ok(), "");
    let received = world.file("received").unwrap();
    assert!(world.sandbox().is_live(&received) && !received.ends_with('\n'));
    assert!(!piped.to_string().contains(&received), "{piped}");
    let create = ["authorizations", "create", "--description", "refused", "--to", "--"];
    let refused = world.herokey(create.into_iter().chain(["sh", "-c", "cat > /dev/null; exit 3"]));
    assert!(refused.failed_with(1).contains("sh failed"), "{refused}");
    assert!(made(&world, "refused").is_none(), "nobody has the token");
    let create = ["authorizations", "create", "--description", "missing", "--to", "--", "no-such-command"];
    world.herokey(create).failed_with(2);
    assert!(made(&world, "missing").is_none());
}

#[test]
fn a_full_disk_leaves_no_authorization_that_nobody_knows() {
    let world = logged_in();
    let full =
        world.program("sh").args(["-c", "exec \"$0\" authorizations create --description full > /dev/full"]);
    let herokey = herokey_tests::herokey_path("herokey").display().to_string();
    full.arg(&herokey).run().failed_with(1);
    assert!(made(&world, "full").is_none());
}

#[test]
fn a_killed_herokey_leaves_word_of_a_token_that_may_not_have_arrived() {
    let world = logged_in();
    let create = ["authorizations", "create", "--description", "killed", "--to", "--"];
    let command = ["sh", "-c", "echo started >&2; exec sleep 1000"];
    let running = world.herokey_program("herokey").args(create.into_iter().chain(command)).start();
    running.wait_for("started");
    running.signal(rustix::process::Signal::KILL);
    running.finish();
    assert!(made(&world, "killed").is_some());
    assert!(world.problem_codes().contains(&"unfinished-action".to_owned()));
    let told = world.herokey(["doctor", "--offline", "--fix", "unfinished-action"]);
    assert!(told.failed_with(7).contains("Asked Heroku for “killed”"), "{told}");
    assert!(!world.problem_codes().contains(&"unfinished-action".to_owned()), "it is told once");
}

#[test]
fn a_lost_answer_is_told() {
    let world = logged_in();
    world.sandbox().add_fault(FaultRule::once("/oauth/authorizations", Fault::DropAfter));
    let lost = world.herokey(["authorizations", "create", "--description", "lost"]);
    assert!(lost.failed_with(4).contains("Heroku may have made “lost”"), "{lost}");
    world.sandbox().add_fault(FaultRule::once("/oauth/authorizations", Fault::Error(ApiErrorId::Forbidden)));
    let refused = world.herokey(["authorizations", "create", "--description", "refused"]);
    assert!(refused.failed_with(4).contains("Nothing was made"), "{refused}");
}

#[test]
fn a_teams_tokens_are_listed_made_and_revoked() {
    let world = logged_in();
    let other = "other@example.com";
    world.sandbox().add_account(Account::new(other));
    world.sandbox().add_team("acme", &[ME]);
    world.sandbox().add_team("theirs", &[other]);
    let create = ["authorizations", "create", "--team", "acme", "--description", "deploys"];
    let token = world.herokey(create).ok().to_owned();
    assert!(world.sandbox().is_live(&token));
    let list = |team: &str| world.herokey(["authorizations", "--json", "--team", team]);
    let listed: Value = serde_json::from_str(list("acme").ok()).unwrap();
    assert_eq!(listed["authorizations"].as_array().unwrap().len(), 1);
    let id = listed["authorizations"][0]["id"].as_str().unwrap();
    assert!(!world.herokey(["authorizations"]).ok().contains("deploys"), "they are not the account's");
    let new = world.herokey(["authorizations", "regenerate", id, "--team", "acme"]).ok().to_owned();
    assert!(world.sandbox().is_live(&new) && !world.sandbox().is_live(&token));
    world.herokey(["revoke", id]).failed_with(4);
    world.herokey(["revoke", id, "--team", "acme"]).ok();
    assert!(!world.sandbox().is_live(&new));
    assert!(list("unknown").failed_with(4).contains("no team “unknown” with tokens of its own"));
    assert!(list("theirs").failed_with(4).contains("manage_tokens"));
    let create = ["authorizations", "create", "--team", "theirs", "--description", "x"];
    assert!(world.herokey(create).failed_with(4).contains("manage_tokens"));
}
