//! Files that Herokey cannot change: `doctor` says so instead of offering a fix, and changes nothing.

use std::path::Path;

use herokey_tests::World;
use heroku_sandbox::Grant;

use super::cases::CASES;
use super::{ME, doctor, find};

/// A problem, and the file that its fix would change.
const FILES: [(&str, &str); 9] = [
    ("netrc-mode", ".netrc"),
    ("netrc-plain-token", ".netrc"),
    ("netrc-hosts-differ", ".netrc"),
    ("netrc-hidden-token", ".netrc"),
    ("git-plain-token", ".gitconfig"),
    ("accounts-plain-token", ".config/heroku/accounts/work"),
    ("docker-login-stale", ".docker/config.json"),
    ("env-api-key-overrides", ".profile"),
    ("autostart-broken", ".config/autostart/herokey.desktop"),
];

#[test]
fn no_fix_is_offered_for_a_file_on_a_read_only_mount() {
    for (code, path) in FILES {
        std::thread::spawn(move || check(code, path)).join().unwrap();
    }
}

fn check(code: &str, path: &str) {
    let mut world = World::desktop();
    if !world.has_own_network() {
        println!("skipped: a mount needs namespaces, and this machine allows none");
        return;
    }
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let case = CASES.iter().find(|case| case.code == code).unwrap();
    (case.make)(&mut world, &token);
    assert_ne!(find(&world, code).unwrap()["does"], "", "{code}");
    seal(&world, &world.home().join(path));
    let tree = || world.tree().without(".local/state").without(".local/share/keyrings").without(".cache");
    let before = tree();
    let found = find(&world, code).unwrap();
    assert_eq!((found["safe"].as_bool(), found["does"].as_str()), (Some(false), Some("")), "{found}");
    let message = found["message"].as_str().unwrap();
    assert!(message.contains(&format!("Herokey cannot change ~/{path}: it is ")), "{found}");
    let refused = world.in_terminal("herokey").args(["doctor", "--offline", "--fix", code]).run();
    assert!(refused.failed_with(6).contains("where it is made"), "{refused}");
    assert!(!doctor(&world, &["--offline"]).contains(&format!("to fix {code}")), "{code}");
    assert_eq!(before.changes(&tree()), [""; 0], "{code}");
    assert!(herokey_core::ledger::undo::newest(&world.env()).is_none(), "{code}");
}

/// Makes a file read-only even for root.
fn seal(world: &World, path: &Path) {
    let path = path.to_str().unwrap();
    world.program("mount").args(["--bind", path, path]).run().ok();
    world.program("mount").args(["-o", "remount,ro,bind", path]).run().ok();
}
