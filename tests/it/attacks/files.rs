//! Attacks on the files and locks of the state folder by other users, and folders that cannot be written.

use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use herokey_tests::{ME, TrayHost, World};
use heroku_sandbox::Grant;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};

/// The id of a user who is not the one that runs the tests.
const STRANGER: u32 = 54_321;
const LOCKS: [&str; 2] = ["action.lock", "tokens.lock"];

fn state(world: &World) -> PathBuf {
    world.home().join(".local/state/herokey")
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Something mounted in the world, until it is dropped.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        unmount(&self.0, UnmountFlags::DETACH).expect("what was mounted can be unmounted");
    }
}

fn read_only(path: &Path) -> Mounted {
    mount_bind(path, path).unwrap();
    mount_remount(path, MountFlags::BIND | MountFlags::RDONLY, "").unwrap();
    Mounted(path.to_owned())
}

/// A disk with a few pages, all of them used.
fn full(path: &Path) -> Mounted {
    let options = std::ffi::CString::new("size=16k,mode=700").unwrap();
    mount("tmpfs", path, "tmpfs", MountFlags::empty(), options.as_c_str()).unwrap();
    let filled = std::fs::write(path.join("filler"), vec![0; 64 << 10]).unwrap_err();
    assert_eq!(filled.kind(), std::io::ErrorKind::StorageFull);
    Mounted(path.to_owned())
}

/// Checks that an action and `doctor` say what is wrong, in these words, and that `status` works.
#[track_caller]
fn is_reported(world: &World, words: &[&str]) {
    let refused = world.herokey(["git", "install"]);
    let error = refused.failed_with(1);
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
    let report: serde_json::Value =
        serde_json::from_str(world.herokey(["doctor", "--offline", "--json"]).ok()).unwrap();
    let problems = report["problems"].as_array().unwrap();
    let found = problems.iter().find(|problem| problem["code"] == "state-folder-not-writable");
    let found = found.unwrap_or_else(|| panic!("{report:#}")).to_string();
    for word in words {
        assert!(found.contains(word), "{word}: {found}");
    }
    assert!(world.herokey(["status"]).ok().contains(ME));
}

