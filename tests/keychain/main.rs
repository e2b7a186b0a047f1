//! The real Heroku CLI and Herokey work together in this machine's own keychain.
//!
//! Run this only on a disposable machine, because it stores a token in the keychain of the current user. The workflow
//! runs it on macOS and Windows. On Linux, the suites in `tests/it` prove more, each in a world of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use heroku_sandbox::{Account, Config, Grant, Sandbox};

const ME: &str = "herokey-test@example.com";

#[test]
#[ignore = "writes to this machine's keychain; the workflow runs it"]
fn herokey_and_the_cli_use_the_same_token() {
    let folder = tempfile::tempdir().unwrap();
    let machine = Machine::new(folder.path());
    let token = machine.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();

    let login = machine.herokey(&["login", "--method", "token", "--store", "keychain"], &token);
    assert!(login.status.success(), "{}", text(&login));
    let status = text(&machine.herokey(&["status", "--offline", "--json"], ""));
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["token"]["source"], "keychain", "{status}");
    assert_eq!(text(&machine.heroku(&["whoami"])), ME);
    assert_eq!(text(&machine.heroku(&["auth:token"])), token);
    // The login has made git ask Herokey.
    let asked =
        format!("protocol=https\nhost={}\n", machine.sandbox.http_url().unwrap().replace("http://", ""));
    let filled = text(&machine.run(Command::new("git").args(["credential", "fill"]), &asked));
    assert!(filled.lines().any(|line| line == format!("password={token}")), "git asks: {asked}");
    // On macOS, the home folder is the user's real one, so the test must not look at its netrc.
    assert!(cfg!(target_os = "macos") || !folder.path().join("_netrc").exists());

    // Herokey notices the CLI's logout right away.
    assert!(machine.heroku(&["logout"]).status.success());
    assert!(!machine.sandbox.is_live(&token));
    assert_eq!(machine.herokey(&["token"], "").status.code(), Some(3));

    let token = machine.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    assert!(machine.herokey(&["login", "--method", "token"], &token).status.success());
    assert_eq!(text(&machine.heroku(&["auth:token"])), token);
    assert!(machine.herokey(&["logout"], "").status.success());
    assert!(!machine.heroku(&["auth:token"]).status.success(), "the CLI is logged out too");
    assert!(!machine.sandbox.is_live(&token));
}

/// A Heroku on localhost, and a home folder for the CLI's and Herokey's files. The keychain is the machine's own.
struct Machine {
    sandbox: Sandbox,
    home: PathBuf,
}

impl Machine {
    fn new(folder: &Path) -> Self {
        let http = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let sandbox = Sandbox::start(Config { http, ..Config::new(folder.join("repositories")) }).unwrap();
        sandbox.add_account(Account::new(ME));
        Self { sandbox, home: folder.to_owned() }
    }

    fn herokey(&self, arguments: &[&str], input: &str) -> Output {
        let test = std::env::current_exe().unwrap();
        let program =
            test.ancestors().nth(2).unwrap().join(format!("herokey{}", std::env::consts::EXE_SUFFIX));
        self.run(Command::new(program).args(arguments), input)
    }

    fn heroku(&self, arguments: &[&str]) -> Output {
        let cli = Path::new(env!("CARGO_MANIFEST_DIR")).join("heroku-cli/node_modules/heroku/bin/run.js");
        self.run(Command::new("node").arg(cli).args(arguments), "")
    }

    fn run(&self, command: &mut Command, input: &str) -> Output {
        let address = self.sandbox.http_url().unwrap();
        for name in ["HEROKU_HOST", "HEROKU_LOGIN_HOST", "HEROKU_PARTICLEBOARD_URL"] {
            command.env(name, &address);
        }
        for name in ["USERPROFILE", "HEROKU_DATA_DIR"] {
            command.env(name, &self.home);
        }
        // HOME stays, because macOS keeps the login keychain in the real home folder.
        command.env("GIT_CONFIG_GLOBAL", self.home.join(".gitconfig"));
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("HEROKU_DISABLE_AUTOUPDATE", "1")
            .env_remove("HEROKU_API_KEY");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{input}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

/// What a program wrote to standard output or, if that is empty, to standard error.
fn text(output: &Output) -> String {
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
    if stdout.is_empty() { stderr } else { stdout }
}
