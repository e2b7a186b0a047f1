//! Attacks on the processes: core dumps, outputs that cannot be written, hostile input, signals at a prompt.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use herokey_tests::{Display, Finished, ME, Running, TrayHost, World, eventually};
use heroku_sandbox::{Account, Grant};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

/// The commands that write a report to standard output.
const REPORTS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["help", "status"],
    &["status", "--help"],
    &["status"],
    &["status", "--offline", "--json"],
    &["status", "--offline", "--in", "."],
    &["token"],
    &["move", "netrc", "--dry-run"],
    &["docker", "status"],
    &["docker", "status", "--json"],
    &["accounts"],
    &["accounts", "--json"],
    &["doctor"],
    &["doctor", "--json"],
    &["doctor", "--report"],
    &["scan", "--json"],
    &["history"],
    &["history", "--json"],
    &["authorizations"],
    &["authorizations", "--json"],
    &["keys"],
    &["keys", "--json"],
    &["git", "status"],
    &["git", "status", "--json"],
    &["git-credential", "get"],
    &["completions", "bash"],
    &["completions", "elvish"],
    &["completions", "fish"],
    &["completions", "powershell"],
    &["completions", "zsh"],
];

/// The commands that report only on standard error, in an order in which each has something to do, and some that fail.
const ACTIONS: &[&[&str]] = &[
    &["git", "install"],
    &["git", "status", "--test"],
    &["git", "remove"],
    &["docker", "install"],
    &["docker", "remove"],
    &["doctor", "--fix"],
    &["doctor", "--undo"],
    &["move", "netrc"],
    &["move", "keychain"],
    &["regenerate", "--yes"],
    &["exec", "true"],
    &["authorizations", "create", "--to", "--", "false"],
    &["scan"],
    &["use", ME],
    &["use", "nobody@example.com"],
    &["keys", "add", "no-such.pub"],
    &["keys", "remove", "no-such"],
    &["revoke", "no-such"],
    &["git-credential", "store"],
    &["git-credential", "erase"],
    &["clipboard"],
    &["token", "--copy"],
    &["no-such-command"],
    &["forget", "netrc"],
    &["link", ME],
    &["login", "--method", "token"],
    &["login", "--method", "password"],
    &["login", "--method", "sso"],
    &["logout"],
    &["logout", "--local-only"],
];

/// Opens descriptor 5, a pipe that nobody reads.
const PIPE: &str = "mkfifo pipe && exec 4<>pipe 5>pipe 4<&- && rm pipe && ";

fn logged_in() -> World {
    let world = World::desktop();
    world.herokey_login(ME);
    world.herokey(["git", "install"]).ok();
    world.write_file("key.pub", "ssh-ed25519 AAAAfake me@example.com\n");
    world.herokey(["keys", "add", "key.pub"]).ok();
    world
}

/// Runs `herokey` from a shell that redirects its output or input.
fn redirected(world: &World, before: &str, arguments: &[&str], redirection: &str) -> Finished {
    let script = format!("{before}exec herokey \"$@\" {redirection}");
    let input = world.git_credential_input();
    world.program("sh").args(["-c", &script, "sh"]).args(arguments.iter().copied()).input(input).run()
}

#[track_caller]
fn assert_no_panic(finished: &Finished) {
    assert!(!finished.stderr.contains("panicked"), "{finished}");
    assert!(finished.code().is_some_and(|code| code < 100), "`{}`: {finished}", finished.line);
}

#[test]
fn every_command_is_attacked() {
    let help = World::new().herokey(["--help"]).ok().to_owned();
    let groups = help.split_once("Log in and out:").unwrap().1.split_once("\n`herokey help").unwrap().0;
    let commands = groups.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 15, "{help}");
    for command in commands {
        assert!(REPORTS.iter().chain(ACTIONS).any(|arguments| arguments[0] == command), "{command}");
    }
}

