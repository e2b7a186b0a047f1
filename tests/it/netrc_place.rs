//! netrc where it cannot be replaced by renaming another file, and what stays of the file that is replaced.

use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use herokey_tests::{FTP_RECORD, Finished, ME, World};
use heroku_sandbox::Grant;
use rustix::fs::XattrFlags;

use crate::doctor::cases::{OTHER, in_keychain, mode, netrc};
use crate::kill::{at_every_write, is_leftover, reset};

/// The CLI empties the file and fills it, which works everywhere.
const IN_PLACE: &str = "so it was written in place";

/// A world in which `~/.netrc` is a mount of its own, as Docker and home-manager make it. `None` if this machine cannot
/// mount.
fn mounted() -> Option<World> {
    let world = World::desktop();
    if !world.has_own_network() {
        println!("skipped: a mount needs namespaces, and this machine allows none");
        return None;
    }
    fs::create_dir(world.home().join("mounted")).unwrap();
    world.write_file("mounted/netrc", FTP_RECORD);
    netrc(&world, "");
    let paths = ["mounted/netrc", ".netrc"].map(|path| world.home().join(path).display().to_string());
    world.program("mount").args(["--bind", &paths[0], &paths[1]]).run().ok();
    Some(world)
}

#[test]
fn a_mounted_file_is_written_in_place() {
    let Some(world) = mounted() else { return };
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    let moved = world.herokey(["move", "netrc"]);
    moved.ok();
    assert!(moved.to_string().contains(IN_PLACE), "{moved}");
    assert!(moved.to_string().contains("~/.netrc is a mount of its own"), "{moved}");
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert!(world.file("mounted/netrc").unwrap().starts_with(FTP_RECORD));
    assert_tidy(&world);
    world.heroku(["whoami"]).ok();
    world.herokey(["move", "keychain"]).ok();
    assert_eq!(world.file("mounted/netrc").as_deref(), Some(FTP_RECORD));
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_tidy(&world);
}

#[test]
fn a_file_in_a_folder_that_cannot_be_written_is_written_in_place() {
    let world = World::desktop();
    if !world.has_own_network() {
        println!("skipped: a mount needs namespaces, and this machine allows none");
        return;
    }
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    fs::create_dir(world.home().join("sealed")).unwrap();
    world.write_file("sealed/netrc", FTP_RECORD);
    let [folder, file] = ["sealed", "sealed/netrc"].map(|path| world.home().join(path).display().to_string());
    world.program("mount").args(["--bind", &folder, &folder]).run().ok();
    world.program("mount").args(["--bind", &file, &file]).run().ok();
    world.program("mount").args(["-o", "remount,ro,bind", &folder]).run().ok();
    std::os::unix::fs::symlink("sealed/netrc", world.home().join(".netrc")).unwrap();
    let moved = world.herokey(["move", "netrc"]);
    moved.ok();
    assert!(moved.to_string().contains("in a folder in which no file can be created"), "{moved}");
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    world.herokey(["move", "keychain"]).ok();
    assert_eq!(world.file("sealed/netrc").as_deref(), Some(FTP_RECORD));
    assert_tidy(&world);
}

#[test]
fn without_hard_links_the_lock_is_a_new_file() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, "");
    for error in ["EPERM", "EOPNOTSUPP", "ENOSYS"] {
        let without_links = |arguments: [&str; 2]| {
            let fault = format!("inject=link,linkat:error={error}");
            let herokey = herokey_tests::herokey_path("herokey").display().to_string();
            let strace = world.program("strace").args(["-f", "-qq", "-o", "/dev/null", "-e", &fault]);
            strace.arg(herokey).args(arguments).run()
        };
        let moved = without_links(["move", "netrc"]);
        moved.ok();
        assert!(
            moved.to_string().contains("~/.netrc.lock has no hard links"),
            "it is weaker, and says so: {moved}"
        );
        assert_eq!(world.heroku(["auth:token"]).ok(), token, "{error}");
        assert_tidy(&world);
        without_links(["move", "keychain"]).ok();
        assert_eq!(world.netrc().as_deref(), Some(FTP_RECORD), "{error}");
        assert_tidy(&world);
    }
}

/// Every name of the file loses the token, since they stay names of one file.
#[test]
fn a_hard_linked_file_keeps_its_names() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, "");
    link(&world);
    let moved = world.herokey(["move", "netrc"]);
    moved.ok();
    assert!(moved.to_string().contains("~/.netrc has other names (hard links)"), "{moved}");
    assert_eq!(world.file("dotfiles/netrc"), world.netrc());
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    world.herokey(["logout"]).ok();
    for name in [".netrc", "dotfiles/netrc"] {
        assert_eq!(world.file(name).as_deref(), Some(FTP_RECORD), "{name}");
    }
    let inode = |name: &str| fs::metadata(world.home().join(name)).unwrap().ino();
    assert_eq!(inode(".netrc"), inode("dotfiles/netrc"));
    assert_eq!(world.tree().files_containing(&token), [""; 0].map(Path::new));
}

