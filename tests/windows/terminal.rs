//! What a user does with `herokey.exe` in a terminal.

use herokey_tests::{ME, PATIENCE, Tree, Windows};
use heroku_sandbox::{Account, Decision, Grant};

use crate::{OTHERS, netrc_of, with_netrc};

#[test]
fn logs_in_with_the_browser_and_out_again() {
    let Some(windows) = Windows::without_vault() else { return };
    let world = windows.world();
    windows.write_file("_netrc", OTHERS);
    assert_eq!(windows.herokey(["token"]).code(), Some(3));

    let login = windows.herokey_program().arg("login").start();
    world.approve(&world.browser().wait_for_address(), ME);
    let login = login.finish();
    login.ok();
    assert!(login.stderr.contains("Logged in as me@example.com."), "{login}");
    let token = windows.herokey(["token"]).ok().trim_end().to_owned();
    assert!(world.sandbox().is_live(&token));
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));
    let status = windows.herokey(["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(status.ok()).unwrap();
    assert_eq!((&status["account"], &status["token"]["valid"]), (&ME.into(), &true.into()), "{status}");
    assert_eq!(status["token"]["source"], "netrc", "{status}");
    assert_eq!(status["stores"]["netrc"]["path"], r"C:\users\Zoë Nováková\_netrc", "{status}");

    windows.herokey(["logout"]).ok();
    assert!(!world.sandbox().is_live(&token));
    assert_eq!(windows.netrc().as_deref(), Some(OTHERS));
    assert_eq!(Tree::of(&windows.profile()).files_containing(&token), [""; 0].map(std::path::Path::new));
    assert_eq!(windows.herokey(["token"]).code(), Some(3));
}

#[test]
fn prints_the_address_to_sign_in_on_where_no_browser_should_open() {
    let Some(windows) = Windows::new() else { return };
    let world = windows.world();
    let login = windows.herokey_program().args(["login", "--no-browser"]).start();
    login.wait_for("Open this page in a browser and sign in:");
    let pending = world.sandbox().wait_for_login(PATIENCE).expect("a login waits");
    login.wait_for(&pending.browser_path);
    world.sandbox().decide_login(pending.id, Decision::Approve(ME.to_owned())).unwrap();
    login.finish().ok();
    assert_eq!(windows.status()["account"], ME);
    // A browser would have started long before.
    assert_eq!(world.browser().address_within(std::time::Duration::ZERO), None);
}

#[test]
fn logs_in_with_what_is_piped_with_windows_line_ends() {
    let Some(windows) = Windows::new() else { return };
    let sandbox = windows.world().sandbox();
    let password = Some("fake-password".to_owned());
    let second_factor = Some("123456".to_owned());
    sandbox.add_account(Account { password, second_factor, ..Account::new(ME) });
    let login = |method, input: &str| {
        windows.herokey_program().args(["login", "--method", method]).input(input).run()
    };
    login("password", "me@example.com\r\nfake-password\r\n123456\r\n").ok();
    let first = windows.herokey(["token"]).ok().trim_end().to_owned();
    assert!(sandbox.is_live(&first));
    let token = sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    login("token", &format!("{token}\r\n")).ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
    assert!(login("password", "me@example.com\r\nwrong\r\n").failed_with(4).contains("[password-refused]"));
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
}

#[test]
fn regenerates_every_copy_byte_for_byte() {
    let Some((windows, old)) = with_netrc() else { return };
    let before = windows.netrc().unwrap();
    let account = format!("username: {ME}\r\npassword: {old}\r\n");
    windows.write_file(".config/heroku/accounts/me", &account);
    let done = windows.herokey(["regenerate"]);
    done.ok();
    let new = windows.herokey(["token"]).ok().trim_end().to_owned();
    assert!(
        new != old && windows.world().sandbox().is_live(&new) && !windows.world().sandbox().is_live(&old)
    );
    assert!(!done.to_string().contains(&new) && !done.to_string().contains(&old), "{done}");
    assert_eq!(windows.netrc().unwrap(), before.replace(&old, &new));
    assert_eq!(windows.file(".config/heroku/accounts/me").unwrap(), account.replace(&old, &new));
}

#[test]
fn answers_git_and_only_for_heroku() {
    let Some((windows, token)) = with_netrc() else { return };
    let ask = |host: &str| {
        let input = format!("protocol=https\nhost={host}\n\n");
        windows.herokey_program().args(["git-credential", "get"]).input(input).run()
    };
    let answer = ask("git.heroku.com");
    assert!(answer.ok().contains(&format!("password={token}")), "{answer}");
    assert!(!answer.stdout.contains('\r'), "git takes a carriage return for a part of the value: {answer:?}");
    assert_eq!(ask("github.com").ok(), "");
}

#[test]
fn switches_accounts() {
    let Some((windows, token)) = with_netrc() else { return };
    let sandbox = windows.world().sandbox();
    sandbox.add_account(Account::new("other@example.com"));
    let others = sandbox.issue_token("other@example.com", Grant::Authorization, None).unwrap();
    for (name, email, token) in [("me", ME, &token), ("other", "other@example.com", &others)] {
        let file = format!("username: {email}\npassword: {token}\n");
        windows.write_file(&format!(".config/heroku/accounts/{name}"), &file);
    }
    let accounts = windows.herokey(["accounts"]);
    assert!(accounts.ok().contains(ME) && accounts.stdout.contains("other@example.com"), "{accounts}");
    windows.herokey(["use", "other@example.com"]).ok();
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), others);
    windows.herokey(["use", ME]).ok();
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));
    assert!(sandbox.is_live(&token) && sandbox.is_live(&others));
}

#[test]
fn says_that_there_is_no_keychain_and_changes_nothing() {
    let Some((windows, token)) = with_netrc() else { return };
    let moved = windows.herokey(["move", "keychain"]);
    assert!(moved.failed_with(5).contains("[keychain-missing]"), "{moved}");
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));
    assert_eq!(windows.status()["stores"]["keychain"]["state"], "missing");
}
