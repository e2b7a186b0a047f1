use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use heroku_sandbox::{Fault, FaultRule, Grant};

use crate::{ME, Place, place};

fn git(place: &Place, folder: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "protocol.version=2"])
        .args(arguments)
        .current_dir(folder)
        .env("HOME", place.folder.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .unwrap()
}

fn remote(place: &Place, app: &str, password: &str) -> String {
    let port = place.sandbox.http_address().unwrap().port();
    format!("http://heroku:{password}@localhost:{port}/{app}.git")
}

/// A working copy whose one commit is larger than what git sends in one piece.
fn working_copy(place: &Place) -> std::path::PathBuf {
    let folder = place.folder.path().join("app");
    std::fs::create_dir(&folder).unwrap();
    // Text that hardly compresses: three megabytes of a multiplicative sequence in hexadecimal.
    let mut content = String::new();
    let mut number: u64 = 1;
    for _ in 0..200_000 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        writeln!(content, "{number:x}").unwrap();
    }
    std::fs::write(folder.join("content"), content).unwrap();
    for arguments in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "First"]] {
        assert!(git(place, &folder, arguments).status.success());
    }
    folder
}

#[test]
fn a_push_and_a_clone_with_a_token_carry_everything() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let folder = working_copy(&place);
    let remote = remote(&place, "my-app", &token);
    let pushed = git(&place, &folder, &["push", &remote, "main"]);
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let cloned = git(&place, place.folder.path(), &["clone", "-q", &remote, "copy"]);
    assert!(cloned.status.success(), "{}", String::from_utf8_lossy(&cloned.stderr));
    let copy = std::fs::read(place.folder.path().join("copy/content")).unwrap();
    assert!(copy == std::fs::read(folder.join("content")).unwrap());
}

#[test]
fn a_dead_token_and_a_bad_name_are_refused_and_make_no_repository() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    for (app, password, says) in [("my-app", "dead", "Authentication failed"), ("Bad", &token, "not found")] {
        let refused = git(&place, place.folder.path(), &["ls-remote", &remote(&place, app, password)]);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && message.contains(says), "{message}");
    }
    let repositories = std::fs::read_dir(place.folder.path().join("repositories")).unwrap();
    assert_eq!(repositories.count(), 0);
}

#[test]
fn faults_reach_git_too() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    place.sandbox.add_fault(FaultRule::once("*/info/refs", Fault::DropBefore));
    let address = remote(&place, "my-app", &token);
    // git asks without a credential first, so the fault meets that request.
    assert!(!git(&place, place.folder.path(), &["ls-remote", &address]).status.success());
    assert!(git(&place, place.folder.path(), &["ls-remote", &address]).status.success());
}