fn link(world: &World) {
    fs::create_dir_all(world.home().join("dotfiles")).unwrap();
    let other = world.home().join("dotfiles/netrc");
    if other.exists() {
        fs::remove_file(&other).unwrap();
    }
    fs::hard_link(world.home().join(".netrc"), other).unwrap();
}

#[test]
fn group_mode_and_attributes_stay() {
    const ATTRIBUTE: &CStr = c"user.herokey.test";
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, "");
    let path = world.home().join(".netrc");
    mode(&world, ".netrc", 0o640);
    chown(&path, None, Some(4242)).unwrap();
    let has_attributes = rustix::fs::setxattr(&path, ATTRIBUTE, b"mine", XattrFlags::empty()).is_ok();
    let has_list = rustix::fs::setxattr(&path, c"system.posix_acl_access", LIST, XattrFlags::empty()).is_ok();
    if !has_attributes || !has_list {
        println!("skipped: this file system has attributes {has_attributes}, access lists {has_list}");
    }
    let before = attributes(&path);
    for place in ["netrc", "keychain"] {
        world.herokey(["move", place]).ok();
        assert_eq!(attributes(&path), before, "after the move to {place}");
        assert_eq!(world.heroku(["auth:token"]).ok(), token);
    }
}

/// A file that everybody may use becomes private, which the plan says before and the result after.
#[test]
fn a_change_of_the_mode_is_said() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, "");
    for (place, other) in [("netrc", "keychain"), ("keychain", "netrc")] {
        mode(&world, ".netrc", 0o644);
        let planned = |place: &str| world.herokey(["move", place, "--dry-run"]).ok().to_owned();
        let step = "Change the mode of ~/.netrc from 0644 to 0600";
        assert!(planned(place).contains(step), "{}", planned(place));
        assert!(!planned(other).contains(step), "{other} is where the token is: {}", planned(other));
        let moved = world.herokey(["move", place]);
        moved.ok();
        assert!(moved.to_string().contains("The mode of ~/.netrc is 0600 now. It was 0644"), "{moved}");
        assert!(!planned(other).contains(step), "{}", planned(other));
    }
}

/// The access list `user::rw-,user:4243:r--,group::r--,mask::r--,other::---`, as acl(5) stores it.
const LIST: &[u8] =
    b"\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\x93\x10\0\0\x04\0\x04\0\xff\xff\xff\xff\
                      \x10\0\x04\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";

/// Owner, group, mode and attributes.
fn attributes(path: &Path) -> String {
    let metadata = fs::metadata(path).unwrap();
    let value = |name: &CStr| {
        let mut value = [0; 256];
        rustix::fs::getxattr(path, name, &mut value).map(|read| value[..read].to_vec())
    };
    let names = [c"user.herokey.test", c"system.posix_acl_access"].map(value);
    format!("{}:{} {:o} {names:?}", metadata.uid(), metadata.gid(), metadata.permissions().mode())
}

/// A lock of another machine is nobody's to remove, so nothing is written, and the error says whose it is.
#[test]
fn the_lock_of_another_machine_is_named() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    netrc(&world, &world.netrc_records(ME, &token));
    let lock = r#"{"createdAt":1700000000000,"hostname":"other-machine","nonce":"fake","pid":1,"processStartedAt":1}"#;
    world.write_file(".netrc.lock", lock);
    let status = world.status();
    let problems = status["problems"].as_array().unwrap();
    let found = problems.iter().find(|problem| problem["code"] == "netrc-lock-left").expect("it is found");
    assert!(found["message"].as_str().unwrap().contains("other-machine locked it "), "{found}");
    let refused = world.herokey(["forget", "netrc"]);
    assert!(refused.failed_with(1).contains("on the machine other-machine"), "{refused}");
    assert_eq!(world.file(".netrc.lock").as_deref(), Some(lock));
}

/// `~/.curlrc` names another file for curl alone: what is there counts as a copy, and curl is said to use it.
#[test]
fn the_file_that_curl_reads_is_named() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    let other = world.home().join("work-netrc");
    world.write_file(".curlrc", &format!("# mine\nnetrc-file = \"{}\"\n", other.display()));
    world.write_file("work-netrc", &format!("{FTP_RECORD}{}", world.netrc_records(ME, &token)));
    let account = format!("https://{}/account", world.api_host());
    assert!(world.curl(["--netrc", &account]).ok().contains(ME), "curl reads that file");
    let status = world.status();
    let curl = &status["tools"]["curl"];
    assert_eq!(curl["source"], "netrc", "{curl}");
    assert_eq!(curl["masked"], status["token"]["masked"], "{curl}");
    let shown = world.herokey(["status", "--offline"]);
    assert!(shown.ok().contains("~/work-netrc"), "{shown}");
    let problems = status["problems"].as_array().unwrap();
    let plain = problems.iter().find(|problem| problem["code"] == "netrc-plain-token").unwrap();
    assert!(plain["message"].as_str().unwrap().contains("~/work-netrc"), "{plain}");
    world.herokey(["regenerate"]).ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_eq!(world.file("work-netrc").unwrap().matches(&new).count(), 2);
    world.herokey(["move", "keychain"]).ok();
    assert_eq!(
        world.file("work-netrc").as_deref(),
        Some(FTP_RECORD),
        "the problem's remedy removes the copy"
    );
    world.write_file("work-netrc", &format!("{FTP_RECORD}{}", world.netrc_records(ME, &new)));
    world.herokey(["logout"]).ok();
    assert_eq!(world.file("work-netrc").as_deref(), Some(FTP_RECORD));
}

