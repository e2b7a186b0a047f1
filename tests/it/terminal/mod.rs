//! Herokey on a terminal: the line while something is waited for, colours, links, and what `herokey` alone does.

mod completion;

use std::num::NonZero;
use std::os::unix::process::ExitStatusExt;

use herokey_tests::{ME, Program, Running, World};
use heroku_sandbox::{Account, ApiErrorId, Fault, FaultRule, Grant};

/// Longer than what gets a line.
const SLOW: Fault = Fault::Delay { ms: 4000 };

fn logged_in() -> World {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    world
}

fn herokey(world: &World, arguments: &[&str]) -> Program {
    world.herokey_program("herokey").args(arguments.iter().copied())
}

fn slow(world: &World, path: &str) {
    world.sandbox().add_fault(FaultRule::once(path, SLOW));
}

/// A terminal of 120 columns after this output.
fn terminal(output: &str) -> vt100::Parser {
    let [rows, columns] = [40, 120].map(|size| NonZero::new(size).unwrap());
    let mut terminal = vt100::Parser::new(rows, columns, 0);
    terminal.process(output.as_bytes());
    terminal
}

/// What a terminal shows in the end.
fn screen(output: &str) -> String {
    terminal(output).screen().contents()
}

/// Waits until the line has shown for more than a second what is waited for.
#[track_caller]
fn wait_for_line(running: &Running, line: &str) {
    let is_late = |shown: &str| (1..60).any(|seconds| shown.contains(&format!("{line} {seconds} s")));
    running.wait_until(is_late);
}

#[test]
fn heroku_is_waited_for_with_a_line_that_leaves_no_trace() {
    let world = logged_in();
    slow(&world, "/account");
    let status = herokey(&world, &["status"]).on_terminal().start();
    wait_for_line(&status, "Waiting for Heroku…");
    let told = status.finish();
    let shown = screen(told.ok());
    assert!(shown.starts_with(&format!("{ME}\n  token ")), "{shown}");
    assert!(shown.contains("accepted by Heroku"), "{shown}");
    let quick = herokey(&world, &["status", "--offline"]).on_terminal().run();
    assert_eq!(shown.replace("accepted by Heroku", "not checked"), screen(quick.ok()));
}

#[test]
fn without_a_terminal_that_can_there_is_no_line() {
    let world = logged_in();
    for program in [
        herokey(&world, &["status"]),
        herokey(&world, &["status"]).on_terminal().env("TERM", "dumb"),
        herokey(&world, &["status"]).on_terminal().env("HEROKEY_LOG", "error"),
    ] {
        slow(&world, "/account");
        let told = program.run();
        assert!(told.ok().contains("accepted by Heroku"), "{told}");
        assert!(!told.stdout.contains('\u{1b}') && !told.stdout.contains("Waiting"), "{told:?}");
        assert_eq!(told.stderr, "");
    }
    let told = herokey(&world, &["history"]).on_terminal().run();
    assert!(!told.ok().contains('\u{1b}'), "nothing is waited for: {told:?}");
}

#[test]
fn the_browser_is_waited_for() {
    let world = World::desktop();
    let login = herokey(&world, &["login"]).on_terminal().start();
    let address = world.browser().wait_for_address();
    wait_for_line(&login, "Waiting for the browser…");
    world.approve(&address, ME);
    let told = login.finish();
    let shown = screen(told.ok());
    assert!(shown.contains(&format!("Logged in as {ME}.")), "{shown}");
    assert!(!shown.contains("Waiting for the browser"), "{shown}");
}

#[test]
fn the_keychain_is_waited_for_until_ctrl_c() {
    let world = World::builder().locked_keyring().build();
    world.write_login_json(ME);
    // The prompt never appears, and so is never answered.
    world.make_activatable("org.gnome.keyring.SystemPrompter");
    let mut token = herokey(&world, &["token"]).on_terminal().start();
    wait_for_line(&token, "Waiting for the keychain…");
    token.type_in("\u{3}");
    let told = token.finish();
    assert_eq!(told.status.signal(), Some(2), "{told:?}");
    assert_eq!(screen(&told.stdout), "", "{told:?}");
}

#[test]
fn a_request_to_end_removes_the_line_too() {
    let world = logged_in();
    slow(&world, "/account");
    let status = herokey(&world, &["status"]).on_terminal().start();
    status.wait_for("Waiting for Heroku…");
    status.signal(rustix::process::Signal::TERM);
    let told = status.finish();
    assert_eq!(told.status.signal(), Some(15), "{told:?}");
    assert_eq!(screen(&told.stdout), "", "{told:?}");
}

#[test]
fn an_error_stands_alone() {
    let world = logged_in();
    slow(&world, "/oauth/authorizations");
    world.sandbox().add_fault(FaultRule::once("/oauth/sessions", Fault::Error(ApiErrorId::Forbidden)));
    let told = herokey(&world, &["authorizations"]).on_terminal().run();
    assert_eq!(told.code(), Some(4), "{told}");
    assert!(told.stdout.contains("Waiting for Heroku…"), "{told:?}");
    assert!(screen(&told.stdout).starts_with("error: "), "{told:?}");
}

