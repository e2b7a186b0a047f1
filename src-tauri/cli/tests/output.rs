//! Snapshots of what the terminal shows, one file a command and state in `tests/output/`.
//! `UPDATE_EXPECT=1 cargo test -p herokey` rewrites them.
//!
//! Only on Linux, where a program without a session bus has no keychain: elsewhere it would use the real one.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use expect_test::expect_file;

const NETRC: &str = "\
machine api.heroku.com
  login me@example.com
  password HRKU-fake-netrc-a1b2
machine git.heroku.com
  login me@example.com
  password HRKU-fake-netrc-a1b2
";

/// A home folder made for one state, and the variables set in it.
struct Machine {
    state: &'static str,
    home: PathBuf,
    variables: Vec<(&'static str, &'static str)>,
}

impl Machine {
    fn new(state: &'static str) -> Self {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("output").join(state);
        if home.exists() {
            fs::remove_dir_all(&home).unwrap();
        }
        fs::create_dir_all(home.join("bin")).unwrap();
        // No other programs, because status shows what else it finds.
        for program in ["/usr/bin/git", "/bin/sh", "/usr/bin/secret-tool"].map(Path::new) {
            symlink(program, home.join("bin").join(program.file_name().unwrap())).unwrap();
        }
        Self { state, home, variables: Vec::new() }
    }

    fn signed_out() -> Self {
        Self::new("signed-out")
    }

    fn with_netrc() -> Self {
        let machine = Self::new("token-in-netrc");
        let netrc = machine.home.join(".netrc");
        fs::write(&netrc, NETRC).unwrap();
        fs::set_permissions(&netrc, Permissions::from_mode(0o600)).unwrap();
        machine
    }

    fn with_api_key() -> Self {
        let mut machine = Self::new("heroku-api-key");
        machine.variables.push(("HEROKU_API_KEY", "HRKU-fake-variable-c3d4"));
        machine
    }

    /// Runs `herokey` and compares what the terminal shows with the snapshot for the command and the state.
    fn check(&self, arguments: &str) {
        let output = Command::new(env!("CARGO_BIN_EXE_herokey"))
            .args(arguments.split_whitespace())
            .env_clear()
            .env("PATH", self.home.join("bin"))
            .env("HOME", &self.home)
            .env("SHELL", "/bin/sh")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(self.variables.iter().copied())
            .current_dir(&self.home)
            .output()
            .unwrap();
        let words = arguments.split_whitespace().map(|word| word.trim_matches(['-', '.']));
        let command = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
        expect_file![format!("output/{command}.{}.txt", self.state)]
            .assert_eq(&self.transcript(arguments, &output));
    }

    fn transcript(&self, arguments: &str, output: &Output) -> String {
        let shown = |stream: &[u8]| String::from_utf8(stream.to_vec()).unwrap();
        let (stdout, stderr) = (shown(&output.stdout), shown(&output.stderr));
        let code = output.status.code().unwrap();
        let text = format!("$ herokey {arguments}\n{stdout}{stderr}[exit code {code}]\n");
        text.replace(self.home.to_str().unwrap(), "~")
    }
}

#[test]
fn signed_out() {
    let machine = Machine::signed_out();
    for command in [
        "scan .",
        "status --offline",
        "status --offline --in .",
        "doctor --offline",
        "accounts",
        "history",
        "git status",
        "token",
        "move netrc --dry-run",
        "doctor --undo",
        "doctor --offline --fix netrc-stale-copy",
    ] {
        machine.check(command);
    }
}

#[test]
fn token_in_netrc() {
    let machine = Machine::with_netrc();
    for command in [
        "scan .",
        "status --offline",
        "doctor --offline",
        "accounts",
        "git status",
        "move netrc --dry-run",
        "use mee@example.com",
    ] {
        machine.check(command);
    }
}

#[test]
fn heroku_api_key() {
    let machine = Machine::with_api_key();
    fs::write(machine.home.join("notes.txt"), "HEROKU_API_KEY=HRKU-fake-variable-c3d4\n").unwrap();
    for command in ["scan .", "status --offline", "doctor --offline", "accounts", "login"] {
        machine.check(command);
    }
}

#[test]
fn wrong_usage() {
    let machine = Machine::new("wrong-usage");
    for command in [
        "state",
        "login --methods token",
        "login --expires-in 60",
        "login --method sso",
        "keys add no-such.pub",
        "scan no-such-folder",
    ] {
        machine.check(command);
    }
}
