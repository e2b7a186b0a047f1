//! git and its credential helpers, and which of them answers first.

use herokey_tests::{ME, World};

#[test]
fn git_asks_herokey_first() {
    let world = World::desktop();
    world.git(["config", "--global", "credential.helper", "store"]).ok();
    world.herokey_login(ME);
    let log = world.home().join("git-trace");
    let fill = world.program("git").args(["credential", "fill"]).input(world.git_credential_input());
    let answer = fill.env("GIT_TRACE", log.to_str().unwrap()).run();
    let token = world.herokey(["token"]).ok().to_owned();
    assert!(answer.ok().contains(&format!("username=heroku\npassword={token}")));
    let trace = world.file("git-trace").unwrap();
    assert!(trace.contains("herokey") && !trace.contains("heroku git:credentials"), "{trace}");
    assert!(!trace.contains("credential-store"), "a helper for every host is not asked for Heroku: {trace}");
}

#[test]
fn keeps_the_clis_helper() {
    let world = World::desktop();
    world.herokey_login(ME);
    let lines = world.git_helpers();
    let [reset, herokey, heroku] = lines.as_slice() else { panic!("three lines: {lines:?}") };
    assert_eq!(reset, "");
    assert!(herokey.starts_with("!test -x '") && herokey.ends_with("herokey' git-credential"), "{herokey}");
    assert_eq!(heroku, "!heroku git:credentials");
    for command in [["whoami"], ["auth:token"], ["authorizations"]] {
        world.heroku(command).ok();
        assert_eq!(world.git_helpers(), lines, "after heroku {command:?}");
    }
}

#[test]
fn a_push_needs_no_prompt() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.git(["init", "--quiet", "app"]).ok();
    let author = ["-c", "user.name=Me", "-c", "user.email=me@example.com", "-C", "app"];
    let commit = ["commit", "--quiet", "--allow-empty", "--message=One"];
    world.git(author.into_iter().chain(commit)).ok();
    let address = format!("https://{}/app.git", world.git_host());
    world.git(["-C", "app", "remote", "add", "heroku", &address]).ok();
    let push = world.program("git").args(["-C", "app", "push", "heroku", "HEAD:main"]).traced().run();
    push.ok();
    assert!(push.started_programs.contains("git-credential"), "{}", push.started_programs);
    assert!(
        !push.started_programs.contains("git:credentials get"),
        "the slow helper was not asked: {}",
        push.started_programs
    );
    assert!(world.git(["ls-remote", &address]).ok().ends_with("refs/heads/main"));
}

#[test]
fn git_silently_skips_a_removed_herokey() {
    let world = World::desktop();
    world.herokey_login(ME);
    let key = format!("credential.https://{}.helper", world.git_host());
    let [_, ours, _] = world.git_helpers().try_into().unwrap();
    let gone = ours.replace("/herokey'", "/gone/herokey'");
    assert_ne!(gone, ours);
    world.git(["config", "--global", "--replace-all", &key, &gone, "git-credential$"]).ok();
    world.git(["config", "--global", "credential.helper", "!echo from-every-host >&2; :"]).ok();
    let filled = world.git_credential_fill();
    let token = world.herokey(["token"]).ok().to_owned();
    assert!(filled.ok().contains(&format!("password={token}")), "the Heroku CLI's helper answers");
    let output = filled.stderr.as_str();
    assert!(!output.contains("herokey") && !output.contains("not found"), "{output}");
    let status = world.herokey(["status", "--offline"]);
    assert!(status.ok().contains("git"), "{status}");
}

#[test]
fn git_falls_back_to_the_clis_helper() {
    let world = World::desktop();
    world.heroku_login(ME);
    world.herokey(["git", "install"]).ok();
    let question = world.git_credential_input();
    let answer = |input: String| world.program("herokey").args(["git-credential", "get"]).input(input).run();
    assert!(answer(question.clone()).ok().contains("username=heroku"));
    assert_eq!(answer(question.replace("https", "http")).ok(), "");
    world.keyring().lock();
    let locked = answer(question);
    assert_eq!(locked.ok(), "", "git asks the next helper");
    assert!(locked.stderr.starts_with("herokey: "), "and the user sees why: {locked}");
}

#[test]
fn install_status_and_remove() {
    let world = World::desktop();
    world.write_file(".gitconfig", "[alias]\n\tst = status\n");
    let before = world.gitconfig();
    world.herokey(["git", "install"]).ok();
    let status: serde_json::Value =
        serde_json::from_str(world.herokey(["git", "status", "--json"]).ok()).unwrap();
    assert_eq!(status["helpers"], serde_json::json!(["herokey", "heroku"]));
    world.herokey(["git", "remove"]).ok();
    assert_eq!(world.git_helpers(), ["!heroku git:credentials"]);
    world.herokey(["git", "remove"]).ok();
    world
        .git([
            "config",
            "--global",
            "--unset-all",
            &format!("credential.https://{}.helper", world.git_host()),
        ])
        .ok();
    assert_eq!(world.gitconfig(), before);
}
