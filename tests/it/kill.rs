//! Moving a token, killed at every system call that writes: the tools always find a valid token, other programs' data
//! is never lost, and the next run finishes the move and leaves no token in any other file.

use herokey_core::Env;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_tests::{FTP_RECORD, Finished, ME, World};
use heroku_sandbox::Grant;

/// Run the Heroku CLI only after every so many kills, because it takes a second.
const CLI_EVERY: usize = 20;

/// Calls `attempt` with 1, 2 and so on, the number of the write at which to kill, until the program ends by itself.
/// Returns the number of kills.
pub(crate) fn at_every_write(mut attempt: impl FnMut(usize) -> Finished) -> usize {
    for number in 1.. {
        let finished = attempt(number);
        if finished.killed_at.is_none() {
            finished.ok();
            println!("killed at {} system calls", number - 1);
            return number - 1;
        }
    }
    unreachable!("a program that never ends by itself")
}

#[test]
fn moving_to_the_keychain() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let netrc = format!("{FTP_RECORD}{}", world.netrc_records(ME, &token));
    let kills = at_every_write(|number| {
        reset(&world);
        world.write_file(".netrc", &netrc);
        let killed =
            world.herokey_program("herokey").args(["move", "keychain"]).killed_at_write(number).run();
        assert_reachable(&world, &token, number, &killed);
        if killed.killed_at.is_some() {
            world.herokey(["move", "keychain"]).ok();
        }
        assert_eq!(world.netrc().as_deref(), Some(FTP_RECORD), "{number}: {killed}");
        assert_eq!(world.keyring().items().len(), 1, "{number}: {killed}");
        assert_tidy(&world, &token, &[], &killed);
        killed
    });
    assert!(kills > 20, "{kills} kills");
}

#[test]
fn moving_to_netrc() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let kills = at_every_write(|number| {
        reset(&world);
        world.write_file(".netrc", FTP_RECORD);
        world.store_as_cli(ME, &token);
        let killed = world.herokey_program("herokey").args(["move", "netrc"]).killed_at_write(number).run();
        assert_reachable(&world, &token, number, &killed);
        if killed.killed_at.is_some() {
            world.herokey(["move", "netrc"]).ok();
        }
        assert!(world.netrc().unwrap().starts_with(FTP_RECORD), "{number}: {killed}");
        assert_eq!(world.keyring().items(), [], "{number}: {killed}");
        assert_eq!(world.login_json(), None, "{number}: {killed}");
        assert_tidy(&world, &token, &[".netrc"], &killed);
        killed
    });
    assert!(kills > 20, "{kills} kills");
}

/// Removes everything that an action may have left in the home folder and the keyring.
pub(crate) fn reset(world: &World) {
    for name in [".local/share/heroku", ".local/state/herokey"] {
        let folder = world.home().join(name);
        if folder.exists() {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
    for name in [".netrc", ".gitconfig"] {
        let file = world.home().join(name);
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }
    world.keyring().clear();
}

#[track_caller]
fn assert_reachable(world: &World, token: &str, number: usize, killed: &Finished) {
    let env = Env::new(world.environment());
    let found =
        lookup::token_in_use(&env, Unlock::Never).unwrap().map(|found| found.token.expose().to_owned());
    assert_eq!(found.as_deref(), Some(token), "{number}, {:?}: {killed}", killed.killed_at);
    if number % CLI_EVERY == 1 {
        assert_eq!(world.heroku(["auth:token"]).ok(), token, "{number}, {:?}: {killed}", killed.killed_at);
    }
}

/// Checks that the token is only in these files of the home folder, and that no lock or temporary file is left.
#[track_caller]
fn assert_tidy(world: &World, token: &str, files: &[&str], killed: &Finished) {
    let tree = world.tree();
    let expected: Vec<&std::path::Path> = files.iter().map(std::path::Path::new).collect();
    assert_eq!(tree.files_containing(token), expected, "{:?}", killed.killed_at);
    let left: Vec<_> = tree.paths().filter(|path| is_leftover(path)).collect();
    assert!(left.is_empty(), "{left:?} after {:?}", killed.killed_at);
    assert_eq!(world.git_helpers().len(), 3, "{:?}", killed.killed_at);
}

pub(crate) fn is_leftover(path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stays = ["action.lock", "tokens.lock"];
    name.contains(".herokey-") || name.ends_with(".lock") && !stays.contains(&&*name)
}
