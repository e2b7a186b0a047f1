//! Attacks by text from outside: escape sequences, bidirectional controls, floods.

use herokey_tests::{Display, Finished, ME, PATIENCE, Page, TrayHost, World, netrc_record};
use heroku_sandbox::{Decision, Fault, FaultRule, Grant};

/// An escape sequence that clears the screen, one that sets the title, and one in a single 8-bit character.
const ESCAPES: &str = "a\u{1b}[2Jb\u{1b}]0;title\u{7}c\u{9b}31md\r\u{8}e";
/// A text that runs from right to left, isolates, and characters without a width.
const INVISIBLE: &str = "a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{ad}f\u{e0041}";
/// Characters that must not reach anybody.
const FORBIDDEN: [char; 12] = [
    '\u{1b}',
    '\u{7}',
    '\u{9b}',
    '\u{8}',
    '\u{202e}',
    '\u{2066}',
    '\u{200b}',
    '\u{feff}',
    '\u{ad}',
    '\u{e0041}',
    '\u{85}',
    '\u{2028}',
];
/// More than anybody shows of one text.
const MAX_RUN: usize = 5000;

fn flood() -> String {
    "x".repeat(100_000)
}

#[track_caller]
fn assert_harmless(place: &str, text: &str) {
    let found: Vec<char> = FORBIDDEN.into_iter().filter(|c| text.contains(*c)).collect();
    assert!(found.is_empty(), "{place} contains {found:?}: {text:?}");
    assert!(!text.contains('\r'), "{place} contains a carriage return: {text:?}");
    assert!(!text.contains(&"x".repeat(MAX_RUN)), "{place} is flooded");
}

#[track_caller]
fn assert_run_is_harmless(run: &Finished) {
    assert_harmless(&run.line, &format!("{}{}", run.stdout, run.stderr));
}

#[track_caller]
fn assert_files_are_harmless(world: &World) {
    for name in ["journal.json", "history.json", "tokens.json"] {
        let text = world.file(&format!(".local/state/herokey/{name}")).unwrap_or_default();
        assert_harmless(name, &text);
        let unescaped = text.replace("\\u001b", "\u{1b}").replace("\\u0007", "\u{7}");
        assert_harmless(name, &unescaped);
    }
}

fn rewrite(world: &World, method: &str, path: &str, pointer: &str, text: &str) {
    let fault = Fault::Rewrite { pointer: pointer.to_owned(), text: text.to_owned() };
    let rule = FaultRule { times: u32::MAX, ..FaultRule::once(path, fault) };
    world.sandbox().clear_faults();
    world.sandbox().add_fault(FaultRule { method: Some(method.to_owned()), ..rule });
}

#[test]
fn an_email_that_is_none_is_stored_nowhere() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    for email in [
        format!("{ESCAPES}@example.com"),
        format!("me@{INVISIBLE}.example"),
        flood(),
        format!("{}@example.com", flood()),
        "a@b@c".to_owned(),
        "me @example.com".to_owned(),
        "me@example.com\n".to_owned(),
        String::new(),
    ] {
        rewrite(&world, "GET", "/account", "/email", &email);
        let login = world.herokey_program("herokey").args(["login", "--method", "token"]);
        let login = login.input(token.clone()).run();
        assert!(login.failed_with(4).contains("[heroku-garbled]"), "{login}");
        for run in [login, world.herokey(["status"]), world.herokey(["history"])] {
            assert_run_is_harmless(&run);
        }
        assert_eq!(world.keyring().items(), []);
        assert_eq!((world.login_json(), world.netrc()), (None, None));
        assert_files_are_harmless(&world);
    }
}