#[test]
fn a_report_that_nobody_reads_is_no_failure() {
    let world = logged_in();
    for arguments in REPORTS {
        for (before, redirection) in [(PIPE, ">&5 5>&-"), ("", ">&-")] {
            let finished = redirected(&world, before, arguments, redirection);
            assert_no_panic(&finished);
            assert_eq!(finished.code(), Some(0), "{arguments:?} {redirection}: {finished}");
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let world = logged_in();
    for arguments in REPORTS {
        let finished = redirected(&world, "", arguments, ">/dev/full");
        assert_no_panic(&finished);
        assert!(finished.failed_with(1).contains("[output-failed]"), "{arguments:?}: {finished}");
        let silent = redirected(&world, "", arguments, ">/dev/full 2>&1");
        assert_eq!(silent.code(), Some(1), "{arguments:?}: {silent}");
    }
    for name in ["herokey-tray --version", "herokey-tray --help"] {
        let run =
            |redirection: &str| world.program("sh").args(["-c", &format!("{name} {redirection}")]).run();
        assert_no_panic(&run(">/dev/full"));
        run(">/dev/full").failed_with(1);
    }
}

#[test]
fn a_window_without_a_display_says_so() {
    let window = World::desktop().herokey_program("herokey-desktop").run();
    assert_no_panic(&window);
    assert!(window.failed_with(1).contains("without a display"), "{window}");
}

#[test]
fn a_failed_fix_is_reported_although_nobody_reads_the_report() {
    let world = World::desktop();
    world.write_file(".netrc", &world.netrc_records(ME, "HRKU-fake-0123456789-0123456789"));
    let login = world.herokey_program("herokey").args(["login", "--no-browser"]).start();
    login.wait_for("Waiting for");
    let fix = ["doctor", "--offline", "--fix", "netrc-mode", "--json"];
    assert!(world.herokey(fix).failed_with(1).contains("[busy]"));
    redirected(&world, PIPE, &fix, ">&5 5>&-").failed_with(1);
    redirected(&world, "", &fix, ">/dev/full").failed_with(1);
}

#[test]
fn standard_error_does_not_change_what_a_command_does() {
    let run_all = |before: &str, redirection: &str| {
        let mut world = logged_in();
        world.set_env("HEROKEY_LOG", "trace");
        let run = |arguments: &&[&str]| {
            let finished = redirected(&world, before, arguments, redirection);
            assert_no_panic(&finished);
            (arguments.join(" "), finished.code())
        };
        let codes: Vec<_> = REPORTS.iter().chain(ACTIONS).map(run).collect();
        assert!(world.sandbox().live_tokens().is_empty(), "the logout revoked the token");
        codes
    };
    // A thread has only one world.
    let codes = |before: &str, redirection: &str| {
        std::thread::scope(|scope| scope.spawn(|| run_all(before, redirection)).join().unwrap())
    };
    let usual = codes("", "");
    for (before, redirection) in [("", "2>/dev/full"), ("", "2>&-"), (PIPE, "2>&5 5>&-")] {
        assert_eq!(codes(before, redirection), usual, "{redirection}");
    }
}

#[test]
fn no_input_stores_or_sends_anything() {
    let mut world = World::desktop();
    // The clipboard is opened before its text is read.
    let _display = Display::start(&mut world);
    world.sandbox().add_account(Account { password: Some("fake-password".to_owned()), ..Account::new(ME) });
    world.write_file("binary", "\0\u{1}\u{fffd}");
    fs::write(world.home().join("bytes"), b"\xff\xfe\n\xff\n").unwrap();
    world.write_file("one-line", ME);
    world.write_file("long", &format!("{ME}\n{}", "x".repeat(100_000)));
    let before = world.sandbox().requests().len();
    for method in ["token", "password"] {
        for input in ["<&-", "<.", "</dev/null", "<bytes", "<binary", "<long", "<one-line", "</dev/zero"] {
            // One line is a token; only Heroku knows that it is none.
            if (method, input) == ("token", "<one-line") {
                continue;
            }
            let finished = redirected(&world, "", &["login", "--method", method], input);
            assert_no_panic(&finished);
            assert!(finished.failed_with(2).contains("[wrong-usage]"), "{method} {input}: {finished}");
        }
    }
    for input in ["<.", "<bytes", "<long", "</dev/zero"] {
        let finished = redirected(&world, "", &["clipboard", "--secret"], input);
        assert!(finished.failed_with(2).contains("[wrong-usage]"), "{input}: {finished}");
    }
    assert_eq!(world.sandbox().requests().len(), before);
    assert!(world.sandbox().live_tokens().is_empty());
    // Without a line break, and with the one of Windows.
    let piped = |text: String| {
        world.herokey_program("herokey").args(["login", "--method", "password"]).input(text).run()
    };
    piped(format!("{ME}\nfake-password")).ok();
    piped(format!("{ME}\r\nfake-password\r\n")).ok();
}

#[test]
fn git_gets_the_token_for_a_path_in_any_encoding() {
    let world = logged_in();
    let token = world.herokey(["token"]).ok().to_owned();
    let mut request = format!("protocol=https\nhost={}\npath=p", world.git_host()).into_bytes();
    request.extend_from_slice(b"\xe9.git\n\n");
    // An empty helper forgets the others, which would answer in Herokey's place.
    let helpers = ["", "!herokey git-credential"]
        .map(|helper| format!("credential.https://{}.helper={helper}", world.git_host()));
    let settings = ["-c", &helpers[0], "-c", &helpers[1], "-c", "credential.useHttpPath=true"];
    let filled = world.program("git").args(settings).args(["credential", "fill"]).input(request).run();
    assert!(filled.ok().contains(&format!("password={token}")), "{filled}");
}

#[test]
fn the_git_helper_refuses_what_git_never_sends() {
    let world = logged_in();
    let token = world.herokey(["token"]).ok().to_owned();
    let host = world.git_host();
    let padding = "x".repeat((64 << 10) - 40 - host.len());
    let requests = [
        format!("protocol=https\r\nhost={host}\r\n\r\n"),
        format!("protocol=https\nhost={host}\r\n\n"),
        format!("protocol=https\nhost=evil.example\rhost={host}\n\n"),
        format!("protocol=https\nhost={host}\0.evil.example\n\n"),
        format!("protocol=https\nhost={host}\nno value\nhost=evil.example\n\n"),
        format!("protocol=https\npath={padding}\nhost={host}{}", ".evil.example".repeat(10)),
    ];
    for request in requests {
        let shown = request.escape_debug().take(90).collect::<String>();
        let helper = world.herokey_program("herokey").args(["git-credential", "get"]);
        let finished = helper.input(request).run();
        assert_eq!(finished.ok(), "", "{shown}");
        assert!(
            !finished.stderr.contains(&token) && finished.stderr.contains("did not answer"),
            "{finished}"
        );
    }
    for redirection in ["<.", "</dev/zero"] {
        let finished = redirected(&world, "", &["git-credential", "get"], redirection);
        assert_eq!(finished.ok(), "");
        assert!(finished.stderr.contains("did not answer"), "{finished}");
    }
}

#[test]
fn a_signal_at_the_password_restores_the_terminal() {
    let world = World::desktop();
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        let program = world.herokey_program("herokey").args(["login", "--method", "token"]);
        let login = program.on_terminal().start();
        login.wait_for("Token: ");
        assert!(!login.echoes());
        login.signal(signal);
        assert!(login.ends_within_timeout(), "{signal:?}");
        assert!(login.echoes(), "{signal:?}");
        assert_eq!(login.finish().status.signal(), Some(signal.as_raw()));
    }
}

#[test]
fn a_stopped_prompt_restores_the_terminal_until_it_runs_again() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let program = world.herokey_program("herokey").args(["login", "--method", "token"]);
    let mut login = program.on_terminal().start();
    login.wait_for("Token: ");
    login.signal(Signal::TSTP);
    // Echo is back before it stops, and a signal to go on does nothing before that.
    eventually("the stop", || login.is_stopped().then_some(()));
    assert!(login.echoes());
    login.signal(Signal::CONT);
    eventually("a hidden prompt", || (!login.echoes()).then_some(()));
    login.type_in(&format!("{token}\n"));
    let finished = login.finish();
    finished.ok();
    assert!(!finished.stdout.contains(&token), "{finished}");
}

