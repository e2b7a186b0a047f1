//! Tests with `tests/stand-in/security`, which behaves like the real program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::base::error::Code;
use crate::base::token::Token;
use crate::base::waits::Waits;
use crate::stores::keychain::{Keychain, SERVICE, backend, contract};

struct Machine {
    folder: tempfile::TempDir,
    env: Env,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = Env::new([
            ("PATH", std::env::var_os("PATH").unwrap()),
            ("SECURITY_STAND_IN", folder.path().as_os_str().to_owned()),
        ]);
        Self { folder, env }
    }

    fn security(&self) -> Security {
        Security::new(repository().join("tests/stand-in/security"), &self.env, Duration::from_secs(20))
    }

    fn keychain(&self) -> Keychain {
        Keychain {
            store: backend::store(self.security()),
            timeout: Duration::from_secs(20),
            waits: Waits::default(),
        }
    }

    fn refuse(&self, code: i32) {
        fs::write(self.folder.path().join("refuse"), code.to_string()).unwrap();
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("calls")).unwrap()
    }

    /// Runs JavaScript in which `cli` is the pinned Heroku CLI's own code for macOS, beside `account` and `token`.
    fn cli(&self, account: &str, token: &str, script: &str) -> String {
        let handler = repository().join(
            "tests/heroku-cli/node_modules/@heroku-cli/command/lib/credential-manager-core/credential-handlers/macos-handler.js",
        );
        let script = format!(
            "const {{ MacOSHandler }} = await import(process.argv[1]); const cli = new MacOSHandler();
             const [account, token] = process.argv.slice(2); {script}"
        );
        let path = std::env::join_paths(
            [repository().join("tests/stand-in")]
                .into_iter()
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let output = Command::new("node")
            .args(["--input-type=module", "-e", &script])
            .arg(format!("file://{}", handler.display()))
            .args([account, token])
            .env("PATH", path.unwrap())
            .env("SECURITY_STAND_IN", self.folder.path())
            .env("SECURITY_TAKES_ARGUMENTS", "1")
            .output()
            .expect("node runs: `cargo xtask setup` reports what is missing");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn token(text: &str) -> Token {
    Token::parse(&format!("HRKU-fake-{text}")).unwrap()
}

#[test]
fn it_keeps_the_contract_and_no_token_is_in_an_argument() {
    let machine = Machine::new();
    contract::check(&machine.keychain());
    assert!(!machine.calls().contains("HRKU-"));
    assert!(machine.calls().contains("[\"-i\"]"));
}

#[test]
fn the_stand_in_refuses_a_token_in_an_argument() {
    let machine = Machine::new();
    let arguments =
        ["add-generic-password", "-U", "-a", "me@example.com", "-s", SERVICE, "-w", "HRKU-fake-one"];
    let Err(error) = machine.security().run(&arguments) else { panic!("it was accepted") };
    assert!(error.to_string().contains("97"), "{error}");
}

#[test]
fn the_cli_reads_what_herokey_writes_and_the_other_way_round() {
    let machine = Machine::new();
    let keychain = machine.keychain();
    for account in ["me@example.com", "o'brien+tag@example.com", "two words@example.com", "kůň@example.com"]
    {
        keychain.set(account, &token("from-herokey")).unwrap();
        let read = machine.cli(account, "", "console.log(cli.getAuth(account, 'heroku-cli'))");
        assert_eq!(read, "HRKU-fake-from-herokey", "{account}");
        machine.cli(
            account,
            "HRKU-fake-from-heroku",
            "cli.saveAuth({ account, token, service: 'heroku-cli' })",
        );
        assert_eq!(keychain.get(account).unwrap(), Some(token("from-heroku")), "{account}");
        assert_eq!(keychain.entries().unwrap().len(), 1, "one entry of {account}");
        machine.cli(account, "", "cli.removeAuth(account, 'heroku-cli')");
        assert_eq!(keychain.entries().unwrap(), [], "{account}");
    }
}

#[test]
fn each_exit_code_has_its_error_code() {
    let machine = Machine::new();
    let keychain = machine.keychain();
    keychain.set("me@example.com", &token("one")).unwrap();
    for (exit, code) in [
        (36, Code::KeychainLocked),
        (51, Code::KeychainDenied),
        (128, Code::KeychainDenied),
        (37, Code::KeychainMissing),
        (50, Code::KeychainMissing),
        (1, Code::KeychainFailed),
    ] {
        machine.refuse(exit);
        let failures = [
            keychain.get("me@example.com").map(drop).unwrap_err(),
            keychain.set("me@example.com", &token("two")).unwrap_err(),
            keychain.remove("me@example.com").map(drop).unwrap_err(),
        ];
        for failure in failures {
            assert_eq!(failure.code, code, "exit code {exit}: {failure}");
            assert!(!failure.to_string().contains("HRKU"), "{failure}");
        }
        assert!(machine.security().unlock().is_err());
    }
    fs::remove_file(machine.folder.path().join("refuse")).unwrap();
    machine.security().unlock().unwrap();
    assert_eq!(keychain.get("me@example.com").unwrap(), Some(token("one")), "nothing was changed");
}

#[test]
fn a_missing_program_and_a_timeout_have_different_error_codes() {
    let env = Env::new([("PATH", "/usr/bin:/bin")]);
    let none = Security::new("/nonexistent/security", &env, Duration::from_secs(20));
    let keychain =
        Keychain { store: backend::store(none), timeout: Duration::from_secs(20), waits: Waits::default() };
    assert_eq!(keychain.get("me@example.com").unwrap_err().code, Code::KeychainMissing);

    let folder = tempfile::tempdir().unwrap();
    let silent = folder.path().join("security");
    fs::write(&silent, "#!/bin/sh\nexec sleep 100\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&silent, mode).unwrap();
    let security = Security::new(silent, &env, Duration::from_millis(100));
    let keychain = Keychain {
        store: backend::store(security),
        timeout: Duration::from_secs(20),
        waits: Waits::default(),
    };
    assert_eq!(keychain.get("me@example.com").unwrap_err().code, Code::KeychainTimeout);
}

#[test]
fn a_line_break_never_gets_into_a_command_line() {
    let machine = Machine::new();
    for account in ["me@example.com\n", "me\r@example.com", "me@example.com\0", &"x".repeat(5000)] {
        assert_eq!(
            machine.keychain().set(account, &token("one")).unwrap_err().code,
            Code::KeychainFailed,
            "{account:?}"
        );
    }
    assert!(!machine.folder.path().join("calls").exists(), "the program did not start");
}

#[test]
fn accounts_are_parsed_from_the_dump() {
    let dump = "keychain: \"/Users/me/Library/Keychains/login.keychain-db\"\nversion: 512\nclass: \"genp\"\nattributes:\n    \
                0x00000007 <blob>=\"heroku-cli\"\n    \"acct\"<blob>=\"a \"quoted\" one@example.com\"\n    \
                \"svce\"<blob>=\"heroku-cli\"\nkeychain: \"/x\"\nversion: 512\nclass: \"genp\"\nattributes:\n    \
                \"acct\"<blob>=0x6B75CC8A40782E65  \"ku\\314\\212@x.e\"\n    \"svce\"<blob>=\"heroku-cli\"\nkeychain: \"/x\"\n\
                version: 512\nclass: \"genp\"\nattributes:\n    \"acct\"<blob>=<NULL>\n    \"svce\"<blob>=\"heroku-cli\"\n\
                keychain: \"/y\"\nversion: 512\nclass: \"genp\"\nattributes:\n    \"acct\"<blob>=\"other@example.com\"\n    \
                \"svce\"<blob>=\"heroku-cli-old\"\nkeychain: \"/y\"\nversion: 512\nclass: \"inet\"\nattributes:\n    \
                \"acct\"<blob>=\"web@example.com\"\n    \"svce\"<blob>=\"heroku-cli\"\n";
    assert_eq!(accounts(dump, "heroku-cli"), ["a \"quoted\" one@example.com", "ku\u{30a}@x.e"]);
    assert_eq!(accounts("", "heroku-cli"), Vec::<String>::new());
}

/// What `security -i` does with its input, as its source says (`SecurityTool/macOS/security.m`: `main`, `split_line`;
/// `readline.c`).
#[test]
fn the_stand_in_reads_commands_as_apples_program_does() {
    let add = "add-generic-password -U -s heroku-cli";
    for (words, account, secret) in [
        ("-a plain -w one", "plain", "one"),
        // A blank of any kind ends a word, and several count as one.
        (" \t-a\x0b\x0cplain \r -w  one ", "plain", "one"),
        // Within either quotation mark, the other one and blanks are ordinary.
        (r#"-a "it's me" -w 'say "hi"'"#, "it's me", r#"say "hi""#),
        // A backslash takes the next character as it is, in quotation marks too.
        (r#"-a a\ b\\c -w "d\"e\\f""#, r"a b\c", r#"d"e\f"#),
        (r"-a 'a\'b' -w \'one\'", "a'b", "'one'"),
        // A quotation mark within a word is ordinary, and one that closes ends the word even without a blank.
        (r#"-a o'brien -w "one""#, "o'brien", "one"),
        (r#"-a"x" -w one"#, "\"x\"", "one"),
        (r#""-a"'plain'"-w""one"#, "plain", "one"),
        // What is not closed ends with the line.
        (r#"-a plain -w "one two"#, "plain", "one two"),
        (r#"-a "" -w "one""#, "", "one"),
    ] {
        let machine = Machine::new();
        let line = Zeroizing::new(format!("{add} {words}\n").into_bytes());
        machine.security().run_with_input(&["-i"], line).unwrap();
        let read =
            machine.security().run(&["find-generic-password", "-a", account, "-s", SERVICE, "-w"]).unwrap();
        assert_eq!(String::from_utf8_lossy(&read.stdout), format!("{secret}\n"), "{words}");
    }
}

#[test]
fn the_stand_in_exits_as_apples_program_does() {
    let machine = Machine::new();
    let run = |input: &str| {
        let answer = machine.security().run_with_input(&["-i"], Zeroizing::new(input.as_bytes().to_vec()));
        answer.map(drop).map_err(|error| match error {
            Error::NoEntry => "exit status: 44".to_owned(),
            error => error.to_string(),
        })
    };
    let missing = "delete-generic-password -a nobody -s heroku-cli\n";
    assert!(run(missing).unwrap_err().contains("exit status: 44"));
    assert_eq!(run(&format!("{missing}\n")), Ok(()), "the last command counts, and an empty one succeeds");
    assert!(run(&format!("\n{missing}")).is_err());
    assert_eq!(run(missing.trim_end()), Ok(()), "a line without an end is not run");
    assert!(run("add-generic-password -a me\n").unwrap_err().contains("exit status: 2"), "usage");
    assert!(run("no-such-command\n").unwrap_err().contains("exit status: 1"));
    assert!(run("add-generic-password -a me -s heroku-cli -w one\n").is_ok());
    assert!(
        run("add-generic-password -a me -s heroku-cli -w two\n").unwrap_err().contains("exit status: 45")
    );
}