#[test]
fn every_text_of_heroku_is_harmless() {
    let world = World::desktop();
    world.herokey_login(ME);
    world.write_file("key.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake me@example.com");
    world.sandbox().issue_token(ME, Grant::Session, None).unwrap();
    world.sandbox().issue_token(ME, Grant::Default, None).unwrap();
    world.herokey(["keys", "add", "key.pub"]).ok();
    for (path, pointer, command) in [
        ("/account", "/email", "status"),
        ("/oauth/authorizations", "/0/id", "authorizations"),
        ("/oauth/authorizations", "/0/description", "authorizations"),
        ("/oauth/authorizations", "/0/scope/0", "authorizations"),
        ("/oauth/authorizations", "/0/access_token/token", "authorizations"),
        ("/oauth/authorizations", "/0/created_at", "authorizations"),
        ("/oauth/authorizations/~", "/id", "authorizations"),
        ("/oauth/sessions", "/0/id", "authorizations"),
        ("/oauth/sessions", "/0/description", "authorizations"),
        ("/account/keys", "/0/id", "keys"),
        ("/account/keys", "/0/fingerprint", "keys"),
        ("/account/keys", "/0/comment", "keys"),
        ("/account/keys", "/0/public_key", "keys"),
    ] {
        for text in [ESCAPES.to_owned(), INVISIBLE.to_owned(), flood()] {
            rewrite(&world, "GET", path, pointer, &text);
            assert_run_is_harmless(&world.herokey([command]));
            assert_run_is_harmless(&world.herokey([command, "--json"]));
            assert_files_are_harmless(&world);
        }
    }
}

#[test]
fn every_text_of_a_login_is_harmless() {
    let world = World::desktop();
    for (method, path, pointer) in [
        ("POST", "/auth", "/browser_url"),
        ("POST", "/auth", "/cli_url"),
        ("POST", "/auth", "/token"),
        ("POST", "/oauth/authorizations", "/id"),
        ("POST", "/oauth/authorizations", "/description"),
        ("POST", "/oauth/authorizations", "/access_token/token"),
    ] {
        for text in [ESCAPES.to_owned(), format!("/{INVISIBLE}"), format!("/{}", flood())] {
            rewrite(&world, method, path, pointer, &text);
            let password = Some("fake-password".to_owned());
            world
                .sandbox()
                .add_account(heroku_sandbox::Account { password, ..heroku_sandbox::Account::new(ME) });
            let how = if path == "/auth" { "browser" } else { "password" };
            let login = world.herokey_program("herokey").args(["login", "--no-browser", "--method", how]);
            let login = login.input(format!("{ME}\nfake-password\n")).start();
            if how == "browser" {
                // Most of these logins fail at once; the denial ends the others.
                let pending = world.sandbox().wait_for_login(PATIENCE).unwrap();
                world.sandbox().decide_login(pending.id, Decision::Deny).unwrap();
            }
            assert_run_is_harmless(&login.finish());
            assert_files_are_harmless(&world);
        }
    }
}

#[test]
fn an_id_that_somebody_was_told_to_type_is_harmless() {
    let world = World::desktop();
    world.herokey_login(ME);
    for id in [ESCAPES.to_owned(), INVISIBLE.to_owned(), "x".repeat(2 * MAX_RUN)] {
        for arguments in
            [&["revoke", &id, "--yes"][..], &["keys", "remove", &id], &["link", &id], &["use", &id]]
        {
            let run = world.herokey(arguments.iter().copied());
            assert!(run.code() != Some(0), "{run}");
            assert_run_is_harmless(&run);
            assert_files_are_harmless(&world);
        }
    }
}

