//! Attacks by a server that repeats the secrets of a request in its answers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use herokey_tests::{Finished, ME, Tree, World};
use heroku_sandbox::{Account, Fault, FaultRule, Grant};

const PASSWORD: &str = "fake-pass/word-0123";
const CODE: &str = "739154";

fn on_every_request(world: &World, status: u16) {
    world.sandbox().clear_faults();
    let fault = Fault::Echo { status };
    world.sandbox().add_fault(FaultRule { times: u32::MAX, ..FaultRule::once("*", fault) });
}

/// Fails if any part of a secret that reveals it is in the text, raw or encoded.
#[track_caller]
fn assert_hidden(secret: &str, place: &str, text: &str) {
    // 9 characters reveal nothing of a token, but show that more of it may come through elsewhere.
    let parts = secret.as_bytes().windows(secret.len().min(9));
    for part in parts {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!text.contains(part), "{place} shows {part:?}: {text}");
    }
    for text_before in ["", "Bearer ", &format!("{ME}:")] {
        let encoded = BASE64_STANDARD.encode(format!("{text_before}{secret}"));
        let end = &encoded[encoded.len().saturating_sub(16)..];
        assert!(!text.contains(end), "{place} shows {secret} in base64: {text}");
    }
}

#[track_caller]
fn assert_hidden_in_files(secret: &str, files: &Tree) {
    let found = files.files_containing(secret);
    assert!(found.is_empty(), "{secret} is in {found:?}");
}

#[track_caller]
fn assert_hidden_everywhere(world: &World, secret: &str, runs: &[Finished]) {
    for run in runs {
        assert_hidden(secret, &run.line, &format!("{}{}", run.stdout, run.stderr));
    }
    for name in ["journal.json", "history.json", "tokens.json"] {
        let text = world.file(&format!(".local/state/herokey/{name}")).unwrap_or_default();
        assert_hidden(secret, name, &text);
    }
    assert_hidden_in_files(secret, &world.tree());
}

#[test]
fn no_error_repeats_the_token() {
    let mut world = World::desktop();
    world.set_env("HEROKEY_LOG", "trace");
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    for status in [307, 400, 401, 403, 404, 409, 422, 429, 503] {
        world.store_as_cli(ME, &token);
        on_every_request(&world, status);
        let runs = [
            world.herokey(["status"]),
            world.herokey(["authorizations"]),
            world.herokey(["keys", "--json"]),
            world.herokey(["revoke", "1", "--yes"]),
            world.herokey(["regenerate", "--yes"]),
            world.herokey(["logout"]),
            world.herokey(["history"]),
        ];
        assert!(runs[1].stderr.contains('…'), "the answer is shown without the token: {}", runs[1]);
        assert_hidden_everywhere(&world, &token, &runs);
    }
}

#[test]
fn no_error_repeats_the_password_or_the_code() {
    let world = World::desktop();
    let me =
        Account { password: Some(PASSWORD.into()), second_factor: Some(CODE.into()), ..Account::new(ME) };
    world.sandbox().add_account(me);
    for (after, status) in [(0, 401), (0, 422), (0, 503), (1, 403), (1, 500)] {
        world.sandbox().clear_faults();
        // The first request has no code yet.
        world.sandbox().add_fault_after(after, Fault::Echo { status });
        let login = world.herokey_program("herokey").args(["login", "--method", "password"]);
        let login = login.input(format!("{ME}\n{PASSWORD}\n{CODE}\n")).run();
        login.failed_with(4);
        let runs = [login, world.herokey(["history"])];
        assert_hidden_everywhere(&world, PASSWORD, &runs);
        if after > 0 {
            assert_hidden_everywhere(&world, CODE, &runs);
        }
    }
}

#[test]
fn no_error_repeats_what_an_oauth_login_sends() {
    let world = World::desktop();
    world.herokey_login(ME);
    for status in [400, 401, 500] {
        let login = world.herokey_program("herokey").args(["login", "--method", "oauth"]).start();
        let address = world.browser().wait_for_address();
        let rule = FaultRule::once("/oauth/token", Fault::Echo { status });
        world.sandbox().add_fault(rule);
        world.approve(&address, ME);
        let login = login.finish();
        let items = world.keyring().items();
        let own = items.iter().find(|item| item.attributes["service"] == "herokey").expect("a client");
        let own: serde_json::Value = serde_json::from_str(own.secret.as_deref().unwrap()).unwrap();
        let secret = own["client"]["secret"].as_str().unwrap().to_owned();
        let shown = format!("{}{}", login.stdout, login.stderr);
        let parameters = shown.split(['&', ' ', '(']).filter_map(|part| part.split_once('='));
        for (name, value) in parameters.filter(|(name, _)| matches!(*name, "code" | "code_verifier")) {
            assert!(value.starts_with('…'), "{name}={value}");
        }
        assert!(!shown.contains("code-fake"), "{shown}");
        assert_hidden_everywhere(&world, &secret, &[login]);
    }
}

