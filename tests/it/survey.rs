//! Surveying a machine on which something is wrong: each part has its own timeout, and the rest is still reported.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use herokey_core::Env;
use herokey_core::base::error::Code;
use herokey_core::insight::facts::{Facts, Observed, Overrides};
use herokey_core::survey::survey_with_shell;
use herokey_tests::{ME, World, netrc_record};
use heroku_sandbox::Grant;
use rustix::fs::Mode;
use zbus::blocking::Connection;
use zbus::message::Header;

const KEY: &str = "HEROKU_API_KEY";

fn offline(world: &World) -> serde_json::Value {
    serde_json::from_str(world.herokey(["status", "--offline", "--json"]).ok()).unwrap()
}

fn keychain_state(world: &World) -> String {
    offline(world)["stores"]["keychain"]["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_locked_keyring() {
    let world = World::builder().locked_keyring().build();
    assert_eq!(keychain_state(&world), "locked");
}

/// The CLI then silently stores the token in netrc; Herokey does not.
#[test]
fn a_keyring_that_is_not_set_up() {
    let world = World::builder().keyring_not_set_up().build();
    assert_eq!(keychain_state(&world), "available", "nothing is in it, and that can be told");
    let store = ["store", "--label=x", "service", "heroku-cli", "account", ME];
    let real = world.program("secret-tool").args(store).input("HRKU-fake-token-a1b2").run();
    assert!(!real.status.success(), "it asks for a password too, and nobody answers: {real}");

    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let login = |store: &str| {
        let login = world.herokey_program("herokey").args(["login", "--method", "token", "--store", store]);
        login.input(token.as_str()).run()
    };
    for store in ["auto", "keychain"] {
        let refused = login(store);
        assert!(refused.failed_with(5).contains("no default keyring"), "{refused}");
        assert_eq!(world.file(".netrc"), None, "no plain text behind the person's back");
    }
    login("netrc").ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

#[test]
fn no_keyring() {
    assert_eq!(keychain_state(&World::builder().session_bus().build()), "missing");
}

#[test]
fn no_session_bus() {
    assert_eq!(keychain_state(&World::new()), "missing");
}

#[test]
fn a_keyring_that_never_answers() {
    let world = World::builder().session_bus().build();
    let silent = world.connect_to_bus();
    silent.request_name("org.freedesktop.secrets").unwrap();
    world.write_file(".netrc", &netrc_record(&world.api_host(), ME, "HRKU-fake-netrc"));
    let report = offline(&world);
    assert_eq!(report["stores"]["keychain"]["state"], "timeout");
    assert_eq!(report["tools"]["curl"]["source"], "netrc", "the rest is told");
}

#[test]
fn a_keyring_that_answers_with_errors() {
    let world = World::builder().session_bus().build();
    serve_secrets(&world, |broken, call| {
        // The world, and with it the bus, may be gone by now.
        let _ = broken.reply_error(call, "org.example.Broken", &("it is broken",));
    });
    let env = Env::new(world.environment());
    let Observed::Unknown(error) = survey_with_shell(&env).keychain else { panic!("an error") };
    assert_eq!(error.code, Code::KeychainFailed);
    assert!(error.detail.contains("org.example.Broken"), "{error}");
}

/// gnome-keyring may handle the first call of a connection before it has registered the caller, and aborts if that call
/// is `OpenSession`.
#[test]
fn no_session_is_opened_before_the_keyring_has_answered() {
    let world = World::builder().session_bus().build();
    let (sender, calls) = mpsc::channel();
    serve_secrets(&world, move |_, call| {
        // The test may have ended by now.
        let _ = sender.send(call.member().unwrap().to_string());
    });
    assert_eq!(keychain_state(&world), "timeout");
    let calls: BTreeSet<String> = calls.try_iter().collect();
    assert_eq!(calls, BTreeSet::from(["ReadAlias".to_owned()]));
}

/// Serves `org.freedesktop.secrets` on this world's bus: calls `answer` with every method call.
fn serve_secrets(world: &World, answer: impl Fn(&Connection, &Header<'_>) + Send + 'static) {
    let connection = world.connect_to_bus();
    connection.request_name("org.freedesktop.secrets").unwrap();
    std::thread::spawn(move || {
        for message in zbus::blocking::MessageIterator::from(&connection).flatten() {
            let header = message.header();
            // The bus itself sends signals and replies.
            if header.message_type() == zbus::message::Type::MethodCall {
                answer(&connection, &header);
            }
        }
    });
}

/// The facts on a machine with this shell and this start-up file.
fn with_shell(world: &World, shell: &str, file: &str, text: &str, limit: Duration) -> Facts {
    world.write_file(file, text);
    let mut variables = world.environment().clone();
    variables.insert("SHELL".to_owned(), shell.to_owned());
    let mut env = Env::new(variables);
    env.limits.shell = limit;
    survey_with_shell(&env)
}

const PATIENT: Duration = Duration::from_secs(20);

#[track_caller]
fn terminal(facts: &Facts) -> &Overrides {
    facts.login_shell.present().unwrap_or_else(|| panic!("the shell answered: {:?}", facts.login_shell))
}

#[test]
fn a_shell_that_hangs() {
    let world = World::new();
    let text = "sleep 1000 &\nsleep 1000\n";
    let facts = with_shell(&world, "/bin/bash", ".bashrc", text, Duration::from_millis(500));
    let Observed::Unknown(error) = &facts.login_shell else { panic!("{:?}", facts.login_shell) };
    assert_eq!(error.code, Code::ShellFailed);
    assert_eq!(facts.login_state, Observed::Absent, "the rest is told");
    let left = world.processes();
    assert!(left.iter().all(|process| process.ends_within(PATIENT)), "what it started is gone too: {left:?}");
}

#[test]
fn a_shell_that_prints_noise_and_leaves_something_running() {
    let world = World::new();
    let text = "echo HEROKU_API_KEY=noise; seq 20000; printf '\\033[2J\\001'; sleep 1000 &\n\
                export HEROKU_API_KEY=HRKU-fake-shell-a1b2\nalias heroku='echo no'\n";
    let facts = with_shell(&world, "/bin/bash", ".bashrc", text, PATIENT);
    let key = terminal(&facts).api_key.as_ref().unwrap();
    assert_eq!(key.trace.as_ref().unwrap().masked, "…a1b2");
    assert_eq!(key.set_in.as_ref().unwrap().shown, "~/.bashrc:2");
    assert_eq!(facts.overrides.api_key, None, "this process has none");
    assert_eq!(facts.differing_variables(), [KEY]);
    assert!(facts.heroku_alias.as_ref().unwrap().contains("echo no"), "{:?}", facts.heroku_alias);
}

#[test]
fn a_shell_that_asks_for_input() {
    let mut world = World::new();
    world.write_file(
        ".bashrc",
        "read -p 'Name? ' name\nread -p 'Really? ' name </dev/tty\nexport HEROKU_HOST=herokai.com\n",
    );
    world.set_env("SHELL", "/bin/bash");
    let status = world.herokey_program("herokey").args(["status", "--offline"]).on_terminal().run();
    assert!(
        status.ok().contains("HEROKU_HOST has a different value in new terminals (set in ~/.bashrc:3)"),
        "{status}"
    );
    assert!(!status.stdout.contains("Really?"), "it has no hold of the person's terminal: {status}");
}

#[test]
fn reads_the_variables_of_every_shell() {
    let shells = [
        ("/bin/sh", ".profile", "export HEROKU_API_KEY=HRKU-fake-shell-a1b2\n"),
        ("/bin/bash", ".bash_profile", "export HEROKU_API_KEY=HRKU-fake-shell-a1b2\n"),
        ("/usr/bin/zsh", ".zshrc", "export HEROKU_API_KEY=HRKU-fake-shell-a1b2\n"),
        ("/usr/bin/fish", ".config/fish/config.fish", "set -gx HEROKU_API_KEY HRKU-fake-shell-a1b2\n"),
    ];
    let world = World::new();
    let mut asked = 0;
    for (shell, file, text) in shells {
        if !Path::new(shell).exists() {
            println!("{shell} is not installed: left out");
            continue;
        }
        let facts = with_shell(&world, shell, file, text, PATIENT);
        let key = terminal(&facts).api_key.as_ref().unwrap_or_else(|| panic!("{shell}: {facts:?}"));
        assert_eq!(key.trace.as_ref().unwrap().masked, "…a1b2", "{shell}");
        assert_eq!(key.set_in.as_ref().unwrap().shown, format!("~/{file}:1"), "{shell}");
        std::fs::remove_file(world.home().join(file)).unwrap();
        asked += 1;
    }
    assert!(asked >= 2, "every system has sh and bash");
}

#[test]
fn a_shell_that_is_missing_or_exits_at_once() {
    let world = World::new();
    for (shell, text) in [("/nowhere/sh", ""), ("/bin/bash", "exit 0\n")] {
        let facts = with_shell(&world, shell, ".bashrc", text, PATIENT);
        let Observed::Unknown(error) = &facts.login_shell else { panic!("{shell}: {:?}", facts.login_shell) };
        assert_eq!(error.code, Code::ShellFailed, "{shell}");
    }
}

#[test]
fn a_variable_of_the_session() {
    let mut world = World::new();
    world.set_env(KEY, "HRKU-fake-session-a1b2");
    let set_in = |world: &World| offline(world)["overrides"][0]["set_in"].as_str().unwrap().to_owned();
    let folder = ".config/environment.d";
    world.write_file(&format!("{folder}/10-other.conf"), "EDITOR=vi\n");
    world.write_file(&format!("{folder}/50-heroku.conf"), "# mine\nHEROKU_API_KEY=HRKU-fake-session-a1b2\n");
    assert!(set_in(&world).ends_with("/.config/environment.d/50-heroku.conf:2"), "{}", set_in(&world));
    std::fs::remove_file(world.home().join(folder).join("50-heroku.conf")).unwrap();
    if !world.has_own_network() || !Path::new("/etc/environment").exists() {
        println!(
            "no namespaces of its own, or no /etc/environment: it cannot be another one, so this is left out"
        );
        return;
    }
    world.write_file("environment", "LANG=C\nHEROKU_API_KEY=\"HRKU-fake-session-a1b2\"\n");
    let other = world.home().join("environment");
    let mounted = Command::new("mount").arg("--bind").arg(other).arg("/etc/environment").status().unwrap();
    assert!(mounted.success(), "{mounted}");
    assert_eq!(set_in(&world), "/etc/environment:2");
}

/// For example, because the configuration is a pipe that nobody writes to.
#[test]
fn a_git_that_never_answers() {
    let world = World::new();
    rustix::fs::mkfifoat(rustix::fs::CWD, world.home().join(".gitconfig"), Mode::RUSR | Mode::WUSR).unwrap();
    let report = offline(&world);
    assert_eq!(report["tools"]["git"]["source"], "none");
    let output = world.herokey(["status", "--offline"]);
    assert!(output.ok().contains("Could not read git's configuration. it did not end in time"), "{output}");
}

#[test]
fn a_start_up_file_of_ten_thousand_lines() {
    let mut world = World::new();
    let lines = "alias a='ls -l'\n".repeat(9_999);
    let text = format!("{lines}export HEROKU_API_KEY=HRKU-fake-shell-a1b2\n");
    let facts = with_shell(&world, "/bin/bash", ".bashrc", &text, PATIENT);
    assert_eq!(terminal(&facts).set_in(KEY).unwrap().shown, "~/.bashrc:10000");
    std::fs::rename(world.home().join(".bashrc"), world.home().join(".zshrc")).unwrap();
    world.set_env(KEY, "HRKU-fake-shell-a1b2");
    let set_in = offline(&world)["overrides"][0]["set_in"].as_str().unwrap().to_owned();
    assert!(set_in.ends_with("/.zshrc:10000"), "{set_in}");
}

#[test]
fn no_git() {
    let world = World::builder().without_program("git").build();
    let facts = survey_with_shell(&Env::new(world.environment()));
    assert_eq!(facts.git_helpers, Observed::Absent);
    assert_eq!(offline(&world)["tools"]["git"]["source"], "none");
}

#[test]
fn a_read_only_home() {
    let world = World::desktop();
    if !world.has_own_network() {
        println!("no namespaces of its own: a home cannot be mounted read-only, so this is left out");
        return;
    }
    world.store_as_cli(ME, "HRKU-fake-token-a1b2");
    let home = world.home();
    let run = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).arg(&home).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}: {status}");
    };
    run("mount", &["--bind", home.to_str().unwrap()]);
    run("mount", &["-o", "remount,bind,ro"]);
    assert!(std::fs::write(home.join("new"), "").is_err(), "it is read-only");
    let report = offline(&world);
    run("umount", &[]);
    assert_eq!(report["tools"]["heroku"]["source"], "keychain");
    assert_eq!(report["tools"]["heroku"]["masked"], "…a1b2");
}
