//! Moving a token between netrc and the keychain. The real tools show where it is.

use herokey_tests::{FTP_RECORD, ME, World, netrc_record};
use heroku_sandbox::Grant;

/// Logs in with the Heroku CLI so that the token is in netrc, next to another service's record.
fn in_netrc(world: &mut World) -> String {
    world.write_file(".netrc", FTP_RECORD);
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.heroku_login(ME);
    world.set_env("HEROKU_NETRC_WRITE", "");
    world.heroku(["auth:token"]).ok().to_owned()
}

#[test]
fn from_netrc_to_the_keychain_and_back() {
    let mut world = World::desktop();
    let token = in_netrc(&mut world);
    let before = world.netrc().unwrap();
    assert!(world.problem_codes().contains(&"netrc-plain-token".to_owned()));

    let moved = world.herokey(["move", "keychain"]);
    assert_eq!(moved.ok(), "", "results only on standard output");
    assert!(moved.stderr.contains("Your token has moved to the keychain."), "{moved}");
    assert!(moved.stderr.contains("curl -n now finds no token."), "{moved}");
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.keyring().items().len(), 1);
    assert!(!world.netrc().unwrap().contains(&token), "nothing in plain text");
    assert_eq!(world.tree().files_containing(&token), [""; 0].map(std::path::Path::new));
    let fill = world.git_credential_fill();
    assert!(fill.ok().contains(&token), "git finds it: {fill}");

    let back = world.herokey(["move", "netrc"]);
    assert!(back.stderr.contains("plain text: any program you run can read it"), "{back}");
    assert!(back.stderr.contains("HEROKU_NETRC_WRITE=true"), "{back}");
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.login_json(), None);
    let account = format!("https://{}/account", world.api_host());
    assert!(world.curl(["--netrc", &account]).ok().contains(ME));
    let after = world.netrc().unwrap();
    assert!(before.contains("machine ftp.example.com") && after.contains("machine ftp.example.com"));
    assert!(world.sandbox().is_live(&token), "nothing was revoked");
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut world = World::desktop();
    let token = in_netrc(&mut world);
    let before = world.tree();
    let plan = world.herokey(["move", "keychain", "--dry-run"]);
    assert!(plan.ok().contains("Store the token in the keychain and read it back"), "{plan}");
    assert!(plan.ok().contains("Remove the token from ~/.netrc"), "{plan}");
    assert!(!plan.ok().contains(&token));
    assert_eq!(before.changes(&world.tree()), [""; 0]);
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn removes_only_the_moved_token() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let (api, git) = (world.api_host(), world.git_host());
    let theirs = netrc_record(&git, "bot@example.com", "HRKU-fake-of-another-bot");
    world.write_file(".netrc", &format!("{FTP_RECORD}{}{theirs}", netrc_record(&api, ME, &token)));
    let moved = world.herokey(["move", "keychain"]);
    moved.ok();
    assert!(moved.stderr.contains(&format!("~/.netrc still has another record for {git}.")), "{moved}");
    assert!(moved.stderr.contains("git uses another token"), "{moved}");
    assert_eq!(world.netrc().unwrap(), format!("{FTP_RECORD}{theirs}"));
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

#[test]
fn also_moves_a_record_that_the_cli_cannot_read() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let api = world.api_host();
    world.write_file(".netrc", &format!("machine {api}\nlogin whoever\npassword {token}\n"));
    world.heroku(["whoami"]).failed_with(100);
    world.herokey(["move", "keychain"]).ok();
    assert_eq!(world.heroku(["whoami"]).ok(), ME, "Heroku was asked whose token it is");
    assert_eq!(world.netrc().as_deref(), Some(""));
}

#[test]
fn refuses_to_move_a_token_where_the_cli_would_not_find_it() {
    let mut world = World::builder().keyring().without_program("secret-tool").build();
    let token = in_netrc(&mut world);
    let before = world.netrc();
    let refused = world.herokey(["move", "keychain"]);
    let output = refused.failed_with(1);
    assert!(output.contains("[cannot-move]") && output.contains("libsecret-tools"), "{output}");
    world.set_env("HEROKU_NETRC_WRITE", "true");
    let refused = world.herokey(["move", "keychain", "--dry-run"]);
    assert!(refused.failed_with(1).contains("HEROKU_NETRC_WRITE=true"), "{refused}");
    assert_eq!(world.netrc(), before);
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn reports_a_locked_keychain() {
    let mut world = World::desktop();
    let token = in_netrc(&mut world);
    world.keyring().lock();
    let before = world.netrc();
    let output = world.herokey(["move", "keychain"]);
    let output = output.failed_with(5);
    assert!(output.contains("[keychain-denied]") || output.contains("[keychain-locked]"), "{output}");
    assert_eq!(world.netrc(), before);
    assert_eq!(world.herokey(["token"]).ok(), token);
}

#[test]
fn refuses_to_overwrite_another_accounts_token() {
    let world = World::desktop();
    world.herokey_login(ME);
    let api = world.api_host();
    let theirs = netrc_record(&api, "bot@example.com", "HRKU-fake-of-another-bot");
    world.write_file(".netrc", &theirs);
    let refused = world.herokey(["move", "netrc"]);
    let output = refused.failed_with(1);
    assert!(output.contains("has a token for bot@example.com"), "{output}");
    assert_eq!(world.netrc(), Some(theirs));
    assert_eq!(world.keyring().items().len(), 1);
    world.herokey(["forget", "netrc"]).ok();
    assert_eq!(world.netrc().as_deref(), Some(""));
    world.herokey(["move", "netrc"]).ok();
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn removes_a_second_copy() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let api = world.api_host();
    world.write_file(".netrc", &format!("{FTP_RECORD}{}", netrc_record(&api, ME, &token)));
    let moved = world.herokey(["move", "keychain"]);
    moved.ok();
    assert!(moved.stderr.contains("the copy in ~/.netrc was removed"), "{moved}");
    assert_eq!(world.netrc().as_deref(), Some(FTP_RECORD));
    let again = world.herokey(["move", "keychain"]);
    assert!(again.stderr.contains("and nowhere else"), "{again}");
}

#[test]
fn moves_a_token_that_heroku_netrc_write_hides() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.heroku(["whoami"]).failed_with(100);
    world.herokey(["move", "netrc"]).ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.login_json(), None);
}

#[test]
fn forgetting_revokes_nothing() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let forgot = world.herokey(["forget", "keychain"]);
    forgot.ok();
    assert!(forgot.stderr.contains("the last copy on this machine. The token stays valid"), "{forgot}");
    let items = world.keyring().items();
    assert!(
        items.iter().all(|item| item.label == "Herokey"),
        "what is kept for `--undo`, and no more: {items:?}"
    );
    assert_eq!(world.login_json(), None);
    assert!(world.sandbox().is_live(&token));
    world.heroku(["whoami"]).failed_with(100);
    world.herokey(["forget", "keychain"]).failed_with(3);
    let nothing = world.herokey(["forget", "netrc"]);
    nothing.ok();
    assert_eq!(nothing.stderr.trim(), "~/.netrc has no Heroku records.");
}

#[test]
fn links_an_orphaned_entry() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    std::fs::remove_file(world.home().join(".local/share/heroku/login.json")).unwrap();
    world.heroku(["whoami"]).failed_with(100);
    assert!(world.problem_codes().contains(&"keychain-orphan".to_owned()));
    world.herokey(["link", "nobody@example.com"]).failed_with(3);
    world.herokey(["link", ME]).ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}
