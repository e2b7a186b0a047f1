//! Each problem on a machine that has it: found, mended, the real tools agree, and taken back to the byte.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use herokey_tests::{ME, World};
use heroku_sandbox::Grant;
use serde_json::Value;

const OTHERS: &str = "# mine\nmachine ftp.example.com\n\tlogin anna\n\tpassword \"two words\"\n";
const OTHER: &str = "HRKU-fake-another-token-0123456789";

/// A machine that has one problem, or more, and what its fix is to come to.
struct Case {
    code: &'static str,
    make: fn(&mut World, &str),
    /// `Restored`: every byte of the home comes back.
    undo: Undo,
    /// Nothing is lost by it, so `--fix` alone mends it.
    is_safe: bool,
}

#[derive(PartialEq)]
enum Undo {
    Restored,
    /// What it removed was there twice.
    Nothing,
    /// The action has an undo of its own, or is one.
    OfItsOwn,
}

const CASES: &[Case] = &[
    Case {
        code: "netrc-mode",
        make: |world, token| {
            netrc(world, &both(world, token));
            mode(world, ".netrc", 0o644);
        },
        undo: Undo::Restored,
        is_safe: true,
    },
    Case {
        code: "netrc-duplicate",
        make: |world, token| {
            let twice = format!("{}{}", both(world, token), record(&world.api_host(), token));
            netrc(world, &twice);
        },
        undo: Undo::Restored,
        is_safe: true,
    },
    Case {
        code: "netrc-cli-cannot-read",
        make: |world, token| {
            let flat = format!("machine {}\nlogin {ME}\npassword {token}\n", world.api_host());
            netrc(world, &format!("{flat}{}", record(&world.git_host(), token)));
        },
        undo: Undo::Restored,
        is_safe: true,
    },
    Case {
        code: "netrc-hosts-differ",
        make: |world, token| {
            let git = record(&world.git_host(), OTHER);
            netrc(world, &format!("{}{git}", record(&world.api_host(), token)));
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "netrc-stale-copy",
        make: |world, token| {
            in_keychain(world, token);
            netrc(world, &both(world, OTHER));
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "git-netrc-first",
        make: |world, token| {
            in_keychain(world, token);
            netrc(world, &record(&world.git_host(), OTHER));
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "git-helper-missing",
        make: |world, token| {
            in_keychain(world, token);
            world.git(["config", "--global", "--unset-all", &helper_key(world)]);
            world.write_file(".gitconfig", "[user]\n\tname = Me ; a comment\n[alias]\n\tst = status");
        },
        undo: Undo::Restored,
        is_safe: true,
    },
    Case {
        code: "git-helper-shadowed",
        make: |world, token| {
            in_keychain(world, token);
            let url = format!("https://me:{OTHER}@{}\n", world.git_host());
            world.write_file(".git-credentials", &url);
            let ours = world.gitconfig().unwrap().replace("\thelper = \n", "");
            world.write_file(".gitconfig", &format!("[credential]\n\thelper = store\n{ours}"));
        },
        undo: Undo::Restored,
        is_safe: true,
    },
    Case {
        code: "keychain-duplicate",
        make: |world, token| {
            in_keychain(world, token);
            let schema = ("xdg:schema", "org.freedesktop.Secret.Generic");
            let attributes = [("service", "heroku-cli"), ("account", ME), schema];
            world.keyring().add("Heroku CLI", &attributes, token);
            assert_eq!(world.keyring().items().len(), 2);
        },
        undo: Undo::Nothing,
        is_safe: true,
    },
    Case {
        code: "keychain-orphan",
        make: |world, token| {
            in_keychain(world, token);
            std::fs::remove_file(world.home().join(".local/share/heroku/login.json")).unwrap();
        },
        undo: Undo::OfItsOwn,
        is_safe: true,
    },
    Case {
        code: "netrc-plain-token",
        make: |world, token| netrc(world, &both(world, token)),
        undo: Undo::OfItsOwn,
        is_safe: false,
    },
    Case {
        code: "accounts-plain-token",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!("# work\nusername: {ME}\npassword: '{token}'\n");
            world.write_file(".config/heroku/accounts/work", &text);
        },
        undo: Undo::Restored,
        is_safe: true,
    },
    Case {
        code: "docker-login-stale",
        make: |world, token| {
            in_keychain(world, token);
            // `_:` and OTHER, in base64.
            let auth = "XzpIUktVLWZha2UtYW5vdGhlci10b2tlbi0wMTIzNDU2Nzg5";
            let text = format!(
                "{{\n\t\"auths\": {{\n\t\t\"ghcr.io\": {{ \"auth\": \"ZmFrZQ==\" }},\n\t\t\"registry.heroku.com\": \
                 {{\n\t\t\t\"auth\": \"{auth}\"\n\t\t}}\n\t}},\n\t\"detachKeys\": \"ctrl-e\"\n}}"
            );
            world.write_file(".docker/config.json", &text);
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "env-api-key-overrides",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!("# mine\r\nalias ls='ls -l'\n\texport HEROKU_API_KEY={OTHER} # work\ntrue");
            world.write_file(".profile", &text);
            mode(world, ".profile", 0o640);
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "env-netrc-write-ignored",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "if true; then\n  export HEROKU_NETRC_WRITE=1\nfi\n");
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "env-api-token-ignored",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", &format!("export HEROKU_API_TOKEN=\"{OTHER}\"\n"));
        },
        undo: Undo::Restored,
        is_safe: false,
    },
    Case {
        code: "host-not-allowed",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "export HEROKU_HOST=localhost.evil.example\n");
        },
        undo: Undo::Restored,
        is_safe: false,
    },
];