#[test]
fn a_browser_login_does_not_repeat_its_ticket() {
    let world = World::desktop();
    let login = world.herokey_program("herokey").arg("login").start();
    world.browser().wait_for_address();
    world.sandbox().clear_faults();
    login.signal(rustix::process::Signal::KILL);
    let ticket = "ticket-fake-0123456789abcdef";
    let rewrite = |pointer: &str| Fault::Rewrite { pointer: pointer.to_owned(), text: ticket.to_owned() };
    world.sandbox().add_fault(FaultRule::once("/auth", rewrite("/token")));
    world.sandbox().add_fault(FaultRule::once("/auth/cli/*", Fault::Echo { status: 403 }));
    let login = world.herokey(["login", "--no-browser"]);
    assert!(!login.stderr.is_empty());
    assert_hidden_everywhere(&world, ticket, &[login]);
}

#[test]
fn no_list_repeats_the_token() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake me@example.com";
    world.write_file("key.pub", key);
    world.sandbox().issue_token(ME, Grant::Session, None).unwrap();
    world.herokey(["keys", "add", "key.pub"]).ok();
    for (path, pointer) in [
        ("/oauth/authorizations", "/0/id"),
        ("/oauth/authorizations", "/0/description"),
        ("/oauth/authorizations", "/0/scope/0"),
        ("/oauth/sessions", "/0/id"),
        ("/oauth/sessions", "/0/description"),
        ("/account/keys", "/0/id"),
        ("/account/keys", "/0/fingerprint"),
        ("/account/keys", "/0/comment"),
        ("/account/keys", "/0/public_key"),
    ] {
        for text in ["{secret}", "a {secret} b"] {
            world.sandbox().clear_faults();
            let fault = Fault::Rewrite { pointer: pointer.to_owned(), text: text.to_owned() };
            world.sandbox().add_fault(FaultRule { times: u32::MAX, ..FaultRule::once(path, fault) });
            let command = if path == "/account/keys" { "keys" } else { "authorizations" };
            let runs = [world.herokey([command]), world.herokey([command, "--json"])];
            runs[0].ok();
            assert!(runs[1].ok().contains('…'), "{path}{pointer}: {}", runs[1]);
            assert_hidden_everywhere(&world, &token, &runs);
        }
    }
}

#[test]
fn an_account_is_not_named_after_a_secret() {
    let world = World::desktop();
    world.sandbox().add_account(Account { password: Some(PASSWORD.into()), ..Account::new(ME) });
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    for text in ["{secret}", "me@{secret}", "{secret}@example.com"] {
        let fault = Fault::Rewrite { pointer: "/email".to_owned(), text: text.to_owned() };
        world.sandbox().clear_faults();
        world.sandbox().add_fault(FaultRule { times: u32::MAX, ..FaultRule::once("/account", fault) });
        let login = world.herokey_program("herokey").args(["login", "--method", "token"]);
        let login = login.input(token.clone()).run();
        assert!(login.failed_with(4).contains("[heroku-garbled]"), "{text}: {login}");
        assert_hidden_everywhere(&world, &token, &[login, world.herokey(["history"])]);
        assert_eq!(world.keyring().items(), [], "{text}");
        assert_eq!((world.login_json(), world.netrc()), (None, None), "{text}");
    }
}

#[test]
fn no_error_shows_the_password_of_a_proxy() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let password = "fake-proxy-password";
    for address in ["127.0.0.1:1", "127.0.0.1:x", "[", ":x:", ""] {
        world.set_env("HTTPS_PROXY", format!("http://anna:{password}@{address}"));
        let runs = [world.herokey(["authorizations"]), world.herokey(["status"])];
        assert!(!runs[0].stderr.is_empty(), "{address}");
        assert_hidden_everywhere(&world, password, &runs);
    }
}