/// libcurl reads `NETRC` since 8.16. A `curl` that says so, and a libcurl of git's that says so.
#[test]
fn the_variable_counts_from_libcurl_8_16() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    world.write_file("work-netrc", &world.netrc_records(ME, OTHER));
    world.set_env("NETRC", world.home().join("work-netrc").display().to_string());
    let tool = |world: &World, name: &str| world.status()["tools"][name]["source"].clone();
    let installed = world.program("curl").arg("--version").run().ok().contains("libcurl/7.");
    if installed {
        assert_eq!(tool(&world, "curl"), "none", "an older libcurl does not read it");
    }
    let says = "#!/bin/sh\necho 'curl 8.16.0 (x86_64) libcurl/8.16.0 OpenSSL/3'\n";
    world.write_file("bin/curl", says);
    mode(&world, "bin/curl", 0o755);
    let path = format!("{}:{}", world.home().join("bin").display(), world.environment()["PATH"]);
    world.set_env("PATH", path);
    assert_eq!(tool(&world, "curl"), "netrc");
    let shown = world.herokey(["status", "--offline"]);
    assert!(shown.ok().contains("~/work-netrc"), "{shown}");
    if installed {
        assert_eq!(tool(&world, "git"), "helper:herokey");
    }
}

/// Killed anywhere, the next program that starts leaves either the old content or the new one, in all names.
#[test]
fn a_killed_write_in_place_loses_nothing() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let records = format!("{FTP_RECORD}{}", world.netrc_records(ME, &token));
    let kills = at_every_write(|number| {
        reset(&world);
        world.write_file(".netrc", &records);
        link(&world);
        let killed =
            world.herokey_program("herokey").args(["move", "keychain"]).killed_at_write(number).run();
        assert_whole(&world, &[&records, FTP_RECORD], &killed);
        if killed.killed_at.is_some() {
            world.herokey(["move", "keychain"]).ok();
        }
        assert_eq!(world.netrc().as_deref(), Some(FTP_RECORD), "{number}: {killed}");
        assert_eq!(world.file("dotfiles/netrc").as_deref(), Some(FTP_RECORD), "{number}: {killed}");
        assert_eq!(world.tree().files_containing(&token), [""; 0].map(Path::new), "{killed}");
        assert_tidy(&world);
        killed
    });
    assert!(kills > 25, "{kills} kills");
    println!("{kills} kills");
}

#[test]
fn a_killed_write_of_a_longer_content_loses_nothing() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let kills = at_every_write(|number| {
        reset(&world);
        world.write_file(".netrc", FTP_RECORD);
        link(&world);
        world.store_as_cli(ME, &token);
        let killed = world.herokey_program("herokey").args(["move", "netrc"]).killed_at_write(number).run();
        world.herokey(["status", "--offline"]).ok();
        let netrc = world.netrc().unwrap();
        assert!(netrc.starts_with(FTP_RECORD), "{number}, {:?}: {netrc}", killed.killed_at);
        assert!(netrc == FTP_RECORD || netrc.matches(&token).count() == 2, "{number}: {netrc}");
        if killed.killed_at.is_some() {
            world.herokey(["move", "netrc"]).ok();
        }
        assert_eq!(world.file("dotfiles/netrc"), world.netrc(), "{number}: {killed}");
        assert_tidy(&world);
        killed
    });
    assert!(kills > 25, "{kills} kills");
}

#[track_caller]
fn assert_whole(world: &World, contents: &[&str], killed: &Finished) {
    world.herokey(["status", "--offline"]).ok();
    let netrc = world.netrc().unwrap();
    assert!(contents.contains(&netrc.as_str()), "{:?} left {netrc}\n{killed}", killed.killed_at);
}

/// Checks that neither a lock nor a temporary file nor a copy is left.
#[track_caller]
fn assert_tidy(world: &World) {
    let tree = world.tree();
    let is_copy = |path: &Path| {
        path.starts_with(".local/state/herokey")
            && path.extension().is_some_and(|end| end == "json" || end == "kept")
            && path.to_string_lossy().contains("netrc-")
    };
    let left: Vec<_> = tree.paths().filter(|path| is_leftover(path) || is_copy(path)).collect();
    assert!(left.is_empty(), "{left:?}");
}
