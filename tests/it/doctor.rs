//! Each problem, on a machine that has it: Herokey finds and fixes it, the real tools then work, and undoing the fix
//! restores every byte.

pub(crate) mod cases;
mod protected;

use std::collections::BTreeSet;
use std::path::Path;

use cases::{CASES, Case, FixedBy, ONLY_IN_FOLDERS, OTHER, in_keychain, netrc};
use herokey_tests::{FTP_RECORD, KeyringItem, ME, World, netrc_record};
use heroku_sandbox::Grant;
use serde_json::{Value, json};

#[test]
fn each_problem_is_found_fixed_and_the_fix_undone() {
    // Four at a time, because each mostly waits for the Heroku CLI. A world belongs to a thread.
    let mut failed = Vec::new();
    for some in CASES.chunks(4) {
        let play = |case: &'static Case| std::thread::spawn(move || play(&mut World::desktop(), case));
        let playing: Vec<_> = some.iter().map(|case| (case.code, play(case))).collect();
        failed.extend(playing.into_iter().filter_map(|(code, playing)| playing.join().err().map(|_| code)));
    }
    assert_eq!(failed, [""; 0]);
}

fn play(world: &mut World, case: &Case) {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    (case.make)(world, &token);
    let found = find(world, case.code).unwrap_or_else(|| panic!("{} is not found", case.code));
    let status = world.in_terminal("herokey").args(["status", "--offline", "--json"]).run();
    let status: Value = serde_json::from_str(status.ok()).unwrap();
    assert!(case.code == "env-differs" || codes_of(&status).contains(&case.code), "{status:#}");
    let shown = doctor(world, &["--offline"]);
    for secret in [&token, OTHER] {
        assert!(!shown.contains(secret), "{shown}");
    }
    match case.fixed_by {
        FixedBy::Fix { is_safe } => fixed(world, &token, case.code, &found, is_safe),
        FixedBy::Action { is_safe } => acted(world, &token, case.code, &found, is_safe),
        FixedBy::Login => logged_in(world, case.code, &found),
        FixedBy::User(words) => told(world, case.code, &found, words),
    }
}

/// Fixes the problem, checks that the tools work, and undoes the fix.
fn fixed(world: &World, token: &str, code: &str, found: &Value, is_safe: bool) {
    let before = world.tree().without(".local/state").without(".local/share/keyrings").without(".cache");
    let entries = entries(world);
    acted(world, token, code, found, is_safe);
    world.in_terminal("herokey").args(["doctor", "--undo"]).run().ok();
    while herokey_core::ledger::undo::last(&world.env()).is_ok() {
        // A fix of two records is undone in two steps.
        world.in_terminal("herokey").args(["doctor", "--undo"]).run().ok();
    }
    let mut after = world.tree().without(".local/state").without(".local/share/keyrings").without(".cache");
    if before.get(".gitconfig").is_none() {
        // The Heroku CLI adds its helper if there is none.
        after = after.without(".gitconfig");
    }
    assert_eq!(before.changes(&after), [""; 0], "{code}: {before:?}\n{after:?}");
    assert_eq!(self::entries(world), entries, "{code}");
    assert!(find(world, code).is_some(), "{code}");
}

fn acted(world: &World, token: &str, code: &str, found: &Value, is_safe: bool) {
    assert_eq!(found["safe"], is_safe, "{found}");
    assert_ne!(found["does"], "", "{found}");
    let fixed = doctor_json(world, &["--offline", "--json", "--fix", code]);
    assert_ne!(fixed["fixed"].as_array().unwrap().len(), 0, "{code}: {fixed}");
    assert!(find(world, code).is_none(), "{code} is still there: {fixed}");
    let state = herokey_tests::Tree::of(&world.home().join(".local/state/herokey"));
    for secret in [token, OTHER] {
        assert_eq!(state.files_containing(secret).len(), 0, "{code}: a secret in Herokey's folder");
    }
    tools_agree(world, token, code);
}

