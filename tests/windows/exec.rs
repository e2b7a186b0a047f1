//! `herokey exec` on Windows: the command gets a token of its own, which is revoked at its end.

use herokey_tests::{Tree, Windows};

use crate::with_netrc;

#[track_caller]
fn assert_only(windows: &Windows, token: &str) {
    let live = windows.world().sandbox().live_tokens();
    assert_eq!(live.len(), 1, "{live:?}");
    assert!(windows.world().sandbox().is_live(token));
    let tree = Tree::of(&windows.profile());
    let left: Vec<_> = tree.paths().filter(|path| path.to_string_lossy().contains("/exec-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_command_has_a_token_of_its_own_and_ends_as_it_does() {
    let Some((windows, token)) = with_netrc() else { return };
    let script = "@echo off\r\necho token %HEROKU_API_KEY% for %1\r\nexit /b 7\r\n";
    windows.write_file("my scripts/deploy now.cmd", script);
    let path = r"C:\users\Zoë Nováková\my scripts\deploy now.cmd";
    let ran = windows.herokey_program().args(["exec", "--", path, "an app"]).run();
    assert_eq!(ran.code(), Some(7), "{ran}");
    let own = ran.stdout.strip_prefix("token ").and_then(|rest| rest.split_once(' ')).expect("a token").0;
    assert!(ran.stdout.contains("for \"an app\""), "{ran}");
    assert!(own.starts_with("HRKU-") && own != token, "{ran}");
    assert!(!windows.world().sandbox().is_live(own), "{ran}");
    assert_only(&windows, &token);
}

#[test]
fn nothing_is_made_for_a_command_that_cannot_start() {
    let Some((windows, token)) = with_netrc() else { return };
    let missing = windows.herokey(["exec", "--", "no-such-command"]);
    assert!(missing.failed_with(127).contains("there is no such command"), "{missing}");
    windows.write_file("data.exe", "no program");
    let refused = windows.herokey(["exec", "--", r".\data.exe"]);
    assert!(refused.failed_with(126).contains("cannot be started"), "{refused}");
    assert_only(&windows, &token);
}
