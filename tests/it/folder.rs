//! The state in a folder: what git's configuration and direnv change there. The real tools agree.

use std::time::Duration;

use herokey_core::Env;
use herokey_core::base::terminal::Direnv;
use herokey_core::survey::survey_in;
use herokey_tests::{ME, World};
use serde_json::Value;

const PATIENT: Duration = Duration::from_secs(20);

/// A world that is logged in, and whose folder `app` is a repository with this configuration.
fn world(config: &str) -> World {
    let world = World::desktop();
    world.store_as_cli(ME, "HRKU-fake-token-a1b2");
    let line = format!("[credential \"https://{}\"]\n\thelper = !herokey git-credential\n", world.git_host());
    world.write_file(".gitconfig", &line);
    world.program("git").args(["init", "--quiet", "app"]).run().ok();
    let git_config = world.file("app/.git/config").unwrap();
    world.write_file("app/.git/config", &(git_config + config));
    world
}

fn status(world: &World, arguments: &[&str]) -> Value {
    let all = ["status", "--offline", "--json"].into_iter().chain(arguments.iter().copied());
    serde_json::from_str(world.herokey(all).ok()).unwrap()
}

fn tool<'a>(report: &'a Value, name: &str) -> (&'a str, &'a str) {
    let answer = &report["tools"][name];
    (answer["source"].as_str().unwrap(), answer["masked"].as_str().unwrap_or_default())
}

/// The last four characters of the password that git's helpers return in this folder.
fn git_fills(world: &World, folder: &str) -> String {
    let fill = world.program("git").args(["-C", folder, "credential", "fill"]);
    let filled = fill.input(world.git_credential_input()).run();
    let password = filled.stdout.lines().find_map(|line| line.strip_prefix("password=")).unwrap_or_default();
    password.chars().skip(password.chars().count().saturating_sub(4)).collect()
}

#[test]
fn a_repository_can_have_its_own_helpers() {
    let world = world("[credential]\n\thelper =\n\thelper = store --file ~/passwords\n");
    world.write_file("passwords", &format!("https://me:HRKU-fake-old-0000@{}\n", world.git_host()));
    let elsewhere = status(&world, &[]);
    let here = status(&world, &["--in", "app"]);
    assert_eq!(tool(&elsewhere, "git"), ("helper:herokey", "…a1b2"));
    assert_eq!(elsewhere["folder"], Value::Null);
    assert_eq!(tool(&here, "git"), ("helper:other", "…0000"));
    assert_eq!((git_fills(&world, ".").as_str(), git_fills(&world, "app").as_str()), ("a1b2", "0000"));
    assert_eq!(tool(&here, "heroku"), ("keychain", "…a1b2"), "git alone reads a repository's configuration");
    assert_eq!(here["folder"]["elsewhere"]["git"], elsewhere["tools"]["git"]);
    let output = world.herokey(["status", "--offline", "--in", "app"]);
    assert!(output.ok().contains("store --file ~/passwords`, set in ~/app/.git/config:"), "{output}");
    assert!(output.stdout.contains("git       uses helper:herokey …a1b2 elsewhere"), "{output}");
    let found = world.herokey(["doctor", "--offline", "--in", "app"]);
    assert!(found.ok().contains("[git-helper-missing]"), "{found}");
    assert!(
        found.stdout.contains("Fix: Change the line that `herokey status --in ~/app` shows"),
        "no fix for the whole machine helps: {found}"
    );
    assert!(!world.herokey(["doctor", "--offline"]).ok().contains("[git-helper-missing]"));
}

#[test]
fn follows_a_conditional_include() {
    let world = world("");
    let own = world.file(".gitconfig").unwrap();
    world.write_file(".gitconfig", &format!("{own}[includeIf \"gitdir:~/app/\"]\n\tpath = work\n"));
    world.write_file("work", "[credential]\n\thelper =\n");
    assert_eq!(tool(&status(&world, &[]), "git").0, "helper:herokey");
    assert_eq!(tool(&status(&world, &["--in", "app"]), "git").0, "none");
    assert_eq!((git_fills(&world, ".").as_str(), git_fills(&world, "app").as_str()), ("a1b2", ""));
}

#[test]
fn reads_the_variables_of_an_allowed_direnv() {
    let world = world("");
    if !std::path::Path::new("/usr/bin/direnv").exists() {
        println!("direnv is not installed: left out");
        return;
    }
    let envrc = "echo noise\n[ -f x ] || export HEROKU_API_KEY=$(echo HRKU-fake-direnv-0001)\ndotenv\n";
    world.write_file("app/.envrc", envrc);
    world.write_file("app/.env", "HEROKU_API_TOKEN=HRKU-fake-dotenv-0001\n");
    std::fs::create_dir(world.home().join("app/inside")).unwrap();

    let blocked = status(&world, &["--in", "app/inside"]);
    assert_eq!(blocked["folder"]["direnv"], "blocked");
    assert_eq!(tool(&blocked, "heroku"), ("keychain", "…a1b2"));

    world.program("direnv").args(["allow", "app"]).run().ok();
    let loaded = status(&world, &["--in", "app/inside"]);
    assert_eq!(loaded["folder"]["direnv"], "loaded");
    assert_eq!(tool(&loaded, "heroku"), ("env", "…0001"));
    let token = world.program("direnv").args(["exec", "app/inside", "heroku", "auth:token"]).run();
    assert!(token.ok().ends_with("HRKU-fake-direnv-0001"), "{token}");
    let lines: Vec<_> =
        loaded["overrides"].as_array().unwrap().iter().map(|one| one["set_in"].as_str()).collect();
    assert!(lines[0].is_some_and(|line| line.ends_with("/app/.envrc:2")), "{lines:?}");
    assert!(lines[1].is_some_and(|line| line.ends_with("/app/.env:1")), "{lines:?}");
    assert_eq!(tool(&status(&world, &[]), "heroku").0, "keychain", "elsewhere nothing has changed");
}

#[test]
fn an_env_file_of_heroku_local_changes_nothing() {
    let world = world("");
    world.write_file("app/.env", "PORT=5000\nHEROKU_API_KEY=HRKU-fake-local-0001\n");
    let here = status(&world, &["--in", "app"]);
    assert_eq!(tool(&here, "heroku"), ("keychain", "…a1b2"));
    assert_eq!(here["folder"]["sets"][0]["masked"], "…0001");
    let output = world.herokey(["status", "--offline", "--in", "app"]);
    assert!(output.ok().contains("~/app/.env:2 sets HEROKU_API_KEY: `heroku local` uses it"), "{output}");
    assert!(output.stdout.contains("Every tool uses the same credential as elsewhere."), "{output}");
}

#[test]
fn stops_a_direnv_that_hangs() {
    let world = World::new();
    if !std::path::Path::new("/usr/bin/direnv").exists() {
        println!("direnv is not installed: left out");
        return;
    }
    world.write_file("app/.envrc", "sleep 1000 &\nsleep 1000\n");
    world.program("direnv").args(["allow", "app"]).run().ok();
    let mut env = Env::new(world.environment());
    env.limits.shell = Duration::from_millis(500);
    let facts = survey_in(&env, &world.home().join("app"));
    assert!(matches!(facts.folder.unwrap().direnv, Direnv::Failed(_)));
    let left = world.processes();
    assert!(left.iter().all(|process| process.ends_within(PATIENT)), "what it started is gone too: {left:?}");
}

#[test]
fn refuses_a_path_that_is_not_a_folder() {
    let world = World::new();
    for command in ["status", "doctor"] {
        assert!(world.herokey([command, "--in", "nowhere"]).failed_with(2).contains("nowhere"));
    }
}