fn logged_in(world: &World, code: &str, found: &Value) {
    assert_eq!(found["safe"], false, "{found}");
    let login = world.in_terminal("herokey").args(["doctor", "--offline", "--fix", code]).start();
    world.approve(&world.browser().wait_for_address(), ME);
    login.finish().ok();
    assert!(find(world, code).is_none(), "{code}");
    if find(world, "netrc-stale-copy").is_some() {
        doctor(world, &["--offline", "--fix", "netrc-stale-copy"]);
    }
    let token = world.herokey(["token"]).ok().to_owned();
    assert!(world.sandbox().is_live(&token));
    tools_agree(world, &token, code);
}

/// Checks that Herokey says what to do and changes nothing.
fn told(world: &World, code: &str, found: &Value, words: &str) {
    assert!(found["fix"].as_str().unwrap().contains(words), "{found}");
    assert_eq!((&found["does"], &found["safe"]), (&json!(""), &json!(false)), "{found}");
    // Another problem's fix may set git's helper.
    let tree = || world.tree().without(".local/state").without(".gitconfig");
    let before = tree();
    let herokey = || {
        if code == "env-differs" { world.herokey_program("herokey") } else { world.in_terminal("herokey") }
    };
    let refused = herokey().args(["doctor", "--offline", "--fix", code]).run();
    assert!(refused.failed_with(6).contains(words), "{refused}");
    herokey().args(["doctor", "--offline", "--fix"]).run();
    assert_eq!(before.changes(&tree()), [""; 0], "{code}");
}

/// Label, attributes and secret of every entry in the keychain, followed by those of the newest, which tools read.
pub(crate) fn entries(world: &World) -> Vec<String> {
    let items = world.keyring().items();
    let shown = |item: &KeyringItem| format!("{} {:?} {:?}", item.label, item.attributes, item.secret);
    let mut entries: Vec<String> = items.iter().map(shown).collect();
    entries.sort();
    let the_clis = items.iter().filter(|item| item.label == "Heroku CLI");
    entries.extend(the_clis.max_by_key(|item| item.modified).map(shown));
    entries
}

/// Fails if a code has no test case or is missing in INTEROP.md.
#[test]
fn every_code_has_a_test_case_and_a_line_in_interop() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let quoted = |text: &str, quote: char| -> BTreeSet<String> {
        let is_code = |word: &&str| {
            word.contains('-')
                && word
                    .split('-')
                    .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        };
        text.split(quote).filter(is_code).map(str::to_owned).collect()
    };
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(root.join("src-tauri/core/src/insight/diagnose")).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().is_some_and(|name| name != "tests.rs") {
            let text = std::fs::read_to_string(path).unwrap();
            found.extend(
                text.lines().filter(|line| !line.starts_with("#[")).flat_map(|line| quoted(line, '"')),
            );
        }
    }
    let cases = CASES.iter().map(|case| case.code).chain(ONLY_IN_FOLDERS);
    let cases: BTreeSet<String> = cases.map(str::to_owned).collect();
    assert_eq!(found, cases);
    let interop = std::fs::read_to_string(root.join("INTEROP.md")).unwrap();
    let (_, list) = interop.split_once("## Problem codes").unwrap();
    let missing: Vec<_> = found.difference(&quoted(list, '`')).cloned().collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn fix_without_a_code_applies_only_safe_fixes_and_lists_the_rest() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    world.set_env("HEROKU_NETRC_WRITE", "yes");
    let text = format!("{}{}", world.netrc_records(ME, &token), netrc_record(&world.api_host(), ME, &token));
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
fn keeps_a_secret_that_has_no_other_copy() {
    let world = World::new();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let text = format!(
        "{}{}",
        netrc_record(&world.api_host(), ME, &token),
        netrc_record(&world.git_host(), ME, OTHER)
    );
    netrc(&world, &text);
    let refused = world.herokey(["doctor", "--offline", "--fix", "netrc-hosts-differ"]);
    assert!(refused.failed_with(1).contains("the only copy of a secret"), "{refused}");
    assert_eq!(world.netrc().unwrap(), format!("{FTP_RECORD}{text}"));
}

