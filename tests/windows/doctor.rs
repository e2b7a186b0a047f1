//! Problems of a Windows machine: Herokey finds and fixes them, and undoing a fix restores every byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use herokey_tests::{ME, Tree, TreeEntry, Windows, netrc_record};
use serde_json::Value;

use crate::{OTHERS, netrc_of, with_netrc};

const OTHER: &str = "HRKU-fake-another-token-0123456789";

/// The problem with this code, if `doctor` finds it.
fn find(windows: &Windows, code: &str) -> Option<Value> {
    let report = windows.herokey(["doctor", "--offline", "--json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap_or_else(|_| panic!("no JSON: {report}"));
    report["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code).cloned()
}

/// The bytes of the user's files, except Herokey's own. Wine makes up their modes from access lists.
fn files(windows: &Windows) -> BTreeMap<PathBuf, Vec<u8>> {
    let tree = Tree::of(&windows.profile()).without("AppData/Local/Herokey");
    let bytes = |path: &Path| match tree.get(path.to_str()?)? {
        TreeEntry::File(_, bytes) => Some((path.to_owned(), bytes.clone())),
        _ => None,
    };
    tree.paths().filter_map(bytes).collect()
}

/// Fixes the problem, and then undoes that.
#[track_caller]
fn fixed_and_undone(windows: &Windows, code: &str, after_the_fix: impl FnOnce()) {
    let before = files(windows);
    assert!(find(windows, code).is_some(), "{code}");
    windows.herokey(["doctor", "--offline", "--fix", code]).ok();
    assert_eq!(find(windows, code), None);
    after_the_fix();
    windows.herokey(["doctor", "--undo"]).ok();
    if before != files(windows) {
        // A fix of two records is undone in two steps.
        windows.herokey(["doctor", "--undo"]).ok();
    }
    assert_eq!(before, files(windows), "{code}");
    assert!(find(windows, code).is_some(), "{code}");
}

#[test]
fn a_second_record_in_netrc() {
    let Some((windows, token)) = with_netrc() else { return };
    let twice = format!("{}{}", netrc_of(&token), netrc_record("api.heroku.com", ME, &token));
    windows.write_file("_netrc", &twice);
    fixed_and_undone(&windows, "netrc-duplicate", || assert_eq!(windows.netrc(), Some(netrc_of(&token))));
}

#[test]
fn a_netrc_saved_with_windows_line_ends() {
    let Some((windows, token)) = with_netrc() else { return };
    windows.write_file("_netrc", &netrc_of(&token).replace('\n', "\r\n"));
    assert_eq!(windows.herokey(["token"]).code(), Some(3), "the Heroku CLI cannot read it");
    fixed_and_undone(&windows, "netrc-cli-cannot-read", || {
        assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
        let netrc = windows.netrc().unwrap();
        assert!(netrc.starts_with(&OTHERS.replace('\n', "\r\n")), "{netrc:?}");
        assert!(!netrc.replace("\r\n", "").contains('\n'), "{netrc:?}");
    });
}

#[test]
fn hosts_with_different_tokens() {
    let Some((windows, token)) = with_netrc() else { return };
    let different = netrc_record("api.heroku.com", ME, &token) + &netrc_record("git.heroku.com", ME, OTHER);
    windows.write_file("_netrc", &different);
    // The other token is nowhere else, so Herokey keeps it in Credential Manager until the undo.
    fixed_and_undone(&windows, "netrc-hosts-differ", || {
        let netrc = windows.netrc().unwrap();
        assert!(netrc.matches(&token).count() == 2 && !netrc.contains(OTHER), "{netrc}");
    });
}

#[test]
fn a_powershell_profile_that_sets_an_api_key() {
    let Some((mut windows, token)) = with_netrc() else { return };
    let profiles =
        ["Documents/PowerShell/Microsoft.PowerShell_profile.ps1", "Documents/WindowsPowerShell/profile.ps1"];
    for path in profiles {
        let text =
            format!("\u{feff}# für mich\r\nImport-Module posh-git\r\n$env:HEROKU_API_KEY = '{OTHER}'\r\n");
        windows.write_file(path, &text);
        windows.set_env("HEROKU_API_KEY", OTHER);
        let found = find(&windows, "env-api-key-overrides").unwrap();
        assert!(found["message"].as_str().unwrap().contains("profile.ps1:3"), "{found}");
        assert!(!found.to_string().contains(OTHER), "{found}");
        let before = files(&windows);
        windows.herokey(["doctor", "--offline", "--fix", "env-api-key-overrides"]).ok();
        assert_eq!(windows.file(path), Some(text.replace("$env:", "# $env:")));
        // The next PowerShell does not set it.
        windows.set_env("HEROKU_API_KEY", "");
        assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
        windows.herokey(["doctor", "--undo"]).ok();
        assert_eq!(before, files(&windows));
        std::fs::remove_file(windows.profile().join(path)).unwrap();
    }
}

#[test]
fn an_api_key_in_the_registry() {
    let Some((windows, token)) = with_netrc() else { return };
    windows.set_registry(r"HKCU\Environment", "HEROKU_API_KEY", OTHER);
    assert_eq!(windows.cmd("echo %HEROKU_API_KEY%").ok().trim_end(), OTHER, "a new terminal has it");
    let found = find(&windows, "env-api-key-overrides").unwrap();
    assert!(found["message"].as_str().unwrap().contains(r"HKEY_CURRENT_USER\Environment"), "{found}");
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), OTHER);
    let login = windows.herokey(["login"]);
    assert!(login.failed_with(1).contains(r"HKEY_CURRENT_USER\Environment"), "{login}");
    assert!(!login.to_string().contains(OTHER), "{login}");
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));

    let fixed = windows.herokey(["doctor", "--offline", "--fix", "env-api-key-overrides"]);
    fixed.ok();
    assert!(!fixed.to_string().contains(OTHER), "{fixed}");
    assert_eq!(Tree::of(&windows.profile()).files_containing(OTHER), [""; 0].map(std::path::Path::new));
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
    windows.herokey(["doctor", "--undo"]).ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), OTHER);

    windows.herokey(["doctor", "--offline", "--fix", "env-api-key-overrides"]).ok();
    windows.set_registry(r"HKCU\Environment", "HEROKU_API_KEY", "a-newer-fake-key");
    let undone = windows.herokey(["doctor", "--undo"]);
    assert!(
        undone.failed_with(1).contains(r"HKEY_CURRENT_USER\Environment\HEROKU_API_KEY has changed since"),
        "{undone}"
    );
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), "a-newer-fake-key");
}

#[test]
fn a_variable_that_names_another_is_left_to_the_user() {
    let Some((windows, _)) = with_netrc() else { return };
    let add =
        ["add", r"HKCU\Environment", "/v", "HEROKU_API_KEY", "/t", "REG_EXPAND_SZ", "/d", "%USERNAME%", "/f"];
    windows.program("reg").args(add).run().ok();
    let found = find(&windows, "env-api-key-overrides").unwrap();
    let next_step = found["fix"].as_str().unwrap();
    assert!(next_step.starts_with("Remove HEROKU_API_KEY from"), "{found}");
}
