//! Tokens in netrc that no program finds by itself: doctor names them, every action counts them as copies, and a fix makes
//! them readable or takes them out.

use herokey_tests::{FTP_RECORD, ME, World, netrc_record};
use heroku_sandbox::Grant;

use crate::doctor::cases::{OTHER, in_keychain};
use crate::doctor::find;

const HIDDEN: &str = "netrc-hidden-token";

/// The ways in which a record of Heroku's API can hide a token from the Heroku CLI, curl and git.
fn shapes(world: &World, token: &str) -> Vec<(&'static str, String)> {
    let (api, good) = (world.api_host(), netrc_record(&world.api_host(), ME, token));
    let flat = format!("machine {api}\nlogin {ME}\npassword {token}\n");
    let comment = format!("# machine {api}\n#   login {ME}\n#   password {token}\n");
    vec![
        ("an empty record first", format!("machine {api}\n  login \n  password \n{good}")),
        ("an empty record on one line first", format!("machine {api} login  password \n{good}")),
        ("a record without a password first", format!("machine {api}\n  login {ME}\n{good}")),
        ("`default` first", format!("default login any password fake-default\n{flat}")),
        ("after a syntax error", format!("machine ftp2.example login anna password \"open\n{flat}")),
        ("in a comment", comment),
    ]
}

#[test]
fn doctor_finds_it_and_the_tools_do_not() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    for (shape, records) in shapes(&world, &token) {
        world.write_file(".netrc", &format!("{FTP_RECORD}{records}"));
        let line = 1 + world.netrc().unwrap().lines().position(|line| line.contains(&token)).unwrap();
        assert!(!world.heroku(["auth:token"]).stdout.contains(&token), "{shape}");
        let found = find(&world, HIDDEN).unwrap_or_else(|| panic!("{shape}: not found\n{records}"));
        let message = found["message"].as_str().unwrap();
        assert!(message.contains(&format!("in line {line} ")), "{shape}: {message}");
        assert!(
            message.contains(&token[token.len() - 4..]) && !message.contains(&token),
            "{shape}: {message}"
        );
    }
}

#[test]
fn a_fix_makes_it_readable_and_undo_restores_every_byte() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    for (shape, records) in shapes(&world, &token) {
        let before = format!("{FTP_RECORD}{records}");
        world.write_file(".netrc", &before);
        let fixed = world.herokey(["doctor", "--offline", "--fix", HIDDEN]);
        fixed.ok();
        assert_eq!(world.heroku(["auth:token"]).ok(), token, "{shape}: {fixed}");
        assert!(world.netrc().unwrap().contains(FTP_RECORD.trim_end()), "{shape}");
        while herokey_core::ledger::undo::last(&world.env()).is_ok() {
            world.herokey(["doctor", "--undo"]).ok();
        }
        assert_eq!(world.netrc().unwrap(), before, "{shape}");
    }
}

#[test]
fn with_another_token_in_use_a_fix_takes_it_out() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    for (shape, records) in shapes(&world, OTHER) {
        let before = format!("{FTP_RECORD}{records}");
        world.write_file(".netrc", &before);
        world.herokey(["doctor", "--offline", "--fix", HIDDEN]).ok();
        let after = world.netrc().unwrap();
        assert!(!after.contains(OTHER) && after.contains(FTP_RECORD.trim_end()), "{shape}: {after}");
        assert!(find(&world, HIDDEN).is_none(), "{shape}");
        assert_eq!(world.heroku(["auth:token"]).ok(), token, "{shape}");
        world.herokey(["doctor", "--undo"]).ok();
        assert_eq!(world.netrc().unwrap(), before, "{shape}");
    }
}

/// The Heroku CLI takes the quotes for a password.
#[test]
fn a_record_with_empty_quotes_hides_it_too() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let quotes = format!("machine {}\n  login \"\"\n  password \"\"\n", world.api_host());
    world.write_file(".netrc", &format!("{quotes}{}", netrc_record(&world.api_host(), ME, &token)));
    assert_eq!(world.heroku(["auth:token"]).stdout.trim(), "\"\"");
    world.herokey(["doctor", "--offline", "--fix", HIDDEN]).ok();
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

/// Nobody is logged in, and yet there is a token to revoke.
#[test]
fn logout_ends_it() {
    let world = World::desktop();
    for shape in 0..shapes(&world, "").len() {
        let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
        let (shape, records) = shapes(&world, &token).swap_remove(shape);
        world.write_file(".netrc", &format!("{FTP_RECORD}{records}"));
        let told = world.herokey(["logout"]);
        assert!(!world.sandbox().is_live(&token), "{shape}: {told}");
        let is_left = world.netrc().unwrap().contains(&token);
        // What is not in a record stays, and the user learns of it.
        match told.code() {
            Some(0) => assert!(!is_left, "{shape}: {told}"),
            _ => assert!(told.failed_with(7).contains("~/.netrc") && is_left, "{shape}: {told}"),
        }
    }
}

#[test]
fn forget_and_a_local_logout_count_it() {
    let world = World::desktop();
    for command in [["forget", "netrc"].as_slice(), &["logout", "--local-only"]] {
        let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
        for (shape, records) in shapes(&world, &token) {
            world.write_file(".netrc", &format!("{FTP_RECORD}{records}"));
            let told = world.herokey(command.iter().copied());
            let is_left = world.netrc().unwrap().contains(&token);
            assert_eq!(told.code(), Some(if is_left { 7 } else { 0 }), "{shape}: {told}");
        }
    }
}

#[test]
fn regenerate_replaces_it() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    in_keychain(&world, &token);
    for shape in 0..shapes(&world, "").len() {
        let old = world.herokey(["token"]).ok().to_owned();
        let (shape, records) = shapes(&world, &old).swap_remove(shape);
        world.write_file(".netrc", &format!("{FTP_RECORD}{records}"));
        world.herokey(["regenerate"]).ok();
        let new = world.herokey(["token"]).ok().to_owned();
        assert_ne!(new, old);
        let netrc = world.netrc().unwrap();
        assert!(!netrc.contains(&old) && netrc.contains(&new), "{shape}: {netrc}");
        assert!(netrc.contains(FTP_RECORD.trim_end()), "{shape}: {netrc}");
    }
}

/// A record with another login is for `curl -u` and for git with a user name.
#[test]
fn a_record_behind_one_of_another_login_is_found() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let (api, other) = (world.api_host(), "other@example.com");
    world.write_file(
        ".netrc",
        &format!("{}{}", netrc_record(&api, ME, &token), netrc_record(&api, other, OTHER)),
    );
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    let found = find(&world, HIDDEN).expect("the second record is found");
    assert!(found["message"].as_str().unwrap().contains("behind another record"), "{found}");
    assert_eq!(found["safe"], false, "{found}");
    world.herokey(["doctor", "--offline", "--fix", HIDDEN]).ok();
    assert_eq!(world.netrc().unwrap(), netrc_record(&api, ME, &token));
}

/// What looks like a Heroku token in another program's record is that program's.
#[test]
fn other_hosts_keep_theirs() {
    let world = World::desktop();
    let records = format!(
        "machine ftp.example.com\n  login anna\n  password {OTHER}\n# machine b.example password {OTHER}\n\
         default login any password {OTHER}\n"
    );
    world.write_file(".netrc", &records);
    assert!(find(&world, HIDDEN).is_none());
}