#[test]
fn refuses_to_undo_over_a_later_change() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &world.netrc_records(ME, OTHER));
    world.herokey(["doctor", "--offline", "--fix", "netrc-stale-copy"]).ok();
    let later = format!("{}machine later.example.com login me password fake\n", world.netrc().unwrap());
    world.write_file(".netrc", &later);
    let refused = world.herokey(["doctor", "--undo"]);
    assert!(refused.failed_with(1).contains("has changed since"), "{refused}");
    assert_eq!(world.netrc().unwrap(), later);
}

#[test]
fn a_change_that_cannot_be_undone_does_not_keep_an_older_one() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &world.netrc_records(ME, OTHER));
    world.write_file(".gitconfig", "");
    world.herokey(["doctor", "--offline", "--fix", "git-helper-missing"]).ok();
    world.herokey(["doctor", "--offline", "--fix", "netrc-stale-copy"]).ok();
    let later = format!("{}machine later.example.com login me password fake\n", world.netrc().unwrap());
    world.write_file(".netrc", &later);
    assert_eq!(doctor_json(&world, &["--json", "--offline"])["undo"]["file"], "~/.gitconfig");
    let undone = world.herokey(["doctor", "--undo"]);
    undone.ok();
    assert!(undone.stderr.contains("has changed again since: ~/.netrc."), "{undone}");
    assert_eq!(world.file(".gitconfig").as_deref(), Some(""));
    assert!(!undone.stderr.contains("--undo` again"), "{undone}");
    assert_eq!(world.netrc().unwrap(), later);
    assert!(doctor_json(&world, &["--json", "--offline"])["undo"].is_null());
    assert!(world.herokey(["doctor", "--undo"]).failed_with(1).contains("has changed since"));
}

#[test]
fn an_entry_that_has_changed_does_not_keep_an_older_change() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    world.write_file(".gitconfig", "");
    world.herokey(["doctor", "--offline", "--fix", "git-helper-missing"]).ok();
    world.herokey(["forget", "keychain"]).ok();
    world.store_as_cli(ME, OTHER);
    let undone = world.herokey(["doctor", "--undo"]);
    undone.ok();
    assert!(undone.stderr.contains("has changed again since: "), "{undone}");
    assert_eq!(world.file(".gitconfig").as_deref(), Some(""));
    assert_eq!(world.heroku(["auth:token"]).ok(), OTHER);
    assert!(world.herokey(["doctor", "--undo"]).failed_with(1).contains("has changed since"));
}

#[test]
fn forgetting_can_be_undone_until_the_logout() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &world.netrc_records(ME, &token));
    let before = world.tree().without(".local/state").without(".local/share/keyrings");
    let items = entries(&world);
    for place in ["keychain", "netrc"] {
        let forgotten = world.herokey(["forget", place]);
        forgotten.ok();
        assert!(forgotten.stderr.contains("--undo"), "{forgotten}");
        world.herokey(["doctor", "--undo"]).ok();
        let after = world.tree().without(".local/state").without(".local/share/keyrings");
        assert_eq!(before.changes(&after), [""; 0], "{place}");
        assert_eq!(entries(&world), items, "{place}");
    }
    world.herokey(["forget", "keychain"]).ok();
    assert!(world.heroku(["auth:token"]).ok() == token, "netrc has it still");
    world.herokey(["forget", "netrc"]).ok();
    world.heroku(["whoami"]).failed_with(100);
    assert_eq!(herokeys_own(&world), 2);
    for _ in 0..2 {
        world.herokey(["doctor", "--undo"]).ok();
    }
    world.herokey(["forget", "netrc"]).ok();
    world.herokey(["logout"]).ok();
    assert_eq!(world.keyring().items(), [], "nothing is kept of who has logged out");
    assert!(world.herokey(["doctor", "--undo"]).failed_with(1).contains("cannot-undo"));
}

