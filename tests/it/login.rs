//! Logging in with Herokey, as the Heroku CLI, the keyring and git see it.

use std::time::Duration;

use herokey_core::Code;
use herokey_core::action::{Action, LogIn, Progress, Runner, perform};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_tests::{ME, PATIENCE, World};
use heroku_sandbox::{Account, ApiErrorId, Fault, FaultRule};

#[test]
fn the_cli_is_logged_in_after_a_herokey_login() {
    let world = World::desktop();
    let login = world.herokey_login(ME);
    assert!(login.stderr.contains("Logged in as me@example.com."), "{login}");
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert!(world.sandbox().is_live(&token));
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.login_json(), Some(serde_json::json!({"account": ME})));
    assert_eq!(world.netrc(), None, "nothing in plain text");
}

#[test]
fn herokey_shows_the_clis_login_and_logout() {
    let world = World::desktop();
    assert_eq!(world.status()["account"], serde_json::Value::Null);
    world.heroku_login(ME);
    let status = world.status();
    assert_eq!(status["account"], ME);
    assert_eq!(status["token"]["source"], "keychain");
    assert_eq!(status["token"]["valid"], true);
    assert_eq!(status["tools"]["git"]["source"], "helper:heroku");
    world.heroku(["logout"]).ok();
    assert_eq!(world.status()["token"], serde_json::Value::Null);
}

#[test]
fn denied_in_the_browser() {
    let world = World::desktop();
    let before = world.tree();
    let login = world.herokey_program("herokey").arg("login").start();
    world.deny(&world.browser().wait_for_address());
    let output = login.finish();
    let output = output.failed_with(6);
    assert!(output.contains("The login was denied in the browser. [login-denied]"), "{output}");
    assert_nothing_stored(&world, &before);
}

#[test]
fn cancelled_in_herokey() {
    let world = World::desktop();
    let before = world.tree();
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let progress = |progress| {
        if let Progress::Waiting { .. } = progress {
            stop.cancel();
        }
    };
    let env = world.env();
    let runner = Runner { env: &env, by: Program::Window, cancel, progress: &progress, person: &Nobody };
    let error =
        perform(&runner, &Action::LogIn(LogIn { open_browser: false, ..LogIn::default() })).unwrap_err();
    assert_eq!(error.code, Code::Cancelled);
    assert_eq!(error.means, "Nothing was changed.");
    assert_nothing_stored(&world, &before);
}

#[test]
fn times_out_if_nobody_decides() {
    let world = World::desktop();
    let before = world.tree();
    let mut env = world.env();
    env.limits.login = Duration::from_millis(300);
    let runner =
        Runner { env: &env, by: Program::Window, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody };
    let error =
        perform(&runner, &Action::LogIn(LogIn { open_browser: false, ..LogIn::default() })).unwrap_err();
    assert_eq!(error.code, Code::LoginTimedOut);
    assert!(error.what.contains("within the time limit"), "{error}");
    assert_nothing_stored(&world, &before);
}

#[test]
fn works_if_no_browser_starts() {
    let world = World::builder().keyring().without_program("xdg-open").build();
    let broken = "#!/bin/sh\nexit 3\n";
    for name in ["xdg-open", "gio", "gnome-open", "kde-open", "wslview"] {
        let path = world.home().with_file_name("bin").join(name);
        std::fs::write(&path, broken).unwrap();
        world.program("chmod").args(["755", path.to_str().unwrap()]).run().ok();
    }
    let login = world.herokey_program("herokey").arg("login").start();
    login.wait_for("Open this page in a browser and sign in:");
    let pending = world.sandbox().wait_for_login(PATIENCE).expect("a login waits");
    assert!(login.output().contains(&pending.browser_path), "the address is shown to copy");
    let decision = heroku_sandbox::Decision::Approve(ME.to_owned());
    world.sandbox().decide_login(pending.id, decision).unwrap();
    login.finish().ok();
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn a_second_login_with_another_account_keeps_the_first() {
    let world = World::desktop();
    world.sandbox().add_account(Account::new("other@example.com"));
    world.herokey_login(ME);
    let first = world.herokey(["token"]).ok().to_owned();
    world.herokey_login("other@example.com");
    assert_eq!(world.heroku(["whoami"]).ok(), "other@example.com");
    let items = world.keyring().items();
    assert_eq!(items.len(), 2, "an account each: {items:?}");
    assert!(world.sandbox().is_live(&first), "the first account's token is kept");
    assert_eq!(world.git_helpers().len(), 3, "git's lines are not doubled");
}

#[test]
fn refused_if_an_api_key_is_set() {
    let mut world = World::desktop();
    let key = "HRKU-fake-of-a-forgotten-file";
    world.write_file(".zshrc", &format!("# mine\nexport HEROKU_API_KEY={key}\n"));
    world.set_env("HEROKU_API_KEY", key);
    let before = world.tree();
    let login = world.herokey(["login"]);
    let output = login.failed_with(1);
    assert!(output.contains("HEROKU_API_KEY is set in ~/.zshrc:2. [env-api-key-overrides]"), "{output}");
    assert!(!output.contains(key));
    assert!(world.sandbox().requests().is_empty(), "Heroku was not asked");
    assert_nothing_stored(&world, &before);
}

#[test]
fn heroku_is_unreachable_or_sends_garbage() {
    let world = World::desktop();
    let before = world.tree();
    let cases = [
        (Fault::DropBefore, "heroku-unreachable"),
        (Fault::DropAfter, "heroku-unreachable"),
        (Fault::NotJson, "heroku-garbled"),
        (Fault::Empty, "heroku-garbled"),
        (Fault::Error(ApiErrorId::RateLimit), "rate-limited"),
    ];
    for (fault, code) in cases {
        world.sandbox().clear_faults();
        world.sandbox().add_fault(FaultRule::once("/auth", fault.clone()));
        let login = world.herokey(["login", "--no-browser"]);
        let output = login.failed_with(4);
        assert!(output.contains(&format!("[{code}]")), "{fault:?}: {output}");
        assert_nothing_stored(&world, &before);
    }
}

#[test]
fn a_locked_keyring_never_leads_to_plain_text() {
    let world = World::builder().locked_keyring().build();
    let before = world.tree();
    let login = world.herokey(["login"]);
    let output = login.failed_with(5);
    assert!(output.contains("[keychain-denied]") || output.contains("[keychain-locked]"), "{output}");
    assert_eq!(world.netrc(), None, "no plain text behind the person's back");
    assert!(world.sandbox().requests().is_empty(), "no token was made that could not be kept");
    assert_eq!(changes(&before, &world), [""; 0]);
    assert_eq!(world.status()["stores"]["keychain"]["state"], "locked");
}

#[track_caller]
fn assert_nothing_stored(world: &World, before: &herokey_tests::Tree) {
    assert_eq!(world.keyring().items(), []);
    assert_eq!(changes(before, world), [""; 0]);
    assert_eq!(world.sandbox().live_tokens().len(), 0);
}

/// The changes under the home folder, except for Herokey's journal, caches and the keyring's files.
fn changes(before: &herokey_tests::Tree, world: &World) -> Vec<String> {
    let ours = [".local", ".local/state", ".cache", ".local/share"];
    let changed = before.changes(&world.tree());
    let is_journal = |line: &String| {
        let path = &line[2..];
        path.starts_with(".local/state/herokey")
            || ours.contains(&path)
            || path.starts_with(".local/share/keyrings")
    };
    changed.into_iter().filter(|line| !is_journal(line)).collect()
}
