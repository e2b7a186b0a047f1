//! Logging in with an OAuth client: what is stored, and which callbacks are accepted.

use std::net::TcpListener;
use std::time::Duration;

use herokey_core::Code;
use herokey_core::action::{Action, LogIn, Method, Runner, perform};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_tests::{ME, Running, World};
use heroku_sandbox::{Fault, FaultRule};

/// A desktop that is logged in, so that an OAuth client can be registered.
fn desktop() -> World {
    let world = World::desktop();
    world.herokey_login(ME);
    world
}

fn start(world: &World) -> (Running, String) {
    let login = world.herokey_program("herokey").args(["login", "--method", "oauth"]).start();
    let address = world.browser().wait_for_address();
    (login, address)
}

#[track_caller]
fn log_in_by_oauth(world: &World) -> String {
    let (login, address) = start(world);
    world.approve(&address, ME);
    let finished = login.finish();
    finished.ok();
    finished.stderr
}

/// A query parameter of an address.
fn parameter(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).expect("an address");
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{address} has no {name}")).1.into_owned()
}

/// The status with which Herokey answers a callback.
fn callback(world: &World, path: &str, more: &[&str]) -> String {
    let status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    world.curl(status.into_iter().chain(more.iter().copied()).chain([path])).ok().to_owned()
}

fn own_entry(world: &World) -> Option<serde_json::Value> {
    let items = world.keyring().items();
    let own = items.iter().find(|item| item.attributes["service"] == "herokey")?;
    Some(serde_json::from_str(own.secret.as_deref()?).expect("JSON"))
}