#[test]
fn a_logout_keeps_what_belongs_to_another_account() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    let other = "other@example.com";
    world.add_to_keyring(other, OTHER);
    world.herokey(["forget", "keychain", "--account", other]).ok();
    world.herokey(["logout"]).ok();
    world.herokey(["doctor", "--undo"]).ok();
    let items = world.keyring().items();
    assert_eq!(items.len(), 1);
    assert_eq!((items[0].attributes["account"].as_str(), items[0].secret.as_deref()), (other, Some(OTHER)));
}

#[test]
fn without_a_keychain_forgetting_works_but_cannot_be_undone() {
    let world = World::new();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    netrc(&world, &world.netrc_records(ME, &token));
    let forgotten = world.herokey(["forget", "netrc"]);
    forgotten.ok();
    assert!(!forgotten.stderr.contains("--undo"), "{forgotten}");
    assert_eq!(world.netrc().as_deref(), Some(FTP_RECORD));
    assert!(world.herokey(["doctor", "--undo"]).failed_with(1).contains("cannot-undo"));
}

#[test]
fn refuses_to_undo_over_a_later_login() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    world.herokey(["forget", "keychain"]).ok();
    world.herokey_login(ME);
    let new = world.herokey(["token"]).ok().to_owned();
    let refused = world.herokey(["doctor", "--undo"]);
    assert!(refused.failed_with(1).contains("has changed since"), "{refused}");
    assert_eq!(world.heroku(["auth:token"]).ok(), new);
}

#[test]
fn warns_of_a_token_that_the_cli_still_reads() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let comment = format!("# machine {} login {ME} password {token}\n", world.api_host());
    for command in [["forget", "netrc"].as_slice(), &["logout", "--local-only"]] {
        netrc(&world, &format!("{comment}{}", world.netrc_records(ME, &token)));
        assert_eq!(world.heroku(["auth:token"]).ok(), token);
        let told = world.herokey(command.iter().copied());
        assert!(told.failed_with(7).contains(".netrc"), "{told}");
        assert!(!told.stderr.contains(&token), "{told}");
        assert_eq!(world.netrc().unwrap(), format!("{FTP_RECORD}{comment}"), "a comment is left as it was");
        assert_eq!(world.heroku(["auth:token"]).ok(), token, "the CLI finds it there");
    }
}

fn herokeys_own(world: &World) -> usize {
    world.keyring().items().into_iter().filter(|item| item.label == "Herokey").count()
}

#[test]
fn exit_codes_if_there_is_nothing_to_fix_or_undo() {
    let world = World::desktop();
    assert_eq!(world.herokey(["doctor"]).ok(), "No problems found.");
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
fn the_report_contains_neither_token_nor_email() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    netrc(&world, &world.netrc_records(ME, OTHER));
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
fn tests_git_by_asking_git() {
    let world = World::desktop();
    let refused = world.herokey(["git", "status", "--test"]);
    assert!(refused.failed_with(1).contains("git has no password"), "{refused}");
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    let good = world.herokey_program("herokey").args(["git", "status", "--test"]).traced().run();
    good.ok();
    assert!(good.stdout.contains("the same token as heroku") && good.stderr.is_empty(), "{good}");
    assert!(good.started_programs.contains("\"credential\", \"fill\""), "{}", good.started_programs);
    netrc(&world, &netrc_record(&world.git_host(), ME, OTHER));
    let other = world.herokey(["git", "status", "--test"]);
    assert!(other.failed_with(1).contains("git-differs"), "{other}");
}

/// Checks that heroku uses the token, and that git and curl use the same one or none.
#[track_caller]
fn tools_agree(world: &World, token: &str, code: &str) {
    assert_eq!(world.in_terminal("heroku").arg("auth:token").run().ok(), token, "{code}");
    let fill =
        world.in_terminal("git").args(["credential", "fill"]).input(world.git_credential_input()).run();
    // git's transport is curl, which reads netrc first.
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
pub(crate) fn find(world: &World, code: &str) -> Option<Value> {
    let report = if code == "env-differs" {
        // Not in a terminal, as when the desktop starts the tray.
        serde_json::from_str(world.herokey(["doctor", "--offline", "--json"]).ok()).unwrap()
    } else {
        doctor_json(world, &["--offline", "--json"])
    };
    report["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code).cloned()
}
