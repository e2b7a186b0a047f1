//! Completion in real shells, and what they are told.

use std::fs;
use std::os::unix::fs::symlink;

use herokey_tests::{ME, Program, Running, World, herokey_path};
use heroku_sandbox::Grant;

use super::{herokey, logged_in, screen, terminal};

const OTHER: &str = "nobody@example.com";
const OTHERS_TOKEN: &str = "HRKU-fake-token-of-nobody-1234";

/// Two accounts, a problem, and a list of authorizations that was looked at. Returns the id of one of them, too.
fn machine() -> (World, String) {
    let world = logged_in();
    world.add_to_keyring(OTHER, OTHERS_TOKEN);
    world.write_file(".netrc", &world.netrc_records(ME, "HRKU-fake-token-in-netrc-5678"));
    world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let list = world.herokey(["authorizations", "--json"]);
    let list: serde_json::Value = serde_json::from_str(list.ok()).unwrap();
    let id = list["authorizations"][0]["id"].as_str().unwrap().to_owned();
    fs::create_dir(world.home().join("bin")).unwrap();
    symlink(herokey_path("herokey"), world.home().join("bin/herokey")).unwrap();
    (world, id)
}

/// A shell in which `herokey` is on PATH.
fn shell(world: &World, name: &str, arguments: &[&str]) -> Program {
    let path = format!("{}:{}", world.home().join("bin").display(), world.environment()["PATH"]);
    world.program(name).args(arguments.iter().copied()).env("PATH", path).env("PS1", "$ ").on_terminal()
}

/// What stands before the cursor: the prompt, and what is typed there.
fn typed(output: &str) -> String {
    let terminal = terminal(output);
    let (row, column) = terminal.screen().cursor_position();
    let line = terminal.screen().rows(0, 120).nth(row.into()).unwrap_or_default();
    format!("{line:120}").chars().take(column.into()).collect()
}

/// Presses Tab after each of these, and sees what becomes of it.
fn assert_completes(mut shell: Running, world: &World, id: &str, set_up: &[&str]) {
    shell.wait_until(|output| typed(output) == "$ ");
    for (nth, line) in set_up.iter().enumerate() {
        shell.type_in(&format!("{line}; echo do''ne {nth}\n"));
        shell.wait_until(|output| screen(output).contains(&format!("done {nth}")) && typed(output) == "$ ");
    }
    let requests = world.sandbox().requests().len();
    for (start, end) in [
        ("compl", "completions"),
        ("completions z", "completions zsh"),
        ("move key", "move keychain"),
        ("use n", "use nobody@example.com"),
        ("use nobody@exa", "use nobody@example.com"),
        ("logout --account m", "logout --account me@example.com"),
        ("exec --account=nob", "exec --account=nobody@example.com"),
        ("doctor --fix netrc-sta", "doctor --fix netrc-stale-copy"),
        (&format!("revoke {}", &id[..13]), &format!("revoke {id}")),
    ] {
        shell.type_in(&format!("herokey {start}\t"));
        // The only candidate ends with a space.
        shell.wait_until(|output| typed(output) == format!("$ herokey {end} "));
        // Ctrl-U empties the line in every shell.
        shell.type_in("\u{15}");
        shell.wait_until(|output| typed(output) == "$ ");
    }
    assert_eq!(world.sandbox().requests().len(), requests, "nothing uses the network");
    shell.type_in("exit\n");
    let told = shell.finish();
    assert!(!told.stdout.contains("HRKU-"), "{told}");
}

#[test]
fn bash_completes() {
    let (world, id) = machine();
    let bash = shell(&world, "bash", &["--norc", "-i"]).start();
    let quiet = "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'";
    assert_completes(bash, &world, &id, &[quiet, "source <(herokey completions bash)"]);
}

