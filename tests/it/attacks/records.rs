//! Damaged records, and secrets in records and reports.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use herokey_tests::{ME, World, netrc_record};
use heroku_sandbox::Grant;

use crate::doctor::cases::{OTHER, in_keychain, mode, netrc};

const STATE: &str = ".local/state/herokey";
/// What a record may hold instead of its content.
const DAMAGE: [&str; 5] = ["", "half of {\"", "null", "{\"schema\":99,\"newer\":[]}", "\u{fffd}\u{0}"];

fn desktop() -> (World, String) {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &world.netrc_records(ME, &token));
    (world, token)
}

#[test]
fn no_action_fails_for_a_record_that_cannot_be_read() {
    let (world, _) = desktop();
    world.herokey(["status"]).ok();
    for (number, damage) in DAMAGE.iter().enumerate() {
        for name in ["journal.json", "history.json", "undo.json", "tokens.json"] {
            world.write_file(&format!("{STATE}/{name}"), damage);
        }
        assert!(world.problem_codes().contains(&"record-damaged".to_owned()), "{damage:?}");
        let done = world.herokey(if number % 2 == 0 { ["git", "remove"] } else { ["git", "install"] });
        done.ok();
        for name in ["journal.json", "history.json", "undo.json"] {
            let kept = format!("{name}.damaged-{}", number + 1);
            assert_eq!(world.file(&format!("{STATE}/{kept}")).as_deref(), Some(*damage), "{kept}");
            assert!(done.stderr.contains(&kept), "{kept}: {done}");
        }
        world.herokey(["status"]).ok();
        let kept = format!("{STATE}/tokens.json.damaged-{}", number + 1);
        assert_eq!(world.file(&kept).as_deref(), Some(*damage), "{kept}");
    }
    world.write_file(&format!("{STATE}/undo.json"), "");
    world.herokey(["doctor", "--fix"]).ok();
    world.write_file(&format!("{STATE}/undo.json"), "");
    world.herokey(["forget", "netrc"]).ok();
    world.write_file(&format!("{STATE}/undo.json"), "");
    world.herokey(["logout"]).ok();
    let doctor = world.herokey(["doctor", "--offline"]);
    assert!(doctor.ok().contains("Delete ~/.local/state/herokey/undo.json.damaged-1"), "{doctor}");
}

#[test]
fn a_folder_in_place_of_a_record_is_set_aside_too() {
    let (world, _) = desktop();
    for name in ["journal.json", "history.json", "undo.json", "tokens.json"] {
        // Not every record exists yet.
        let _ = std::fs::remove_file(world.home().join(STATE).join(name));
        std::fs::create_dir(world.home().join(STATE).join(name)).unwrap();
    }
    world.herokey(["status"]).ok();
    world.herokey(["logout"]).ok();
    assert!(world.home().join(STATE).join("undo.json.damaged-1").is_dir());
}

#[test]
fn few_damaged_records_are_kept() {
    let (world, _) = desktop();
    for _ in 0..11 {
        world.write_file(&format!("{STATE}/history.json"), "half");
        world.herokey(["git", "remove"]).ok();
    }
    let tree = world.tree();
    assert_eq!(tree.paths().filter(|path| path.to_string_lossy().contains("damaged")).count(), 9);
}