#[test]
fn the_cli_uses_the_short_lived_token() {
    let world = desktop();
    let first = world.herokey(["token"]).ok().to_owned();
    log_in_by_oauth(&world);
    let token = world.herokey(["token"]).ok().to_owned();
    assert_ne!(token, first);
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let own = own_entry(&world).expect("an entry of Herokey's own");
    let refresh = own["grant"]["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(own["grant"]["access_token"], token);
    assert!(world.tree().files_containing(refresh).is_empty(), "the refresh token is in the keyring alone");
    world.sandbox().advance(Duration::from_hours(8));
    assert!(!world.sandbox().is_live(&token), "dead by tonight");
}

#[test]
fn the_client_and_its_port_are_kept_for_the_next_login() {
    let world = desktop();
    log_in_by_oauth(&world);
    let before = own_entry(&world).expect("an entry")["client"].clone();
    let (login, address) = start(&world);
    let redirect = format!("http://localhost:{}/callback", before["port"]);
    assert_eq!(parameter(&address, "redirect_uri"), redirect);
    assert_eq!(parameter(&address, "client_id"), before["id"].as_str().expect("an id"));
    assert_eq!(parameter(&address, "code_challenge_method"), "S256");
    world.approve(&address, ME);
    login.finish().ok();
    assert_eq!(own_entry(&world).expect("an entry")["client"], before);
}

#[test]
fn registers_another_client_if_the_port_is_taken() {
    let world = desktop();
    log_in_by_oauth(&world);
    let before = own_entry(&world).expect("an entry")["client"].clone();
    let port = u16::try_from(before["port"].as_u64().expect("a port")).expect("a port");
    let _other = TcpListener::bind(("127.0.0.1", port)).expect("the port is free now");
    let output = log_in_by_oauth(&world);
    assert!(output.contains(&format!("Another program uses port {port}")), "{output}");
    let after = own_entry(&world).expect("an entry")["client"].clone();
    assert_ne!((&after["id"], &after["port"]), (&before["id"], &before["port"]));
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let gone = format!("/oauth/clients/{}", before["id"].as_str().expect("an id"));
    let requests = world.sandbox().requests();
    assert!(
        requests.iter().any(|request| request.method == "DELETE" && request.path == gone),
        "{requests:?}"
    );
}

#[test]
fn refuses_forged_callbacks() {
    let world = desktop();
    let before = world.keyring().items();
    let (login, address) = start(&world);
    let (redirect, state) = (parameter(&address, "redirect_uri"), parameter(&address, "state"));
    let with = |query: &str| format!("{redirect}?{query}");
    let good = with(&format!("code=code-fake-stolen&state={state}"));
    for (address, more, status) in [
        (with("code=code-fake-stolen&state=wrong"), &[][..], "400"),
        (with("code=code-fake-stolen"), &[], "400"),
        (with("error=access_denied&state=wrong"), &[], "400"),
        (good.replace("/callback", "/other"), &[], "404"),
        (good.clone(), &["--request", "POST"], "405"),
        (good.clone(), &["--header", "Origin: https://evil.example"], "403"),
        (good.clone(), &["--header", "Sec-Fetch-Mode: no-cors"], "403"),
        (good.replace("localhost", "127.0.0.1"), &[], "421"),
        (good.clone(), &["--header", "Host: evil.example"], "421"),
    ] {
        assert_eq!(callback(&world, &address, more), status, "{address} {more:?}");
    }
    assert!(!world.sandbox().requests().iter().any(|request| request.path == "/oauth/token"));
    let registered: Vec<_> = world.keyring().items();
    assert_eq!(registered.len(), before.len() + 1, "the client, registered before");
    assert_eq!(own_entry(&world).expect("an entry")["grant"], serde_json::Value::Null);
    // The user's browser is still accepted.
    world.approve(&address, ME);
    login.finish().ok();
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn accepts_only_one_callback() {
    let world = desktop();
    world.sandbox().add_fault(FaultRule::once("/oauth/token", Fault::Delay { ms: 2_000 }));
    let (login, address) = start(&world);
    let (redirect, state) = (parameter(&address, "redirect_uri"), parameter(&address, "state"));
    world.approve(&address, ME);
    let second = world.curl([format!("{redirect}?code=code-fake-second&state={state}").as_str()]);
    assert!(matches!(second.code(), Some(7 | 52 | 56)), "{second}");
    login.finish().ok();
    let exchanges = world.sandbox().requests();
    assert_eq!(exchanges.iter().filter(|request| request.path == "/oauth/token").count(), 1);
}

#[test]
fn an_unknown_code_changes_nothing() {
    let world = desktop();
    let token = world.herokey(["token"]).ok().to_owned();
    let (login, address) = start(&world);
    let state = parameter(&address, "state");
    let forged = format!("{}?code=code-fake-forged&state={state}", parameter(&address, "redirect_uri"));
    assert_eq!(callback(&world, &forged, &[]), "200");
    let output = login.finish();
    assert!(output.failed_with(4).contains("invalid_grant"), "{output}");
    assert_eq!(world.herokey(["token"]).ok(), token, "the token that was there");
    assert_eq!(own_entry(&world).expect("the client")["grant"], serde_json::Value::Null);
}

#[test]
fn denied_in_the_browser() {
    let world = desktop();
    let token = world.herokey(["token"]).ok().to_owned();
    let (login, address) = start(&world);
    world.deny(&address);
    assert!(login.finish().failed_with(6).contains("[login-denied]"));
    assert_eq!(world.herokey(["token"]).ok(), token);
}

#[test]
fn times_out_if_the_browser_is_closed() {
    let world = desktop();
    let token = world.herokey(["token"]).ok().to_owned();
    let mut env = world.env();
    env.limits.login = Duration::from_millis(300);
    let runner =
        Runner { env: &env, by: Program::Window, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody };
    let how = LogIn { method: Method::OAuth, open_browser: false, ..LogIn::default() };
    let error = perform(&runner, &Action::LogIn(how)).unwrap_err();
    assert_eq!(error.code, Code::LoginTimedOut, "{error}");
    assert_eq!(world.herokey(["token"]).ok(), token);
}

#[test]
fn needs_an_existing_login() {
    let world = World::desktop();
    let output = world.herokey(["login", "--method", "oauth"]);
    assert!(output.failed_with(3).contains("Log in with the browser first"), "{output}");
    assert!(world.sandbox().requests().is_empty());
}

#[test]
fn needs_a_keyring_for_the_refresh_token() {
    let world = World::new();
    let token = world.sandbox().issue_token(ME, heroku_sandbox::Grant::Authorization, None).unwrap();
    world.herokey_program("herokey").args(["login", "--method", "token"]).input(token).run().ok();
    let output = world.herokey(["login", "--method", "oauth"]);
    assert!(output.failed_with(5).contains("[keychain-missing]"), "{output}");
    assert!(world.sandbox().requests().iter().all(|request| request.path != "/oauth/clients"));
}

#[test]
fn logging_out_revokes_the_token_and_removes_the_refresh_token() {
    let world = desktop();
    log_in_by_oauth(&world);
    let token = world.herokey(["token"]).ok().to_owned();
    world.herokey(["logout"]).ok();
    assert!(!world.sandbox().is_live(&token));
    assert_eq!(own_entry(&world).expect("the client stays")["grant"], serde_json::Value::Null);
    assert_eq!(world.keyring().items().len(), 1);
}