#[test]
fn zsh_completes() {
    let (world, id) = machine();
    let zsh = || shell(&world, "zsh", &["-f", "-i"]).start();
    let load = "autoload -Uz compinit && compinit -u -D";
    assert_completes(zsh(), &world, &id, &[load, "source <(herokey completions zsh)"]);
    // As a package installs it.
    let script = world.herokey(["completions", "zsh"]);
    world.write_file("functions/_herokey", script.ok());
    assert_completes(zsh(), &world, &id, &["fpath=(~/functions $fpath)", load]);
}

#[test]
fn fish_completes() {
    let (world, id) = machine();
    let prompt = "function fish_prompt; echo -n '$ '; end; set -g fish_autosuggestion_enabled 0";
    let fish = shell(&world, "fish", &["--no-config", "-i", "-C", prompt]).start();
    assert_completes(fish, &world, &id, &["herokey completions fish | source"]);
}

/// What `herokey` tells fish, one candidate a line.
fn told(world: &World, words: &[&str]) -> String {
    let asked = herokey(world, &[&["--", "herokey"], words].concat()).env("HEROKEY_COMPLETE", "fish").run();
    assert_eq!(asked.stderr, "", "{asked}");
    asked.ok().to_owned()
}

#[test]
fn problems_and_authorizations_are_told_with_their_titles() {
    let (world, id) = machine();
    let problems = told(&world, &["doctor", "--fix", ""]);
    assert!(problems.lines().any(|line| line.starts_with("netrc-stale-copy\t")), "{problems}");
    let ids = told(&world, &["revoke", ""]);
    assert_eq!(ids.lines().filter(|line| !line.starts_with('-')).count(), 2, "{ids}");
    assert!(ids.lines().any(|line| line.split('\t').next() == Some(&id)), "{ids}");
    assert_eq!(
        told(&world, &["authorizations", "regenerate", &id]).lines().next().unwrap().split('\t').next(),
        Some(id.as_str())
    );
    let other = ids.lines().find(|line| !line.starts_with(&id)).unwrap().split('\t').next().unwrap();
    world.herokey(["revoke", "--yes", other]).ok();
    assert!(!told(&world, &["revoke", ""]).contains(other), "what is revoked is no longer offered");
    world.herokey(["logout"]).ok();
    assert!(!told(&world, &["revoke", ""]).contains(&id), "nor anything after a logout");
}

#[test]
fn a_locked_or_silent_keychain_is_left_out() {
    let (world, _) = machine();
    assert_eq!(told(&world, &["use", ""]).lines().filter(|line| line.contains('@')).count(), 2);
    world.keyring().lock();
    assert!(told(&world, &["use", ""]).starts_with(ME), "netrc names it");
    assert!(!told(&world, &["use", ""]).contains(OTHER));
    assert!(world.keyring().is_locked(), "nobody was asked to unlock it");
    world.keyring().unlock();
    world.keyring().hang();
    assert!(told(&world, &["use", ""]).starts_with(ME));
}

#[test]
fn what_a_shell_would_run_is_not_offered() {
    let world = logged_in();
    for name in ["$(touch ran)@example.com", "a b@example.com", "*@example.com", "-x;ls@example.com"] {
        world.add_to_keyring(name, OTHERS_TOKEN);
    }
    let offered = told(&world, &["use", ""]);
    assert_eq!(offered.lines().filter(|line| line.contains('@')).collect::<Vec<_>>(), [ME]);
}

#[test]
fn each_shell_gets_a_script() {
    let world = World::new();
    for (shell, part) in [
        ("bash", "complete -o bashdefault"),
        ("elvish", "set edit:completion:arg-completer"),
        ("fish", "complete --keep-order"),
        ("powershell", "Register-ArgumentCompleter"),
        ("zsh", "#compdef herokey\n"),
    ] {
        let script = herokey(&world, &["completions", shell]).run();
        assert!(script.ok().contains(part) && script.stdout.contains("HEROKEY_COMPLETE"), "{script}");
    }
}
