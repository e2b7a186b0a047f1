//! git's helpers as git runs them, and configurations that Herokey cannot or must not write.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;

use herokey_tests::{Finished, ME, PATIENCE, World};
use serde_json::Value;

const TOKEN: &str = "HRKU-fake-token-a1b2";
const OTHER: &str = "HRKU-fake-other-0000";
/// Another user, who need not exist.
const USER: u32 = 1234;

/// A world that is logged in, with this configuration in front of Herokey's helper.
fn world(config: &str) -> World {
    let world = World::desktop();
    world.store_as_cli(ME, TOKEN);
    let ours = format!("[credential \"https://{}\"]\n\thelper = !herokey git-credential\n", world.git_host());
    world.write_file(".gitconfig", &(config.to_owned() + &ours));
    world
}

/// Where git gets its password from, and its mask, as `herokey status` says.
fn git_source(world: &World) -> (String, String) {
    let status = world.herokey(["status", "--offline", "--json"]);
    let status: Value = serde_json::from_str(status.ok()).unwrap();
    let text = |name: &str| status["tools"]["git"][name].as_str().unwrap_or_default().to_owned();
    (text("source"), text("masked"))
}

/// The last characters of the password that git's helpers really return.
fn git_fills(world: &World) -> String {
    let filled = world.git_credential_fill();
    let password = filled.stdout.lines().find_map(|line| line.strip_prefix("password=")).unwrap_or_default();
    password.chars().skip(password.chars().count().saturating_sub(4)).collect()
}

