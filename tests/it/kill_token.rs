//! Regenerating, logging in, logging out and renewing, killed at every system call that writes to a file or to Heroku:
//! the stored token is always valid, and the next run finishes the action.

use herokey_core::Env;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_tests::{Finished, ME, World};
use heroku_sandbox::{Account, Grant};

use crate::kill::{at_every_write, is_leftover, reset};

/// Run the Heroku CLI only after every so many kills, because it takes a second.
const CLI_EVERY: usize = 25;

#[test]
fn regenerating() {
    let world = World::desktop();
    let account = ".config/heroku/accounts/me";
    let kills = at_every_write(|number| {
        let old = logged_in(&world);
        world.write_file(".netrc", &world.netrc_records(ME, &old));
        world.write_file(account, &format!("username: {ME}\npassword: {old}\n"));
        let killed = world.herokey_program("herokey").arg("regenerate").killed_at_write(number).run();
        let token = stored(&world).unwrap_or_else(|| panic!("no token: {killed}"));
        assert!(world.sandbox().is_live(&token), "{number}, {:?}: {killed}", killed.killed_at);
        for held in [world.netrc().unwrap(), world.file(account).unwrap()] {
            for word in held.split_whitespace().filter(|word| word.starts_with("HRKU-")) {
                assert!(world.sandbox().is_live(word), "a dead copy at {number}, {:?}", killed.killed_at);
            }
        }
        assert!(world.sandbox().live_tokens().len() <= 2, "{number}, {:?}", killed.killed_at);

        if killed.killed_at.is_some() {
            let next = world.herokey(["regenerate"]);
            assert!(next.status.success(), "{number}, {:?}: {next}", killed.killed_at);
        }
        let token = stored(&world).unwrap();
        assert_ne!(token, old, "{number}");
        let live = world.sandbox().live_tokens();
        assert_eq!(live.len(), 1, "{number}, {:?}: {live:?}", killed.killed_at);
        assert!(world.sandbox().is_live(&token), "{number}");
        let files = [account, ".netrc"].map(std::path::Path::new);
        assert_eq!(world.tree().files_containing(&token), files, "{number}, {:?}", killed.killed_at);
        assert_tidy(&world, &old, &killed);
        if number % CLI_EVERY == 1 {
            assert_eq!(world.heroku(["auth:token"]).ok(), token);
        }
        killed
    });
    assert!(kills > 50, "{kills} kills");
}

#[test]
fn logging_in() {
    let world = World::desktop();
    let password = "fake-password";
    world.sandbox().add_account(Account { password: Some(password.to_owned()), ..Account::new(ME) });
    let log_in = || {
        let program = world.herokey_program("herokey").args(["login", "--method", "password"]);
        program.input(format!("{ME}\n{password}\n"))
    };
    let kills = at_every_write(|number| {
        let old = logged_in(&world);
        let killed = log_in().killed_at_write(number).run();
        let token = stored(&world).unwrap_or_else(|| panic!("no token: {killed}"));
        assert!(world.sandbox().is_live(&token), "{number}, {:?}: {killed}", killed.killed_at);
        assert!(world.sandbox().live_tokens().len() <= 2, "{number}, {:?}", killed.killed_at);
        if killed.killed_at.is_some() {
            log_in().run().ok();
        }
        let token = stored(&world).unwrap();
        assert_ne!(token, old);
        assert!(world.sandbox().is_live(&token), "{number}, {:?}", killed.killed_at);
        assert_eq!(world.keyring().items().len(), 1);
        assert_eq!(world.git_helpers().len(), 3);
        assert_tidy(&world, &token, &killed);
        killed
    });
    assert!(kills > 30, "{kills} kills");
}

#[test]
fn logging_out() {
    let world = World::desktop();
    let kills = at_every_write(|number| {
        let token = logged_in(&world);
        world.herokey(["git", "install"]).ok();
        let killed = world.herokey_program("herokey").arg("logout").killed_at_write(number).run();
        if world.sandbox().is_live(&token) {
            assert_eq!(stored(&world).as_ref(), Some(&token), "lost at {number}, {:?}", killed.killed_at);
        }
        // This run may finish the logout first, and then find no account to log out of.
        let next = world.herokey(["logout"]);
        assert!(matches!(next.code(), Some(0 | 3)), "{number}, {:?}: {next}", killed.killed_at);
        assert!(!world.sandbox().is_live(&token), "{number}, {:?}", killed.killed_at);
        assert_eq!(world.keyring().items(), [], "{number}, {:?}", killed.killed_at);
        assert_eq!(world.login_json(), None, "{number}, {:?}", killed.killed_at);
        assert!(world.git_helpers().is_empty(), "{number}, {:?}", killed.killed_at);
        assert_tidy(&world, &token, &killed);
        killed
    });
    assert!(kills > 20, "{kills} kills");
}

#[test]
fn renewing() {
    let world = World::desktop();
    world.herokey_login(ME);
    let login = world.herokey_program("herokey").args(["login", "--method", "oauth"]).start();
    world.approve(&world.browser().wait_for_address(), ME);
    login.finish().ok();
    let kills = at_every_write(|number| {
        let old = stored(&world).unwrap();
        // `herokey regenerate` renews a token that renews itself.
        let killed = world.herokey_program("herokey").arg("regenerate").killed_at_write(number).run();
        assert!(stored(&world).is_some(), "{number}, {:?}: {killed}", killed.killed_at);
        if killed.killed_at.is_some() {
            let next = world.herokey(["regenerate"]);
            assert!(next.status.success(), "{number}, {:?}: {next}", killed.killed_at);
        }
        let token = stored(&world).unwrap();
        assert_ne!(token, old, "{number}");
        assert!(world.sandbox().is_live(&token), "{number}, {:?}", killed.killed_at);
        assert_tidy(&world, &old, &killed);
        assert_tidy(&world, &token, &killed);
        killed
    });
    assert!(kills > 30, "{kills} kills");
    assert_eq!(world.heroku(["auth:token"]).ok(), stored(&world).unwrap());
}

/// Sets up a keyring with a token that is the only one at Heroku, and returns that token.
fn logged_in(world: &World) -> String {
    reset(world);
    for token in world.sandbox().live_tokens() {
        world.sandbox().revoke(token.id);
    }
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    token
}

/// The token that the Heroku CLI would use.
#[track_caller]
fn stored(world: &World) -> Option<String> {
    let env = Env::new(world.environment());
    let found = lookup::token_in_use(&env, Unlock::Never).unwrap();
    found.map(|found| found.token.expose().to_owned())
}

/// Checks that the token is only in files that tools read, and that no lock or temporary file is left.
#[track_caller]
fn assert_tidy(world: &World, token: &str, killed: &Finished) {
    let tree = world.tree();
    let tools_read = [".netrc", ".config/heroku/accounts/me"].map(std::path::Path::new);
    let found: Vec<_> =
        tree.files_containing(token).into_iter().filter(|path| !tools_read.contains(path)).collect();
    assert!(found.is_empty(), "{found:?}, {:?}", killed.killed_at);
    let left: Vec<_> = tree.paths().filter(|path| is_leftover(path)).collect();
    assert!(left.is_empty(), "{left:?} after {:?}", killed.killed_at);
}
