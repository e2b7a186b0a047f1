//! The `PasswordVault`, as Herokey uses it: over the real COM calls, with a stand-in behind them.

use herokey_tests::{ME, Tree, Windows};
use heroku_sandbox::{Account, Grant};

use crate::{OTHERS, netrc_of};

/// A Windows on which a token, which is returned, is in the vault.
fn with_vault() -> Option<(Windows, String)> {
    let windows = Windows::new()?;
    let token = windows.world().sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    windows.herokey_program().args(["login", "--method", "token"]).input(token.as_str()).run().ok();
    assert_eq!(windows.status()["token"]["source"], "keychain");
    Some((windows, token))
}

#[track_caller]
fn assert_not_in_files(windows: &Windows, token: &str) {
    assert_eq!(Tree::of(&windows.profile()).files_containing(token), [""; 0].map(std::path::Path::new));
}

#[test]
fn keeps_the_token_of_a_login() {
    let Some((windows, token)) = with_vault() else { return };
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
    assert_eq!(
        windows.file("AppData/Local/heroku/login.json").as_deref(),
        Some("{\"account\":\"me@example.com\"}\n")
    );
    let keychain = &windows.status()["stores"]["keychain"];
    assert_eq!(
        (&keychain["backend"], &keychain["state"]),
        (&"windows-password-vault".into(), &"available".into())
    );
    assert_eq!(windows.netrc(), None, "nothing in plain text");
    assert_not_in_files(&windows, &token);
    windows.herokey(["logout"]).ok();
    assert!(!windows.world().sandbox().is_live(&token));
    assert_eq!(windows.status()["stores"]["keychain"]["accounts"], serde_json::json!([]));
    assert_eq!(windows.file("AppData/Local/heroku/login.json"), None);
}

#[test]
fn a_token_moves_in_and_out() {
    let Some((windows, token)) = with_vault() else { return };
    windows.write_file("_netrc", OTHERS);
    let moved = windows.herokey(["move", "netrc"]);
    moved.ok();
    assert!(moved.stderr.contains("plain text: any program you run can read it"), "{moved}");
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));
    assert_eq!(windows.status()["stores"]["keychain"]["accounts"], serde_json::json!([]));
    windows.herokey(["move", "keychain"]).ok();
    assert_eq!(windows.netrc().as_deref(), Some(OTHERS));
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
    assert_not_in_files(&windows, &token);
    assert!(windows.world().sandbox().is_live(&token));
}

#[test]
fn a_new_token_replaces_the_old_one() {
    let Some((windows, old)) = with_vault() else { return };
    windows.herokey(["regenerate"]).ok();
    let new = windows.herokey(["token"]).ok().trim_end().to_owned();
    let live = windows.world().sandbox().live_tokens();
    assert!(new != old && live.len() == 1 && windows.world().sandbox().is_live(&new), "{live:?}");
    assert_eq!(windows.status()["stores"]["keychain"]["accounts"].as_array().unwrap().len(), 1);
}

#[test]
fn has_an_entry_for_each_account() {
    let Some((windows, token)) = with_vault() else { return };
    let sandbox = windows.world().sandbox();
    sandbox.add_account(Account::new("other@example.com"));
    let others = sandbox.issue_token("other@example.com", Grant::Authorization, None).unwrap();
    windows.herokey_program().args(["login", "--method", "token"]).input(others.as_str()).run().ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), others);
    windows.herokey(["use", ME]).ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
    assert!(sandbox.is_live(&token) && sandbox.is_live(&others));
}

#[test]
fn a_forgotten_entry_comes_back() {
    let Some((windows, token)) = with_vault() else { return };
    let forgotten = windows.herokey(["forget", "keychain"]);
    forgotten.ok();
    assert_eq!(windows.herokey(["token"]).code(), Some(3));
    windows.herokey(["doctor", "--undo"]).ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
    assert_not_in_files(&windows, &token);
}

#[test]
fn a_full_vault_loses_nothing() {
    let Some((windows, token)) = with_vault() else { return };
    let sandbox = windows.world().sandbox();
    let login = |number| {
        let email = format!("other-{number}@example.com");
        sandbox.add_account(Account::new(&email));
        let token = sandbox.issue_token(&email, Grant::Authorization, None).unwrap();
        windows.herokey_program().args(["login", "--method", "token"]).input(token).run()
    };
    for number in 1..20 {
        login(number).ok();
    }
    let refused = login(20);
    assert!(refused.failed_with(5).contains("[keychain-failed]"), "{refused}");
    assert_eq!(windows.netrc(), None, "no plain text behind the user's back");
    windows.herokey(["use", ME]).ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
}

#[test]
fn passes_the_contract_of_all_keychains() {
    let Some(windows) = Windows::new() else { return };
    let Some(tests) = windows.core_tests() else { return };
    let ran = tests
        .args(["--exact", "--nocapture", "stores::keychain::tests::this_systems_keychain_keeps_the_contract"])
        .env("HEROKEY_TEST_KEYCHAIN", "real")
        .run();
    assert!(ran.ok().contains("1 passed") && !ran.to_string().contains("SKIPPED"), "{ran}");
}