/// Asserts that Herokey's files hold none of the secrets, neither as they are nor in base64.
#[track_caller]
fn holds_none(world: &World, secrets: &[&str]) {
    let state = herokey_tests::Tree::of(&world.home().join(STATE));
    let undo = world.file(&format!("{STATE}/undo.json")).expect("a change that can be undone");
    let pieces = undo.split("\"plain\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let plain: Vec<String> =
        pieces.map(|piece| String::from_utf8_lossy(&BASE64.decode(piece).unwrap()).into_owned()).collect();
    for secret in secrets {
        assert_eq!(state.files_containing(secret).len(), 0, "{secret}");
        assert!(!plain.iter().any(|text| text.contains(secret)), "{secret} in {plain:?}");
    }
}

/// Undoes the last change, and asserts that the file is as it was.
#[track_caller]
fn is_undone(world: &World, path: &str, before: &str) {
    world.herokey(["doctor", "--undo"]).ok();
    assert_eq!(world.file(path).as_deref(), Some(before));
}

#[test]
fn a_helper_line_is_a_secret_in_the_undo_record() {
    let (world, _) = desktop();
    let key = format!("https://{}", world.git_host());
    let config = format!(
        "[user]\n\tname = Me\n[credential \"{key}\"]\n\thelper = \"!f() {{ echo pass=fake-inline-1; }}; f\"\n\
         \thelper = !TOKEN=fake-inline-2 /opt/herokey git-credential\n\thelper = store --file=/fake-inline-3\n"
    );
    world.write_file(".gitconfig", &config);
    world.herokey(["git", "install"]).ok();
    holds_none(&world, &["fake-inline-1", "fake-inline-2", "fake-inline-3"]);
    is_undone(&world, ".gitconfig", &config);
}

#[test]
fn all_that_a_fix_removes_from_dockers_file_is_a_secret() {
    let (world, _) = desktop();
    let auth = BASE64.encode(format!("_:{OTHER}"));
    let config = format!(
        "{{\"HttpHeaders\":{{\"X-Key\":\"fake-header\"}},\"auths\":{{\"registry.heroku.com\":{{\"auth\":\"{auth}\",\
         \"unknown\":\"fake-unknown\"}}}},\"proxies\":{{\"default\":\"http://me:fake-proxy@proxy\"}}}}"
    );
    world.write_file(".docker/config.json", &config);
    world.herokey(["doctor", "--offline", "--fix", "docker-login-stale"]).ok();
    holds_none(&world, &["fake-header", "fake-unknown", "fake-proxy", OTHER, &auth]);
    is_undone(&world, ".docker/config.json", &config);
}

#[test]
fn a_comment_in_netrc_is_a_secret_in_the_undo_record() {
    let (world, token) = desktop();
    let again = format!(
        "machine {}\n  login {ME} # was: HRKU-fake-comment\n  account fake-account\n  password {token}\n",
        world.api_host()
    );
    netrc(&world, &format!("{}{again}", world.netrc_records(ME, &token)));
    let before = world.netrc().unwrap();
    world.herokey(["forget", "netrc"]).ok();
    holds_none(&world, &["HRKU-fake-comment", "fake-account", &token]);
    is_undone(&world, ".netrc", &before);
}

#[test]
fn the_report_hides_every_name_it_knows() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let odd = ["\"jane doe\"@example.com", "o'brien@example.com", "jane@[192.168.0.7]"];
    in_keychain(&world, &token);
    for name in odd {
        world.add_to_keyring(name, OTHER);
    }
    world.write_login_json(odd[0]);
    netrc(&world, &netrc_record(&world.api_host(), "mallory+x@example.com", OTHER));
    world.write_file(
        ".config/heroku/accounts/client-x",
        &format!("username: boss'@example.org\npassword: {OTHER}\n"),
    );
    world.write_file("clients/acme/gitconfig", "[credential]\n\thelper = cache\n");
    let include = format!("{}/clients/acme/gitconfig", world.home().display());
    world.git(["config", "--global", "include.path", &include]).ok();
    world.write_file(".acme-secrets", &format!("export HEROKU_API_KEY={OTHER}\n"));
    world.write_file(".profile", "export HEROKU_NETRC_WRITE=1\n. ~/.acme-secrets\n");
    let report = world.in_terminal("herokey").args(["doctor", "--report", "--offline"]).run();
    let text = report.ok();
    for secret in ["jane", "doe\"", "brien", "192.168", "mallory", "boss", "client-x", "acme", ME] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("<account 1>") && text.contains("<file 2>"), "{text}");
}

#[test]
fn the_report_hides_folders_that_variables_name() {
    let mut world = World::desktop();
    for (name, folder) in [("XDG_STATE_HOME", "state"), ("HEROKU_DATA_DIR", "data")] {
        let path = world.home().join("clients/alice-smith").join(folder);
        world.set_env(name, path.to_str().unwrap());
    }
    world.write_file("clients/alice-smith/state/herokey/tokens.json", "damaged");
    world.write_file("clients/alice-smith/data/login.json/is-a-folder", "");
    let report = world.herokey(["doctor", "--report", "--offline"]);
    let text = report.ok();
    assert!(!text.contains("alice-smith") && text.contains("/tokens.json"), "{text}");
}

#[test]
fn a_password_in_a_store_shows_nothing_of_itself() {
    let world = World::desktop();
    let password = "correct-horse-battery-9876";
    netrc(&world, &world.netrc_records(ME, password));
    world.add_to_keyring(ME, password);
    world.write_login_json(ME);
    mode(&world, ".netrc", 0o644);
    let commands: [&[&str]; 6] = [
        &["status"],
        &["status", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["doctor", "--report"],
        &["accounts"],
    ];
    for command in commands {
        let shown = world.herokey(command.iter().copied());
        assert!(!shown.to_string().contains("9876"), "{shown}");
    }
}