/// The line is gone while somebody types, and comes back afterwards.
#[test]
fn a_prompt_stands_alone() {
    let world = World::desktop();
    let account = Account {
        password: Some("fake".to_owned()),
        second_factor: Some("123456".to_owned()),
        ..Account::new(ME)
    };
    world.sandbox().add_account(account);
    world.sandbox().add_fault(FaultRule { times: 2, ..FaultRule::once("/oauth/authorizations", SLOW) });
    let mut login = herokey(&world, &["login", "--method", "password"]).on_terminal().start();
    login.wait_for("Email: ");
    login.type_in(&format!("{ME}\n"));
    login.wait_for("Password: ");
    login.type_in("fake\n");
    login.wait_for("Waiting for Heroku…");
    login.wait_for("Two-factor code: ");
    let shown = screen(&login.output());
    assert!(shown.ends_with("\nTwo-factor code: ") || shown.ends_with("\nTwo-factor code:"), "{shown:?}");
    assert!(!shown.contains("Waiting"), "{shown}");
    login.type_in("123456\n");
    let told = login.finish();
    let shown = screen(told.ok());
    assert!(shown.contains("Logged in as") && !shown.contains("Waiting"), "{shown}");
}

/// The prompt has handled signals meanwhile.
#[test]
fn ctrl_c_after_a_prompt_removes_the_line() {
    let world = World::desktop();
    slow(&world, "/account");
    let mut login = herokey(&world, &["login", "--method", "token"]).on_terminal().start();
    login.wait_for("Token: ");
    login.type_in("HRKU-fake-token-that-is-typed-in\n");
    login.wait_for("Waiting for Heroku…");
    login.type_in("\u{3}");
    let told = login.finish();
    assert_eq!(told.status.signal(), Some(2), "{told:?}");
    assert_eq!(screen(&told.stdout).trim_end(), "Token:", "{told:?}");
}

#[test]
fn herokey_alone_shows_the_status() {
    let world = logged_in();
    let (alone, status) = (herokey(&world, &[]).run(), herokey(&world, &["status"]).run());
    assert_eq!((alone.ok(), &alone.stderr), (status.ok(), &status.stderr));
    world.herokey(["logout"]).ok();
    let (alone, status) = (herokey(&world, &[]).run(), herokey(&world, &["status"]).run());
    assert_eq!((alone.code(), &alone.stdout), (status.code(), &status.stdout));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let world = World::new();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    let status = || herokey(&world, &["status", "--offline"]);
    let plain = status().run();
    let coloured = |program: Program| {
        let told = program.run();
        let lines = |text: &str| screen(&text.replace("\r\n", "\n").replace('\n', "\r\n"));
        assert_eq!(lines(told.ok()), lines(plain.ok()));
        told.stdout.contains('\u{1b}')
    };
    let wanted = || status().without_env("NO_COLOR");
    assert!(coloured(wanted().on_terminal()));
    assert!(coloured(status().env("NO_COLOR", "").on_terminal()));
    assert!(coloured(wanted().env("CLICOLOR_FORCE", "1")));
    assert!(!coloured(wanted()));
    assert!(!coloured(status().on_terminal()));
    assert!(!coloured(wanted().on_terminal().env("TERM", "dumb")));
    assert!(!coloured(wanted().on_terminal().env("CLICOLOR", "0")));
    let told = wanted().on_terminal().run();
    assert!(told.ok().contains("\u{1b}[32mnetrc "), "{told:?}");
    world.write_file(".netrc", "");
    let told = wanted().on_terminal().run();
    assert!(told.ok().contains("\u{1b}[33mnone "), "{told:?}");
    let json = herokey(&world, &["status", "--offline", "--json"]).without_env("NO_COLOR").on_terminal();
    assert!(!json.run().ok().contains('\u{1b}'));
}

#[test]
fn addresses_and_files_are_links_where_the_terminal_knows_them() {
    let world = World::new();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    let able = |arguments: &[&str]| {
        herokey(&world, arguments).without_env("NO_COLOR").env("VTE_VERSION", "7600").on_terminal()
    };
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let netrc = world.home().join(".netrc");
    let file = format!("\u{1b}]8;;file://{host}{}\u{1b}\\~/.netrc\u{1b}]8;;\u{1b}\\", netrc.display());
    let told = able(&["status", "--offline"]).run();
    assert!(told.ok().contains(&file), "{told:?}");
    assert!(!able(&["status", "--offline", "--json"]).run().ok().contains('\u{1b}'));
    for unable in [
        able(&["status", "--offline"]).without_env("VTE_VERSION"),
        able(&["status", "--offline"]).env("NO_COLOR", "1"),
    ] {
        assert!(!unable.run().ok().contains("\u{1b}]8"));
    }
    let login = able(&["login", "--no-browser"]).start();
    login.wait_for("Waiting for up to");
    let output = login.output();
    let address = output.split_once("\u{1b}]8;;https://").unwrap().1.split_once("\u{1b}\\").unwrap().0;
    assert!(output.contains(&format!("\u{1b}\\https://{address}\u{1b}]8;;\u{1b}\\")), "{output:?}");
}

#[test]
fn a_mistyped_account_or_problem_gets_a_suggestion() {
    let world = logged_in();
    world.add_to_keyring("nobody@example.com", "HRKU-fake-token-of-nobody-1234");
    let asked = "nobdy@example.com";
    for arguments in [
        &["use", asked][..],
        &["link", asked],
        &["logout", "--account", asked],
        &["exec", "--account", asked, "true"],
    ] {
        let told = herokey(&world, arguments).run();
        assert!(!told.status.success(), "{told}");
        assert!(told.stderr.contains("  Did you mean nobody@example.com? "), "{told}");
    }
    let told = herokey(&world, &["use", "stranger@example.org"]).run();
    assert!(!told.failed_with(3).contains("Did you mean"), "{told}");
    world.write_file(".netrc", &world.netrc_records(ME, "HRKU-fake-token-in-netrc-5678"));
    let told = herokey(&world, &["doctor", "--offline", "--fix", "netrc-stale-copi"]).run();
    assert!(told.stderr.contains("Did you mean netrc-stale-copy?"), "{told}");
}