#[test]
fn each_problem_is_found_mended_and_taken_back() {
    for case in CASES {
        // A world belongs to its thread.
        let played = std::thread::spawn(|| play(case)).join();
        assert!(played.is_ok(), "{}", case.code);
    }
}

fn play(case: &Case) {
    println!("{}", case.code);
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    (case.make)(&mut world, &token);
    let before = world.tree().without(".local/state").without(".local/share/keyrings");

    let found = find(&world, case.code).unwrap_or_else(|| panic!("{} is not found", case.code));
    assert_eq!(found["safe"], case.is_safe, "{found}");
    assert_ne!(found["does"], "", "{found}");
    let shown = doctor(&world, &["--offline"]);
    for secret in [&token, OTHER] {
        assert!(!shown.contains(secret), "{shown}");
    }

    let fixed = doctor_json(&world, &["--offline", "--json", "--fix", case.code]);
    assert_eq!(fixed["fixed"].as_array().unwrap().len(), 1, "{}: {fixed}", case.code);
    assert!(find(&world, case.code).is_none(), "{} is still there: {fixed}", case.code);
    let state = world.home().join(".local/state/herokey");
    for secret in [&token, OTHER] {
        let left = herokey_tests::Tree::of(&state).files_with(secret).len();
        assert_eq!(left, 0, "{}: a secret in Herokey's folder", case.code);
    }
    tools_agree(&world, &token, case.code);

    let undo = world.in_terminal("herokey").args(["doctor", "--undo"]).run();
    match case.undo {
        Undo::Restored => {
            undo.ok();
            let mut after =
                world.tree().without(".local/state").without(".local/share/keyrings").without(".cache");
            if before.get(".gitconfig").is_none() {
                // The Heroku CLI writes its helper line wherever there is none.
                after = after.without(".gitconfig");
            }
            assert_eq!(before.changes(&after), [""; 0], "{}: {before:?}\n{after:?}", case.code);
            assert!(find(&world, case.code).is_some(), "{}", case.code);
        }
        Undo::Nothing => assert!(undo.failed_with(1).contains("no fix to take back"), "{undo}"),
        Undo::OfItsOwn => {}
    }
}

#[test]
fn fix_alone_mends_what_loses_nothing_and_names_the_rest() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    world.set_env("HEROKU_NETRC_WRITE", "yes");
    let text = format!("{}{}", both(&world, &token), record(&world.api_host(), &token));
    netrc(&world, &text);
    world.write_file(".gitconfig", "");
    let before = world.tree().without(".local/state");
    let fixed = doctor_json(&world, &["--json", "--fix"]);
    let codes: Vec<&str> =
        fixed["fixed"].as_array().unwrap().iter().filter_map(|fix| fix["code"].as_str()).collect();
    assert_eq!(codes, ["netrc-duplicate", "git-helper-missing"]);
    assert_eq!(codes_of(&fixed), ["netrc-plain-token", "env-netrc-write-ignored"]);
    for _ in 0..2 {
        world.herokey(["doctor", "--undo"]).ok();
    }
    assert_eq!(before.changes(&world.tree().without(".local/state")), [""; 0]);
    assert!(world.herokey(["doctor", "--undo"]).failed_with(1).contains("cannot-undo"));
}

