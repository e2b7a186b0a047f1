//! Herokey killed in the middle of its work, as by the Task Manager, and two of them at once.

use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use herokey_tests::{Finished, ME, Program, Tree, Windows, netrc_record};
use heroku_sandbox::Grant;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use crate::{OTHERS, netrc_of, with_netrc};

const TIMEOUT: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };
/// How many changes to go on after each kill: a few seconds under Wine.
const STEP: usize = 4;

/// Kills the program at the `number`th change in these folders, counted from 1. `None` if it ends before.
///
/// The kernel tells of a change when it is made, so the program may get a little further. Each run is killed somewhere
/// else, and what the test asserts holds everywhere.
fn killed_at_change(program: Program, folders: &[PathBuf], number: usize) -> Option<Finished> {
    let changes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
    let what = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::MOVED_TO | WatchFlags::DELETE;
    for folder in folders {
        std::fs::create_dir_all(folder).unwrap();
        inotify::add_watch(&changes, folder, what).unwrap();
    }
    let running = program.start();
    let process =
        pidfd_open(Pid::from_raw(running.id().try_into().unwrap()).unwrap(), PidfdFlags::empty()).unwrap();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(&changes, &mut buffer);
    let mut seen = 0;
    loop {
        let mut either = [PollFd::new(&changes, PollFlags::IN), PollFd::new(&process, PollFlags::IN)];
        let ready = poll(&mut either, Some(&TIMEOUT)).unwrap();
        assert!(ready > 0, "neither a change nor an end: {}", running.output());
        while events.next().is_ok() {
            seen += 1;
            if seen == number {
                running.signal(Signal::KILL);
                return Some(running.finish());
            }
        }
        if running.has_ended() {
            running.finish().ok();
            return None;
        }
    }
}

/// Kills something at one change after another, until it ends before. Afterwards nothing may be left behind.
fn at_changes(windows: &Windows, mut kill_at: impl FnMut(usize) -> Option<Finished>) {
    let killed = |number: &usize| {
        let killed = kill_at(*number);
        assert_eq!(leftovers(windows), [""; 0].map(PathBuf::from), "{number}: after {killed:?}");
        killed.is_some()
    };
    let kills = (1..).step_by(STEP).take_while(killed).count();
    assert!(kills >= 3, "{kills} kills");
}

/// The folders in which Herokey writes.
fn folders(windows: &Windows) -> [PathBuf; 2] {
    [windows.profile(), windows.profile().join("AppData/Local/Herokey")]
}

/// What an interrupted action left behind: its temporary files and locks.
fn leftovers(windows: &Windows) -> Vec<PathBuf> {
    let is_left = |path: &&Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(".herokey-") || name == "_netrc.lock"
    };
    Tree::of(&windows.profile()).paths().filter(is_left).map(Path::to_owned).collect()
}

#[test]
fn a_new_token_is_never_lost() {
    let Some((windows, _)) = with_netrc() else { return };
    let sandbox = windows.world().sandbox();
    at_changes(&windows, |number| {
        let regenerate = windows.herokey_program().arg("regenerate");
        let killed = killed_at_change(regenerate, &folders(&windows), number);
        let held = windows.herokey(["token"]);
        assert!(sandbox.is_live(held.ok().trim_end()), "{number}: {held} after {killed:?}");
        assert!(windows.netrc().unwrap().starts_with(OTHERS), "{number}");
        windows.herokey(["regenerate"]).ok();
        let token = windows.herokey(["token"]).ok().trim_end().to_owned();
        let live = sandbox.live_tokens();
        assert!(live.len() == 1 && sandbox.is_live(&token), "{number}: {live:?} after {killed:?}");
        assert_eq!(windows.netrc(), Some(netrc_of(&token)), "{number}");
        killed
    });
}

#[test]
fn a_logout_is_finished_by_the_next_one() {
    let Some((windows, _)) = with_netrc() else { return };
    let sandbox = windows.world().sandbox();
    at_changes(&windows, |number| {
        let token = sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
        windows.write_file("_netrc", &netrc_of(&token));
        let logout = windows.herokey_program().arg("logout");
        let killed = killed_at_change(logout, &folders(&windows), number);
        let again = windows.herokey(["logout"]);
        assert!(matches!(again.code(), Some(0 | 3)), "{number}: {again}");
        assert!(!sandbox.is_live(&token), "{number}: {again} after {killed:?}");
        assert_eq!(windows.netrc().as_deref(), Some(OTHERS), "{number}: after {killed:?}");
        assert_eq!(
            Tree::of(&windows.profile()).files_containing(&token).len(),
            0,
            "{number}: after {killed:?}"
        );
        killed
    });
}