/// Checks that the tray starts and shows an account, and this line.
#[track_caller]
fn tray_shows(world: &World, line: &str) {
    let host = TrayHost::start(world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(ME);
    icon.wait_for_line(line);
    tray.wait_for("cannot write to its folder");
    world.herokey_program("herokey-tray").arg("--at-login").run().ok();
    assert_eq!(host.registered_within(Duration::from_millis(200)), None, "a second tray does not start");
}

/// A desktop on which the Heroku CLI is logged in, and Herokey has never run.
fn desktop() -> World {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    world
}

#[test]
fn nobody_else_can_open_a_lock_or_enter_the_folder() {
    let world = desktop();
    let careless = |command: &str| {
        world.program("sh").args(["-c", &format!("umask 000; exec {command}")]).run().ok();
    };
    careless("herokey status");
    careless("herokey git install");
    assert_eq!(mode(&state(&world)), 0o700);
    for lock in ["action.lock", "tokens.lock"] {
        assert_eq!(mode(&state(&world).join(lock)), 0o600, "{lock}");
    }
    for name in ["journal.json", "undo.json", "tokens.json"] {
        assert_eq!(mode(&state(&world).join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_folder_and_locks_that_others_can_open_are_tightened() {
    let world = desktop();
    std::fs::create_dir_all(state(&world)).unwrap();
    std::fs::set_permissions(state(&world), Permissions::from_mode(0o777)).unwrap();
    world.herokey(["status", "--offline"]).ok();
    assert_eq!(mode(&state(&world)), 0o700, "already by looking");
    std::fs::set_permissions(state(&world), Permissions::from_mode(0o755)).unwrap();
    for lock in LOCKS {
        std::fs::write(state(&world).join(lock), "").unwrap();
        std::fs::set_permissions(state(&world).join(lock), Permissions::from_mode(0o666)).unwrap();
    }
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    host.wait_for_icon().wait_for_line("Token in keychain · does not expire");
    world.herokey(["git", "install"]).ok();
    assert_eq!(mode(&state(&world)), 0o700);
    for lock in LOCKS {
        assert_eq!(mode(&state(&world).join(lock)), 0o600, "{lock}");
    }
}

#[test]
fn a_held_lock_delays_a_command_for_a_few_seconds_at_most() {
    let world = desktop();
    world.herokey(["git", "install"]).ok();
    world.herokey(["status"]).ok();
    let hold = |name: &str| {
        let held = File::options().write(true).open(state(&world).join(name)).unwrap();
        held.lock().unwrap();
        held
    };
    std::fs::remove_file(state(&world).join("tokens.json")).unwrap();
    let _held = [hold("tokens.lock"), hold("action.lock")];
    let started = Instant::now();
    assert!(world.herokey(["status"]).ok().contains("accepted by Heroku"));
    assert!(world.herokey(["forget", "netrc"]).failed_with(1).contains("[busy]"));
    world.herokey(["doctor"]).ok();
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    host.wait_for_icon().wait_for_line(ME);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn what_is_no_lock_is_refused_and_not_waited_for() {
    let world = desktop();
    std::fs::create_dir_all(state(&world)).unwrap();
    let elsewhere = world.home().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, state(&world).join("action.lock")).unwrap();
    let fifo = state(&world).join("tokens.lock");
    world.program("mkfifo").arg(fifo.to_str().unwrap()).run().ok();
    world.herokey(["git", "install"]).failed_with(1);
    assert!(!elsewhere.exists(), "a link is not followed");
    assert!(world.herokey(["status"]).ok().contains("accepted by Heroku"));
}

#[test]
fn a_folder_of_another_user_is_refused_by_name() {
    let world = desktop();
    std::fs::create_dir_all(state(&world)).unwrap();
    chown(state(&world), Some(STRANGER), None).unwrap();
    std::fs::set_permissions(state(&world), Permissions::from_mode(0o777)).unwrap();
    is_reported(&world, &["~/.local/state/herokey", "belongs to another user (id 54321)", "chown -R"]);
    assert_eq!(std::fs::read_dir(state(&world)).unwrap().count(), 0, "nothing is written there");
    assert_eq!(state(&world).metadata().unwrap().uid(), STRANGER);
    tray_shows(
        &world,
        "⚠ Herokey cannot write to its folder ~/.local/state/herokey: it belongs to another user (id 54321)",
    );
}

#[test]
fn a_lock_of_another_user_is_refused_by_name() {
    let world = desktop();
    world.herokey(["git", "install"]).ok();
    chown(state(&world).join("action.lock"), Some(STRANGER), None).unwrap();
    is_reported(&world, &["action.lock belongs to another user (id 54321)", "chown -R"]);
}

#[test]
fn a_file_of_another_user_is_replaced() {
    let world = desktop();
    world.herokey(["git", "install"]).ok();
    let journal = state(&world).join("journal.json");
    chown(&journal, Some(STRANGER), None).unwrap();
    world.herokey(["git", "remove"]).ok();
    assert_ne!(journal.metadata().unwrap().uid(), STRANGER);
}

#[test]
fn a_read_only_folder_keeps_neither_tray_nor_status_from_working() {
    let world = desktop();
    std::fs::create_dir_all(state(&world)).unwrap();
    let _mounted = read_only(&state(&world));
    is_reported(&world, &["~/.local/state/herokey", "read-only", "XDG_STATE_HOME"]);
    tray_shows(
        &world,
        "⚠ Herokey cannot write to its folder ~/.local/state/herokey: it is on a file system that is mounted read-only",
    );
}

#[test]
fn a_read_only_home_keeps_neither_tray_nor_status_from_working() {
    let world = desktop();
    let _mounted = read_only(&world.home());
    is_reported(&world, &["~/.local/state/herokey", "read-only", "XDG_STATE_HOME"]);
}

#[test]
fn a_full_disk_keeps_neither_tray_nor_status_from_working() {
    let world = desktop();
    std::fs::create_dir_all(state(&world)).unwrap();
    let _mounted = full(&state(&world));
    is_reported(&world, &["~/.local/state/herokey", "the disk is full", "Free some space"]);
    tray_shows(&world, "⚠ Herokey cannot write to its folder ~/.local/state/herokey: the disk is full");
}

#[test]
fn a_relative_xdg_folder_is_ignored() {
    let mut world = desktop();
    world.set_env("XDG_STATE_HOME", "here");
    let work = world.home().join("work");
    std::fs::create_dir(&work).unwrap();
    world.herokey_program("herokey").args(["git", "install"]).in_folder(&work).run().ok();
    assert_eq!(std::fs::read_dir(&work).unwrap().count(), 0);
    assert!(state(&world).join("journal.json").exists());
}