/// A machine on which other programs and files have hostile names and values.
fn hostile_machine() -> World {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let name = |number: usize| format!("{number}{ESCAPES}{INVISIBLE}@example.com");
    world.add_to_keyring(&name(1), &token);
    let netrc =
        netrc_record(&world.api_host(), "me\u{202e}\u{1b}[2J@example.com", "HRKU-fake-in-netrc-0123456789");
    world.write_file(".netrc", &netrc);
    let accounts = format!(".config/heroku/accounts/{INVISIBLE}\u{1b}[2J");
    world.write_file(&accounts, &format!("username: me{INVISIBLE}@example.com\npassword: {token}\n"));
    let helper = format!("/nowhere/{INVISIBLE}\u{1b}[2J");
    world.git(["config", "--global", "--add", "credential.helper", &helper]).ok();
    let docker = format!(r#"{{"credHelpers":{{"registry.heroku.com":"pass{INVISIBLE}"}}}}"#);
    world.write_file(".docker/config.json", &docker);
    world.write_file(".profile", &format!("export HEROKU_NETRC_WRITE='yes{INVISIBLE}'\n"));
    // As an earlier version may have written it.
    let history = serde_json::json!([{
        "verb": "log-in", "by": "terminal", "account": name(2), "at": "2026-01-01T00:00:00Z",
        "outcome": { "done": { "what": format!("Logged in as {}.", name(2)), "note": INVISIBLE } },
    }]);
    world.write_file(".local/state/herokey/history.json", &history.to_string());
    let journal = world.file(".local/state/herokey/journal.json").expect("a journal");
    let mut journal: serde_json::Value = serde_json::from_str(&journal).unwrap();
    journal["account"] = name(3).into();
    journal["outcome"]["done"]["what"] = format!("Logged in as {}.", name(3)).into();
    world.write_file(".local/state/herokey/journal.json", &journal.to_string());
    world
}

#[test]
fn names_and_values_on_this_machine_are_harmless_in_the_terminal() {
    let mut world = hostile_machine();
    world.set_env("HEROKU_NETRC_WRITE", format!("yes{INVISIBLE}{ESCAPES}"));
    let folder = world.home().join(format!("app{INVISIBLE}\u{1b}[2J"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(".env"), "HEROKU_API_KEY=HRKU-fake-0123456789\n").unwrap();
    let folder = folder.to_str().unwrap();
    for arguments in [
        &["status", "--offline"][..],
        &["status"],
        &["status", "--json"],
        &["status", "--in", folder],
        &["status", "--json", "--in", folder],
        &["accounts"],
        &["accounts", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["doctor", "--report"],
        &["git", "status"],
        &["git", "status", "--json"],
        &["git", "status", "--test"],
        &["history"],
        &["history", "--json"],
        &["move", "keychain", "--dry-run"],
    ] {
        let run = world.herokey(arguments.iter().copied());
        assert!(!run.stdout.is_empty() || !run.stderr.is_empty(), "{run}");
        assert_run_is_harmless(&run);
        if arguments.contains(&"--json") {
            serde_json::from_str::<serde_json::Value>(&run.stdout).expect("the report is JSON");
        }
    }
    // The user's terminal shows styles, but no sequence of anybody else.
    let styled = world.herokey_program("herokey").arg("history").without_env("NO_COLOR").on_terminal().run();
    assert!(styled.ok().contains("\u{1b}[1m"), "{styled}");
    assert!(!styled.stdout.contains("\u{1b}[2J") && !styled.stdout.contains('\u{202e}'), "{styled}");
}

#[test]
fn a_login_json_with_an_invisible_name_is_an_error() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli("me\u{202e}@example.com", &token);
    for command in ["status", "token", "logout", "doctor", "accounts"] {
        assert_run_is_harmless(&world.herokey([command]));
    }
    let output = world.herokey(["token"]);
    assert!(output.failed_with(1).contains("[login-state-failed]"), "{output}");
}

/// An overview as the page shows it: a request is only handed back, so it names files as they are.
fn without_requests(mut overview: serde_json::Value) -> String {
    fn remove(value: &mut serde_json::Value) {
        if let Some(fields) = value.as_object_mut() {
            fields.remove("request");
            fields.values_mut().for_each(remove);
        }
        value.as_array_mut().into_iter().flatten().for_each(remove);
    }
    remove(&mut overview);
    assert!(overview.to_string().contains("example.com"), "{overview}");
    overview.to_string()
}

#[test]
fn names_and_values_on_this_machine_are_harmless_in_window_and_tray() {
    let mut world = hostile_machine();
    let _display = Display::start(&mut world);
    let host = TrayHost::start(&world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(ME);
    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=account]");
    let overview =
        window.execute("return window.__TAURI_INTERNALS__.invoke('overview').then(JSON.stringify)");
    let overview = serde_json::from_str(overview.as_str().unwrap()).unwrap();
    for (place, text) in [
        ("the menu", icon.lines().join("\n")),
        ("the tooltip", icon.tooltip()),
        (
            "the window",
            window.execute("return document.documentElement.outerHTML").as_str().unwrap().to_owned(),
        ),
        ("the overview", without_requests(overview)),
        ("the tray's log", tray.output()),
        ("the window's log", window.output()),
    ] {
        assert_harmless(place, &text);
    }
}