#[test]
fn no_program_leaves_a_core_dump() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    let _display = Display::start(&mut world);
    let _host = TrayHost::start(&world);
    world.set_env("HEROKEY_LOG", "debug");
    for program in ["herokey login --no-browser", "herokey-tray", "herokey-desktop"] {
        let script = format!("ulimit -c unlimited; exec {program}");
        let running = world.program("sh").args(["-c", &script]).start();
        running.wait_for("the memory of this program is protected");
        let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
        let limit = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(limit.split_whitespace().nth(4), Some("0"), "{program}: {limits}");
        assert_dumps_nothing(&world, program, running);
    }
}

/// Crashes a program whose limit was raised again.
#[track_caller]
fn assert_dumps_nothing(world: &World, program: &str, running: Running) {
    let unlimited = Rlimit { current: None, maximum: None };
    let id = Pid::from_raw(running.id().try_into().unwrap());
    prlimit(id, Resource::Core, unlimited).expect("root can raise a limit");
    running.signal(Signal::ABORT);
    let status = running.finish().status;
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()), "{program}");
    assert!(!status.core_dumped(), "{program} left a core dump");
    let dumps = fs::read_dir(world.home()).unwrap().flatten();
    let dumps: Vec<_> = dumps.filter(|file| file.file_name().to_string_lossy().starts_with("core")).collect();
    assert!(dumps.is_empty(), "{program}: {dumps:?}");
}