#[test]
fn a_move_is_finished_by_the_next_one() {
    let Some(windows) = Windows::new() else { return };
    let sandbox = windows.world().sandbox();
    let token = sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    windows.write_file("_netrc", &netrc_of(&token));
    let in_keychain = |windows: &Windows| windows.status()["token"]["source"] == "keychain";
    at_changes(&windows, |number| {
        let to = if in_keychain(&windows) { "netrc" } else { "keychain" };
        let killed =
            killed_at_change(windows.herokey_program().args(["move", to]), &folders(&windows), number);
        assert_eq!(windows.herokey(["token"]).ok().trim_end(), token, "{number}: after {killed:?}");
        let again = windows.herokey(["move", to]);
        assert!(matches!(again.code(), Some(0 | 3)), "{number}: {again}");
        assert_eq!(in_keychain(&windows), to == "keychain", "{number}: {again} after {killed:?}");
        let netrc = if to == "keychain" { OTHERS.to_owned() } else { netrc_of(&token) };
        assert_eq!(windows.netrc(), Some(netrc), "{number}: after {killed:?}");
        killed
    });
    assert!(sandbox.is_live(&token));
}

#[test]
fn a_login_is_there_or_not_and_the_next_one_works() {
    let Some((windows, old)) = with_netrc() else { return };
    let sandbox = windows.world().sandbox();
    at_changes(&windows, |number| {
        let token = sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
        let login = || windows.herokey_program().args(["login", "--method", "token"]).input(token.as_str());
        let before = windows.herokey(["token"]).ok().trim_end().to_owned();
        let killed = killed_at_change(login(), &folders(&windows), number);
        let held = windows.herokey(["token"]).ok().trim_end().to_owned();
        assert!([&before, &token].contains(&&held), "{number}: {held} after {killed:?}");
        login().run().ok();
        assert_eq!(windows.netrc(), Some(netrc_of(&token)), "{number}: after {killed:?}");
        killed
    });
    assert!(!windows.netrc().unwrap().contains(&old));
}

#[test]
fn a_fix_is_made_or_not_and_can_be_undone() {
    let Some((windows, token)) = with_netrc() else { return };
    let twice = format!("{}{}", netrc_of(&token), netrc_record("api.heroku.com", ME, &token));
    at_changes(&windows, |number| {
        windows.write_file("_netrc", &twice);
        let fix = || windows.herokey_program().args(["doctor", "--offline", "--fix", "netrc-duplicate"]);
        let killed = killed_at_change(fix(), &folders(&windows), number);
        let left = windows.netrc().unwrap();
        assert!([&twice, &netrc_of(&token)].contains(&&left), "{number}: {left} after {killed:?}");
        fix().run();
        assert_eq!(windows.netrc(), Some(netrc_of(&token)), "{number}: after {killed:?}");
        windows.herokey(["doctor", "--undo"]).ok();
        assert_eq!(windows.netrc().as_ref(), Some(&twice), "{number}: after {killed:?}");
        killed
    });
}

#[test]
fn a_variable_in_the_registry_is_removed_or_not() {
    const KEY: &str = "HRKU-fake-key-in-the-registry-0123";
    let Some((windows, _)) = with_netrc() else { return };
    windows.set_registry(r"HKCU\Environment", "HEROKU_API_KEY", KEY);
    let in_use = || windows.herokey(["token"]).ok().trim_end().to_owned();
    at_changes(&windows, |number| {
        let fix =
            || windows.herokey_program().args(["doctor", "--offline", "--fix", "env-api-key-overrides"]);
        let killed = killed_at_change(fix(), &folders(&windows), number);
        fix().run();
        assert_ne!(in_use(), KEY, "{number}: after {killed:?}");
        windows.herokey(["doctor", "--undo"]).ok();
        assert_eq!(in_use(), KEY, "{number}: after {killed:?}");
        killed
    });
}

#[test]
fn two_new_tokens_at_once_are_one_after_the_other() {
    let Some((windows, _)) = with_netrc() else { return };
    let sandbox = windows.world().sandbox();
    for _ in 0..5 {
        let both = [(); 2].map(|()| windows.herokey_program().arg("regenerate").start());
        let ended = both.map(herokey_tests::Running::finish);
        assert!(ended.iter().any(|ended| ended.status.success()), "{ended:?}");
        for refused in ended.iter().filter(|ended| !ended.status.success()) {
            assert!(refused.stderr.contains("[busy]"), "{refused}");
        }
        let token = windows.herokey(["token"]).ok().trim_end().to_owned();
        let live = sandbox.live_tokens();
        assert!(live.len() == 1 && sandbox.is_live(&token), "{live:?} after {ended:?}");
        assert_eq!(windows.netrc(), Some(netrc_of(&token)));
    }
}