#[test]
fn a_secret_that_nothing_could_keep_is_not_removed() {
    let world = World::new();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let text = format!("{}{}", record(&world.api_host(), &token), record(&world.git_host(), OTHER));
    netrc(&world, &text);
    let refused = world.herokey(["doctor", "--offline", "--fix", "netrc-hosts-differ"]);
    assert!(refused.failed_with(1).contains("nowhere else"), "{refused}");
    assert_eq!(world.netrc().unwrap(), format!("{OTHERS}{text}"));
}

#[test]
fn a_later_change_is_not_taken_back() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &both(&world, OTHER));
    world.herokey(["doctor", "--offline", "--fix", "netrc-stale-copy"]).ok();
    let later = format!("{}machine later.example.com login me password fake\n", world.netrc().unwrap());
    world.write_file(".netrc", &later);
    let refused = world.herokey(["doctor", "--undo"]);
    assert!(refused.failed_with(1).contains("has changed since"), "{refused}");
    assert_eq!(world.netrc().unwrap(), later);
}

#[test]
fn what_a_kill_leaves_is_the_file_before_or_after() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    let before = format!("{OTHERS}{}", both(&world, OTHER));
    let mut kills = 0;
    for number in 1.. {
        world.write_file(".netrc", &before);
        let fix = ["doctor", "--offline", "--fix", "netrc-stale-copy"];
        let killed = world.herokey_program("herokey").args(fix).killed_at(number).run();
        if killed.killed_at.is_none() {
            killed.ok();
            break;
        }
        kills = number;
        let now = world.netrc().unwrap();
        assert!(now == before || now == OTHERS, "{number}, {:?}: {now}", killed.killed_at);
        world.herokey(["doctor", "--offline", "--fix"]);
        if now == OTHERS {
            world.herokey(["doctor", "--undo"]).ok();
            assert_eq!(world.netrc().unwrap(), before, "{number}, {:?}", killed.killed_at);
        }
    }
    println!("killed at {kills} system calls");
    assert!(kills > 20, "{kills} kills");
    assert_eq!(world.netrc().unwrap(), OTHERS);
    world.herokey(["doctor", "--undo"]).ok();
    assert_eq!(world.netrc().unwrap(), before);
    let own = world.keyring().items().into_iter().filter(|item| item.label == "Herokey").count();
    assert_eq!(own, 0, "what the keychain kept goes with the undo");
}

#[test]
fn exit_codes_and_what_is_not_there() {
    let world = World::desktop();
    assert_eq!(world.herokey(["doctor"]).ok(), "Nothing is wrong here.");
    world.herokey(["doctor", "--fix"]).ok();
    assert!(world.herokey(["doctor", "--fix", "netrc-mode"]).failed_with(1).contains("cannot-fix"));
    assert!(world.herokey(["doctor", "--undo"]).failed_with(1).contains("cannot-undo"));
    world.herokey(["doctor", "--undo", "--fix"]).failed_with(2);
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    world.keyring().lock();
    let locked = world.herokey(["doctor", "--fix", "keychain-locked"]);
    assert!(locked.failed_with(6).contains("Unlock it"), "{locked}");
}

#[test]
fn a_report_has_neither_token_nor_email() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &both(&world, OTHER));
    world.write_file(
        ".config/heroku/accounts/work",
        &format!("username: boss@example.org\npassword: {token}\n"),
    );
    let helper = "!f() { echo password=fake-inline-secret; }; f";
    world.git(["config", "--global", "credential.helper", helper]).ok();
    world.set_env("HEROKU_API_KEY", OTHER);
    let report = world.herokey(["doctor", "--report", "--offline"]);
    let text = report.ok();
    let ends = [&token[token.len() - 4..], &OTHER[OTHER.len() - 4..]];
    let home = world.home().display().to_string();
    for secret in [&token, OTHER, ME, "boss@", "fake-inline-secret", &home, ends[0], ends[1]] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for kept in ["<account 1>", "<token 1>", "<token 2>", "env-api-key-overrides", "herokey 0."] {
        assert!(text.contains(kept), "{kept} not in {text}");
    }
}

