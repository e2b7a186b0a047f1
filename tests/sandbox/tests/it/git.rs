use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use heroku_sandbox::{Fault, FaultRule, Grant};

use crate::{Fixture, ME, fixture};

fn git(fixture: &Fixture, folder: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "protocol.version=2"])
        .args(arguments)
        .current_dir(folder)
        .env("HOME", fixture.folder.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .unwrap()
}

fn remote(fixture: &Fixture, app: &str, password: &str) -> String {
    let port = fixture.sandbox.http_address().unwrap().port();
    format!("http://heroku:{password}@localhost:{port}/{app}.git")
}

/// A working copy whose one commit exceeds `http.postBuffer`, so that git pushes it in chunks.
fn working_copy(fixture: &Fixture) -> std::path::PathBuf {
    let folder = fixture.folder.path().join("app");
    std::fs::create_dir(&folder).unwrap();
    // Three megabytes of pseudorandom hex, which hardly compresses.
    let mut content = String::new();
    let mut number: u64 = 1;
    for _ in 0..200_000 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        writeln!(content, "{number:x}").unwrap();
    }
    std::fs::write(folder.join("content"), content).unwrap();
    for arguments in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "First"]] {
        assert!(git(fixture, &folder, arguments).status.success());
    }
    folder
}

#[test]
fn a_token_allows_a_push_and_a_clone() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let folder = working_copy(&fixture);
    let remote = remote(&fixture, "my-app", &token);
    let pushed = git(&fixture, &folder, &["push", &remote, "main"]);
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let cloned = git(&fixture, fixture.folder.path(), &["clone", "-q", &remote, "copy"]);
    assert!(cloned.status.success(), "{}", String::from_utf8_lossy(&cloned.stderr));
    let copy = std::fs::read(fixture.folder.path().join("copy/content")).unwrap();
    assert!(copy == std::fs::read(folder.join("content")).unwrap());
}

#[test]
fn an_invalid_token_or_app_name_creates_no_repository() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    for (app, password, expected) in
        [("my-app", "invalid", "Authentication failed"), ("Bad", &token, "not found")]
    {
        let refused = git(&fixture, fixture.folder.path(), &["ls-remote", &remote(&fixture, app, password)]);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && message.contains(expected), "{message}");
    }
    let repositories = std::fs::read_dir(fixture.folder.path().join("repositories")).unwrap();
    assert_eq!(repositories.count(), 0);
}

#[test]
fn faults_apply_to_git() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    fixture.sandbox.add_fault(FaultRule::once("*/info/refs", Fault::DropBefore));
    let address = remote(&fixture, "my-app", &token);
    // git's first request has no credential, and the fault applies to it.
    assert!(!git(&fixture, fixture.folder.path(), &["ls-remote", &address]).status.success());
    assert!(git(&fixture, fixture.folder.path(), &["ls-remote", &address]).status.success());
}