fn problem(world: &World, code: &str) -> Option<Value> {
    let report = world.herokey(["doctor", "--offline", "--json"]);
    let report: Value = serde_json::from_str(report.ok()).unwrap();
    report["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code).cloned()
}

fn run_git(world: &World, program: &str, arguments: &[&str]) -> Finished {
    // A git starts its own helpers, but a shell finds the first git on PATH.
    let path = format!("{}:/usr/bin:/bin", world.home().with_file_name("bin").display());
    world.program(program).args(arguments.iter().copied()).env("PATH", path).run()
}

#[test]
fn a_shell_reads_a_helpers_line() {
    let world = world("");
    let ours = world.gitconfig().unwrap();
    let script = format!("#!/bin/sh\ntest \"$1\" = get && echo username=x && echo password={OTHER}\n");
    for path in ["Program Files/helper", "bin/helper", "bin/git-credential-my own"] {
        world.write_file(path, &script);
        fs::set_permissions(world.home().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let home = world.home().display().to_string();
    let (is_run, is_skipped) = (("helper:other", "0000"), ("helper:herokey", "a1b2"));
    for (value, (source, fills)) in [
        ("AT/Program\\\\ Files/helper", is_run),
        ("AT/Gone\\\\ Files/helper", is_skipped),
        ("!'AT/Program Files/helper'", is_run),
        ("!\\\"$HOME/Program Files/helper\\\"", is_run),
        ("!\\\"$HOME/Gone Files/helper\\\"", is_skipped),
        ("!~/bin/helper", is_run),
        ("!~/gone/helper", is_skipped),
        // git does not take these for paths, but for names of its own commands.
        ("~/bin/helper", is_skipped),
        ("$HOME/bin/helper", is_skipped),
        ("\\\"AT/bin/helper\\\"", is_skipped),
        ("AT/Program Files/helper", is_skipped),
        // Only the shell knows these.
        ("AT/bin/help[e]r", is_run),
        ("!f() { AT/bin/helper \\\"$@\\\"; }; f", is_run),
    ] {
        let value = value.replace("AT/", &format!("{home}/"));
        world.write_file(".gitconfig", &format!("[credential]\n\thelper = \"{value}\"\n{ours}"));
        assert_eq!(git_fills(&world), fills, "the real git, {value}");
        let (said, mask) = git_source(&world);
        assert_eq!(said, source, "{value}");
        assert_eq!(mask, if source == is_run.0 { "" } else { "…a1b2" }, "{value}");
    }
}

#[test]
fn a_helper_for_all_users_comes_first() {
    let mut world = world("");
    world.write_file("system passwords", &format!("https://me:{OTHER}@{}\n", world.git_host()));
    let path = world.home().join("system").display().to_string();
    world.set_env("GIT_CONFIG_SYSTEM", path);
    world.set_env("GIT_CONFIG_NOSYSTEM", "0");
    world.write_file("system", "[credential]\n\thelper = store --file ~/system\\\\ passwords\n");
    assert_eq!(git_fills(&world), "0000");
    assert_eq!(git_source(&world), ("helper:other".to_owned(), "…0000".to_owned()));
    let differs = problem(&world, "git-differs").unwrap();
    let message = differs["message"].as_str().unwrap();
    assert!(message.contains("…0000") && message.contains("~/system:2"), "{message}");
    assert!(problem(&world, "git-helper-shadowed").is_some());
    world.herokey(["doctor", "--offline", "--fix", "git-differs"]).ok();
    assert_eq!(git_fills(&world), "a1b2", "the lines for Heroku come after those for all hosts");
    assert_eq!(problem(&world, "git-differs"), None);
    // git's own folder has this helper, PATH does not.
    world.write_file(
        "system",
        "[credential]\n\thelper = !git-credential-store --file ~/system\\\\ passwords\n",
    );
    world
        .git([
            "config",
            "--global",
            "--unset-all",
            &format!("credential.https://{}.helper", world.git_host()),
        ])
        .ok();
    assert_eq!(git_source(&world).1, "…0000");
    assert_eq!(git_fills(&world), "0000");
}

#[test]
fn a_cache_without_a_daemon_is_passed_by() {
    let world = world("[credential]\n\thelper = cache\n");
    let folder = world.home().join(".cache/git/credential");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    drop(UnixListener::bind(folder.join("socket")).unwrap());
    assert!(folder.join("socket").exists(), "as a killed daemon leaves it");
    assert_eq!((git_fills(&world).as_str(), git_source(&world).0.as_str()), ("a1b2", "helper:herokey"));

    let login = format!(
        "{}username=x\npassword={OTHER}\n",
        world.git_credential_input().trim_end().to_owned() + "\n"
    );
    world.program("git").args(["credential-cache", "store"]).input(login).run().ok();
    let daemon = world.processes().into_iter().find(|process| {
        process.arguments.iter().any(|argument| argument.contains("credential-cache--daemon"))
    });
    let daemon = daemon.expect("git starts a daemon");
    assert_eq!(
        git_source(&world),
        ("helper:other".to_owned(), String::new()),
        "nobody can see what it holds"
    );
    let shadowed = problem(&world, "git-helper-shadowed").unwrap();
    assert!(
        shadowed["message"].as_str().unwrap().contains("`herokey git status --test` asks it"),
        "{shadowed}"
    );
    let tested = world.herokey(["git", "status", "--test"]);
    assert!(tested.failed_with(1).contains("…0000"), "{tested}");
    assert_eq!(git_fills(&world), "0000", "the daemon still answers");

    world.program("kill").args(["-9", &daemon.id.to_string()]).run().ok();
    assert!(daemon.ends_within(PATIENCE));
    assert!(folder.join("socket").exists());
    assert_eq!((git_fills(&world).as_str(), git_source(&world).0.as_str()), ("a1b2", "helper:herokey"));
}

#[test]
fn messages_name_who_answers() {
    let world = World::desktop();
    world.store_as_cli(ME, TOKEN);
    let said = |config: &str| {
        world.write_file(".gitconfig", config);
        let missing = problem(&world, "git-helper-missing").unwrap();
        missing["message"].as_str().unwrap().to_owned()
    };
    assert!(said("").contains("prompts you for a password"));
    assert!(said("[credential]\n\thelper = !heroku git:credentials\n").contains("the Heroku CLI's helper"));
    world.write_file(".git-credentials", &format!("https://me:{OTHER}@{}\n", world.git_host()));
    let store = said("[credential]\n\thelper = store\n");
    assert!(
        store.contains("asks the helper `store`, set in ~/.gitconfig:2. It answers with …0000"),
        "{store}"
    );
    assert!(problem(&world, "git-differs").is_some());
    let unseen = said("[credential]\n\thelper = !f() { :; }; f\n");
    assert!(
        unseen.contains("the helper in ~/.gitconfig:2") && unseen.contains("git status --test"),
        "{unseen}"
    );
    let gone = said("[credential]\n\thelper = !'/gone/herokey' git-credential\n");
    assert!(gone.contains("prompts you") && gone.contains("/gone/herokey is not installed"), "{gone}");
    world.write_file(".netrc", &world.netrc_records(ME, TOKEN));
    assert!(said("").contains("uses the record for") && said("").contains("~/.netrc"));
}

/// True for git 2.46 or newer.
fn knows_ephemeral(git: &str, world: &World) -> bool {
    let version = run_git(world, git, &["--version"]);
    let words = version.ok().split(['.', ' ']).filter_map(|word| word.parse().ok());
    words.take(2).collect::<Vec<u32>>() >= vec![2, 46]
}

/// git 2.46 knows values that no helper may keep.
#[test]
fn no_other_helper_keeps_the_token() {
    in_threads(&["/usr/local/bin/git", "/usr/bin/git"], |git| {
        if !std::path::Path::new(git).exists() {
            println!("{git} is not installed: left out");
            return;
        }
        let world = World::desktop();
        world.herokey_login(ME);
        let token = world.herokey(["token"]).ok().to_owned();
        let log = world.home().join("log").display().to_string();
        let recorder = format!("!f() {{ echo \"operation=$1\" >> '{log}'; cat >> '{log}'; }}; f");
        let key = format!("credential.https://{}.helper", world.git_host());
        world.git(["config", "--global", "--add", &key, &recorder]).ok();
        world.git(["config", "--global", "--add", &key, "store"]).ok();
        world.git(["config", "--global", "--add", &key, "cache"]).ok();
        let address = format!("https://{}/app.git", world.git_host());
        let ended = run_git(&world, git, &["ls-remote", &address]);
        ended.ok();
        let log = world.file("log").unwrap();
        assert!(log.contains("operation=store"), "{git}: {log}");
        let kept = world.file(".git-credentials").unwrap_or_default();
        if knows_ephemeral(git, &world) {
            assert!(log.contains("ephemeral=1") && !log.contains(&token), "{git}: {log}");
            assert_eq!(kept, "", "{git}");
            let cached =
                world.program("git").args(["credential-cache", "get"]).input(world.git_credential_input());
            assert_eq!(cached.run().stdout, "", "{git}");
        } else {
            assert!(log.contains(&format!("password={token}")), "{git}: {log}");
            assert!(kept.contains(&token), "{git}: an old git knows no other way");
        }
    });
}

/// Ways to make a configuration that Herokey must not replace, each with what it says about it.
type Protect = (&'static str, fn(&World) -> bool, &'static str);

const PROTECTED: &[Protect] = &[
    (
        "a read-only file",
        |world| {
            let path = world.home().join(".gitconfig");
            fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
            true
        },
        "it is read-only",
    ),
    (
        "a link into a read-only store",
        |world| {
            let store = world.home().join("store");
            fs::create_dir(&store).unwrap();
            fs::rename(world.home().join(".gitconfig"), store.join("git-config")).unwrap();
            symlink(store.join("git-config"), world.home().join(".gitconfig")).unwrap();
            fs::set_permissions(store.join("git-config"), fs::Permissions::from_mode(0o444)).unwrap();
            fs::set_permissions(store, fs::Permissions::from_mode(0o555)).unwrap();
            true
        },
        "it is read-only",
    ),
    (
        "a file in a read-only folder",
        |world| {
            let folder = world.home().join("dotfiles");
            fs::create_dir(&folder).unwrap();
            fs::rename(world.home().join(".gitconfig"), folder.join("git")).unwrap();
            symlink(folder.join("git"), world.home().join(".gitconfig")).unwrap();
            fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
            true
        },
        "its folder is read-only",
    ),
    (
        "a file that is mounted by itself",
        |world| {
            fs::copy(world.home().join(".gitconfig"), world.home().join("mounted")).unwrap();
            let (from, to) = (world.home().join("mounted"), world.home().join(".gitconfig"));
            mount(world, &["--bind", from.to_str().unwrap(), to.to_str().unwrap()])
        },
        "it is mounted by itself",
    ),
    (
        "a read-only file system",
        |world| {
            let folder = world.home().join("disk");
            fs::create_dir(&folder).unwrap();
            let disk = folder.to_str().unwrap();
            if !mount(world, &["-t", "tmpfs", "tmpfs", disk]) {
                return false;
            }
            fs::copy(world.home().join(".gitconfig"), folder.join("git")).unwrap();
            fs::remove_file(world.home().join(".gitconfig")).unwrap();
            symlink(folder.join("git"), world.home().join(".gitconfig")).unwrap();
            mount(world, &["-o", "remount,ro", disk])
        },
        "it is read-only",
    ),
    (
        "a device",
        |world| {
            let path = world.home().join(".gitconfig");
            fs::remove_file(&path).unwrap();
            world.program("mknod").args(["-m", "666", path.to_str().unwrap(), "c", "1", "3"]).run().ok();
            true
        },
        "it is not a regular file",
    ),
];

/// Runs each of these in a thread, because a thread can have only one world.
fn in_threads<T: Copy + Send + 'static>(all: &[T], run: fn(T)) {
    for one in all.iter().copied() {
        std::thread::spawn(move || run(one)).join().unwrap();
    }
}

fn mount(world: &World, arguments: &[&str]) -> bool {
    if !world.has_own_network() {
        println!("skipped: this machine allows no namespaces, and a mount would be everybody's");
        return false;
    }
    world.program("mount").args(arguments.iter().copied()).run().ok();
    true
}

#[test]
fn a_configuration_that_cannot_be_written_stays_as_it_is() {
    in_threads(PROTECTED, |(what, protect, why)| {
        let world = World::desktop();
        world.store_as_cli(ME, TOKEN);
        world.write_file(".gitconfig", "[user]\n\tname = Me\n");
        if !protect(&world) {
            return;
        }
        let tree = || world.tree().without(".local/state");
        let before = tree();
        let refused = world.herokey(["git", "install"]);
        let said = refused.failed_with(1).to_owned();
        assert!(said.contains(why) && said.contains("[git-config-failed]"), "{what}: {said}");
        let lines = said.split_once("file is made:\n").unwrap_or_else(|| panic!("{what}: {said}")).1;
        assert!(lines.contains("[credential \"https://"), "{what}: {said}");
        let found = problem(&world, "git-helper-missing").unwrap();
        assert_eq!((&found["safe"], found["does"].as_str()), (&Value::Bool(false), Some("")), "{what}");
        assert!(found["fix"].as_str().unwrap().contains("helper = \"!heroku git:credentials\""), "{found}");
        let fix = world.herokey(["doctor", "--offline", "--fix", "git-helper-missing"]);
        assert!(fix.failed_with(6).contains("[credential \"https://"), "{what}: {fix}");
        assert!(!world.herokey(["doctor", "--offline"]).ok().contains("to fix git-helper-missing"), "{what}");
        world.herokey(["git", "remove"]).ok();
        assert_eq!(before.changes(&tree()), [""; 0], "{what}");
        assert!(herokey_core::ledger::undo::newest(&world.env()).is_none(), "{what}");
        pasted_lines_work(&world, lines, what);
    });
}

/// The lines that the error shows set git up, wherever they are.
fn pasted_lines_work(world: &World, lines: &str, what: &str) {
    world.write_file("pasted", lines);
    let system = world.home().join("pasted").display().to_string();
    let with = |program: herokey_tests::Program| {
        program.env("GIT_CONFIG_SYSTEM", system.as_str()).env("GIT_CONFIG_NOSYSTEM", "0")
    };
    let filled =
        with(world.program("git").args(["credential", "fill"]).input(world.git_credential_input())).run();
    assert!(filled.ok().contains(&format!("password={TOKEN}")), "{what}: {filled}");
    let again = with(world.herokey_program("herokey").args(["git", "install"])).run();
    assert!(again.code() == Some(0) && again.stderr.contains("already set up"), "{what}: {again}");
    let report = with(world.herokey_program("herokey").args(["doctor", "--offline"])).run();
    assert!(!report.ok().contains("git-helper"), "{what}: {report}");
}

#[test]
fn a_login_says_what_to_add_by_hand() {
    let world = World::desktop();
    world.write_file(".gitconfig", "[user]\n\tname = Me\n");
    fs::set_permissions(world.home().join(".gitconfig"), fs::Permissions::from_mode(0o444)).unwrap();
    let login = world.herokey_program("herokey").arg("login").start();
    world.approve(&world.browser().wait_for_address(), ME);
    let login = login.finish();
    assert!(login.failed_with(7).contains("helper = \"!heroku git:credentials\""), "{login}");
    assert_eq!(world.gitconfig().unwrap(), "[user]\n\tname = Me\n");
    world.herokey(["token"]).ok();
}

#[test]
fn a_device_named_in_the_environment_stays_a_device() {
    let mut world = World::desktop();
    world.store_as_cli(ME, TOKEN);
    for kind in ["c 1 3", "p"] {
        let device = world.home().join("null");
        let made: Vec<&str> = [device.to_str().unwrap()].into_iter().chain(kind.split(' ')).collect();
        world.program("mknod").args(made).run().ok();
        world.set_env("GIT_CONFIG_GLOBAL", device.to_str().unwrap());
        for command in [&["git", "install"][..], &["git", "remove"]] {
            let ended = world.herokey_program("herokey").args(command.iter().copied()).run();
            assert!(!ended.stderr.contains("now asks Herokey"), "{kind}: {ended}");
        }
        let kept = fs::metadata(&device).unwrap().file_type();
        assert!(kept.is_char_device() || kept.is_fifo(), "{kind}");
        fs::remove_file(device).unwrap();
    }
}

#[test]
fn a_link_to_a_missing_file_stays_a_link() {
    let world = World::desktop();
    world.store_as_cli(ME, TOKEN);
    symlink("dotfiles-git", world.home().join(".gitconfig")).unwrap();
    world.herokey(["git", "install"]).ok();
    assert!(world.home().join(".gitconfig").is_symlink());
    assert!(world.file("dotfiles-git").unwrap().contains("git-credential"));
}

#[test]
fn what_root_writes_belongs_to_the_owner_of_the_home_folder() {
    let world = World::desktop();
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can write into another user's home folder");
        return;
    }
    let owner = format!("{USER}:{USER}");
    world.program("chown").args(["-R", &owner, world.home().to_str().unwrap()]).run().ok();
    let login = world.herokey_program("herokey").args(["login", "--store", "netrc"]).start();
    world.approve(&world.browser().wait_for_address(), ME);
    login.finish().ok();
    world.herokey(["move", "keychain"]).ok();
    world.herokey(["move", "netrc"]).ok();
    world.herokey(["move", "keychain"]).ok();
    herokey_core::desktop::autostart::set(&world.env(), true).unwrap();
    for (path, mode) in [
        (".gitconfig", 0o644),
        (".netrc", 0o600),
        (".local", 0o700),
        (".local/state", 0o700),
        (".local/share/heroku", 0o700),
        (".local/share/heroku/login.json", 0o600),
        (".config/autostart", 0o755),
        (".config/autostart/herokey.desktop", 0o600),
    ] {
        let metadata =
            fs::metadata(world.home().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!((metadata.uid(), metadata.gid()), (USER, USER), "{path}");
        assert_eq!(metadata.mode() & 0o777, mode, "{path}");
    }
    // An existing file keeps its owner and its mode.
    chown(world.home().join(".gitconfig"), Some(USER + 1), Some(USER)).unwrap();
    fs::set_permissions(world.home().join(".gitconfig"), fs::Permissions::from_mode(0o640)).unwrap();
    world.herokey(["git", "remove"]).ok();
    let kept = fs::metadata(world.home().join(".gitconfig")).unwrap();
    assert_eq!((kept.uid(), kept.mode() & 0o777), (USER + 1, 0o640));
}

#[test]
fn a_new_configuration_has_the_mode_that_git_gives_it() {
    in_threads(&["022", "077", "002"], |umask| {
        let world = World::desktop();
        world.store_as_cli(ME, TOKEN);
        let mode = |path: &str| fs::metadata(world.home().join(path)).unwrap().mode() & 0o777;
        let run = |script: &str| {
            let line = format!("umask {umask}; {script}");
            world.program("sh").args(["-c", &line]).run().ok();
        };
        run("git config --file real a.b c");
        run("herokey git install");
        assert_eq!(mode(".gitconfig"), mode("real"), "{umask}");
    });
}

#[test]
fn a_folder_may_have_any_bytes_in_its_name() {
    let world = world("");
    let script = "folder=$(printf 'abc\\351'); mkdir \"$folder\"; git init --quiet \"$folder\"; \
                  git -C \"$folder\" config credential.helper ''; \
                  herokey status --offline --json --in \"$folder\" && herokey doctor --offline --in \"$folder\"";
    let ended = world.program("sh").args(["-c", script]).run();
    assert!(ended.ok().contains("abc\u{fffd}"), "{ended}");
    assert!(ended.stdout.contains("helper:herokey"), "{ended}");
}