#[test]
fn git_itself_is_asked() {
    let world = World::desktop();
    let refused = world.herokey(["git", "status", "--test"]);
    assert!(refused.failed_with(3).contains("git has no password"), "{refused}");
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    let good = world.herokey_program("herokey").args(["git", "status", "--test"]).traced().run();
    good.ok();
    assert!(good.stderr.contains("the token that heroku uses"), "{good}");
    assert!(good.starts.contains("\"credential\", \"fill\""), "{}", good.starts);
    netrc(&world, &record(&world.git_host(), OTHER));
    let other = world.herokey(["git", "status", "--test"]);
    assert!(other.failed_with(1).contains("git-differs"), "{other}");
}

/// heroku uses the token, and git and curl that one or none.
#[track_caller]
fn tools_agree(world: &World, token: &str, code: &str) {
    assert_eq!(world.in_terminal("heroku").arg("auth:token").run().ok(), token, "{code}");
    let asked = format!("protocol=https\nhost={}\n\n", world.git_host());
    let fill = world.in_terminal("git").args(["credential", "fill"]).input(asked).run();
    // git's transport, as curl, reads netrc first.
    let address = format!("https://{}/app.git/info/refs?service=git-receive-pack", world.git_host());
    let git =
        world.curl(["--netrc-optional", "--output", "/dev/null", "--write-out", "%{http_code}", &address]);
    let by_netrc =
        world.netrc().is_some_and(|netrc| netrc.contains(&format!("machine {}", world.git_host())));
    if by_netrc {
        assert_ne!(git.ok(), "401", "{code}: netrc's record is refused");
    } else {
        assert!(fill.ok().contains(&format!("password={token}")), "{code}: {fill}");
    }
    let account = format!("https://{}/account", world.api_host());
    if world.netrc().is_some_and(|netrc| netrc.contains(&format!("machine {}", world.api_host()))) {
        assert!(world.curl(["--netrc", &account]).ok().contains(ME), "{code}");
    }
}

/// A login of Herokey's, as it leaves a machine.
fn in_keychain(world: &World, token: &str) {
    world.keyring().add("Heroku CLI", &[("service", "heroku-cli"), ("account", ME)], token);
    world.write_file(".local/share/heroku/login.json", &format!("{{\"account\":\"{ME}\"}}\n"));
    world.herokey(["git", "install"]).ok();
    // What installing can take back is not what this test is about.
    std::fs::remove_file(world.home().join(".local/state/herokey/undo.json")).unwrap();
}

fn netrc(world: &World, records: &str) {
    world.write_file(".netrc", &format!("{OTHERS}{records}"));
    mode(world, ".netrc", 0o600);
}

fn both(world: &World, token: &str) -> String {
    let (api, git) = (world.api_host(), world.git_host());
    let git = if api == git { String::new() } else { record(&git, token) };
    record(&api, token) + &git
}

fn record(host: &str, token: &str) -> String {
    format!("machine {host}\n  login {ME}\n  password {token}\n")
}

fn mode(world: &World, path: &str, mode: u32) {
    let path: &Path = &world.home().join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn helper_key(world: &World) -> String {
    format!("credential.https://{}.helper", world.git_host())
}

#[track_caller]
fn doctor(world: &World, arguments: &[&str]) -> String {
    world.in_terminal("herokey").arg("doctor").args(arguments.iter().copied()).run().ok().to_owned()
}

#[track_caller]
fn doctor_json(world: &World, arguments: &[&str]) -> Value {
    serde_json::from_str(&doctor(world, arguments)).unwrap()
}

fn codes_of(report: &Value) -> Vec<&str> {
    report["problems"].as_array().unwrap().iter().filter_map(|problem| problem["code"].as_str()).collect()
}

#[track_caller]
fn find(world: &World, code: &str) -> Option<Value> {
    let report = doctor_json(world, &["--offline", "--json"]);
    report["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code).cloned()
}
