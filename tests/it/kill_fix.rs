//! Each fix, each removal, and the undo of both, killed at every system call that writes: no secret is lost, and the
//! next attempt succeeds, with every byte restored and nothing left behind.

use herokey_tests::{Finished, KeyringItem, ME, Tree, World};
use heroku_sandbox::Grant;

use crate::doctor::cases::{CASES, DOCKER_AUTH, OTHER, in_keychain, netrc};
use crate::doctor::{entries, find};
use crate::kill::{at_every_write, is_leftover};

const KEYRINGS: &str = ".local/share/keyrings";

/// The home folder and the keychain at one moment.
struct Snapshot {
    tree: Tree,
    items: Vec<KeyringItem>,
    entries: Vec<String>,
}

impl Snapshot {
    fn of(world: &World) -> Self {
        let mut items = world.keyring().items();
        items.sort_by_key(|item| item.modified);
        Self { tree: world.tree(), items, entries: entries(world) }
    }

    fn restore(&self, world: &World) {
        self.tree.restore(&world.home(), KEYRINGS);
        if entries(world) == self.entries {
            return;
        }
        world.keyring().clear();
        for item in &self.items {
            let attributes: Vec<_> =
                item.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
            world.keyring().add(&item.label, &attributes, item.secret.as_deref().unwrap());
        }
        assert_eq!(entries(world), self.entries);
    }

    fn holds(&self, secret: &str) -> bool {
        self.tree.contains(secret)
            || self.items.iter().any(|item| item.secret.as_deref().is_some_and(|held| held.contains(secret)))
    }

    /// The user's own files.
    fn files(&self) -> Tree {
        self.tree.clone().without(".local/state").without(KEYRINGS).without(".cache")
    }
}

/// Kills the command at every write, and then its undo.
fn killed(world: &World, command: &[&str], secrets: &[&str], is_done: impl Fn() -> bool) {
    let before = Snapshot::of(world);
    let secrets: Vec<&str> = secrets.iter().copied().filter(|secret| before.holds(secret)).collect();
    let nothing_lost = |finished: &Finished| {
        let now = Snapshot::of(world);
        for secret in &secrets {
            assert!(
                now.holds(secret),
                "{command:?}: a secret is lost at {:?}: {finished}",
                finished.killed_at
            );
        }
    };
    let is_before = |finished: &Finished| {
        let now = Snapshot::of(world);
        let changes = before.files().changes(&now.files());
        assert_eq!(changes, [""; 0], "{command:?}, killed at {:?}: {finished}", finished.killed_at);
        assert_eq!(
            now.entries, before.entries,
            "{command:?}, killed at {:?}: {finished}",
            finished.killed_at
        );
        let tree = world.tree();
        let left: Vec<_> = tree.paths().filter(|path| is_leftover(path)).collect();
        assert!(left.is_empty(), "{command:?}: {left:?} after {:?}", finished.killed_at);
    };
    let kills = at_every_write(|number| {
        before.restore(world);
        let finished =
            world.in_terminal("herokey").args(command.iter().copied()).killed_at_write(number).run();
        nothing_lost(&finished);
        // There may be nothing left to do.
        let again = world.in_terminal("herokey").args(command.iter().copied()).run();
        assert!(
            matches!(again.code(), Some(0 | 1 | 3)),
            "{command:?} after {:?}: {again}",
            finished.killed_at
        );
        assert!(is_done(), "{command:?} after {:?}: {again}", finished.killed_at);
        nothing_lost(&finished);
        while herokey_core::ledger::undo::last(&world.env()).is_ok() {
            world.herokey(["doctor", "--undo"]).ok();
        }
        is_before(&finished);
        finished
    });
    before.restore(world);
    world.in_terminal("herokey").args(command.iter().copied()).run().ok();
    let after = Snapshot::of(world);
    let undo_kills = at_every_write(|number| {
        after.restore(world);
        let finished =
            world.herokey_program("herokey").args(["doctor", "--undo"]).killed_at_write(number).run();
        nothing_lost(&finished);
        let again = world.herokey(["doctor", "--undo"]);
        assert!(matches!(again.code(), Some(0 | 1)), "{command:?} after {:?}: {again}", finished.killed_at);
        is_before(&finished);
        finished
    });
    println!("{command:?}: {kills} kills, {undo_kills} of its undo");
    assert!(kills > 5 && undo_kills > 5, "{command:?}: {kills}, {undo_kills}");
}

fn fix(code: &str, nth: usize) {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let case = CASES.iter().filter(|case| case.code == code).nth(nth).unwrap();
    (case.make)(&mut world, &token);
    let command = ["doctor", "--offline", "--fix", code];
    killed(&world, &command, &[&token, OTHER, DOCKER_AUTH], || find(&world, code).is_none());
}

#[test]
fn file_mode() {
    fix("netrc-mode", 0);
}

#[test]
fn duplicate_record() {
    fix("netrc-duplicate", 0);
}

#[test]
fn unreadable_record() {
    fix("netrc-cli-cannot-read", 0);
}

#[test]
fn records_that_differ() {
    fix("netrc-hosts-differ", 0);
}

#[test]
fn stale_records() {
    fix("netrc-stale-copy", 0);
}

#[test]
fn shell_line() {
    fix("env-api-key-overrides", 0);
}

#[test]
fn docker_login() {
    fix("docker-login-stale", 0);
}

#[test]
fn docker_helper() {
    fix("docker-plain-token", 0);
}

#[test]
fn key_of_a_server() {
    fix("mcp-plain-token", 0);
}

#[test]
fn accounts_file() {
    fix("accounts-plain-token", 1);
}

#[test]
fn start_at_login() {
    fix("autostart-broken", 0);
}

#[test]
fn duplicate_entry() {
    fix("keychain-duplicate", 0);
}

#[test]
fn git_helper() {
    fix("git-helper-missing", 0);
}

#[test]
fn login_json() {
    fix("keychain-orphan", 0);
}

#[test]
fn forgetting() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    killed(&world, &["forget", "keychain", "--account", ME], &[&token], || {
        world.login_json().is_none() && world.keyring().items().iter().all(|item| item.label == "Herokey")
    });
    netrc(&world, &world.netrc_records(ME, OTHER));
    killed(&world, &["forget", "netrc"], &[&token, OTHER], || !world.netrc().unwrap().contains(OTHER));
}
