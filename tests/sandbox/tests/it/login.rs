use std::thread;

use heroku_sandbox::{Decision, PendingLogin};
use serde_json::{Value, json};

use crate::{Fixture, ME, TIMEOUT, fixture, read};

/// Starts a login, and polls for its outcome on another thread.
fn start(fixture: &Fixture) -> (PendingLogin, thread::JoinHandle<(u16, Value)>) {
    let body = json!({"description": "Test login from <here>"});
    let (_, started) = read(fixture.post("/auth").json(&body).send().unwrap());
    let url = fixture.url(started["cli_url"].as_str().unwrap());
    let token = started["token"].as_str().unwrap().to_owned();
    let client = fixture.client.clone();
    let poll = thread::spawn(move || read(client.get(url).bearer_auth(token).send().unwrap()));
    let pending = fixture.sandbox.wait_for_login(TIMEOUT).unwrap();
    assert_eq!(started["browser_url"], pending.browser_path);
    // As with a real user, the poll is already waiting when the decision is made.
    let is_poll = |request: &heroku_sandbox::LoggedRequest| request.path.starts_with("/auth/cli/");
    fixture.sandbox.wait_for_request(TIMEOUT, is_poll).unwrap();
    (pending, poll)
}

fn press(fixture: &Fixture, login: &PendingLogin, form: &str) -> String {
    let request = fixture.post(&login.browser_path).body(form.to_owned());
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    request.send().unwrap().text().unwrap()
}

#[test]
fn the_page_logs_in_as_the_chosen_account() {
    let fixture = fixture();
    let (login, poll) = start(&fixture);
    let page = fixture.client.get(fixture.url(&login.browser_path)).send().unwrap().text().unwrap();
    assert!(page.contains("Test login from &lt;here&gt;"), "{page}");
    assert!(page.contains(r#"id="log-in""#) && page.contains(r#"id="deny""#), "{page}");

    let page = press(&fixture, &login, "decision=log-in&email=me%40example.com");
    assert!(page.contains("You can close this page"), "{page}");
    let (status, outcome) = poll.join().unwrap();
    assert_eq!((status, &outcome["expires_in"]), (200, &json!(2_592_000)));
    let token = outcome["access_token"].as_str().unwrap();
    assert_eq!(read(fixture.get("/account", token)).1["email"], ME);
    assert_eq!(fixture.sandbox.live_tokens()[0].description, "Test login from <here>");
}

#[test]
fn denying_returns_an_error_and_creates_no_token() {
    let fixture = fixture();
    let (login, poll) = start(&fixture);
    assert!(press(&fixture, &login, "decision=deny").contains("You can close this page"));
    assert_eq!(poll.join().unwrap(), (200, json!({"error": "Login denied"})));
    assert!(fixture.sandbox.live_tokens().is_empty());
}

#[test]
fn an_unknown_account_leaves_the_login_waiting() {
    let fixture = fixture();
    let (login, poll) = start(&fixture);
    let page = press(&fixture, &login, "decision=log-in&email=nobody%40example.com");
    assert!(page.contains("no account nobody@example.com"), "{page}");
    assert_eq!(fixture.sandbox.pending_logins(), std::slice::from_ref(&login));
    fixture.sandbox.decide_login(login.id, Decision::Approve(ME.to_owned())).unwrap();
    assert!(poll.join().unwrap().1["access_token"].is_string());
}

#[test]
fn a_login_works_once_and_only_with_its_token() {
    let fixture = fixture();
    let (login, poll) = start(&fixture);
    let path = format!("/auth/cli/{}", login.id);
    assert_eq!(fixture.get(&path, "another").status(), 401);
    fixture.sandbox.decide_login(login.id, Decision::Deny).unwrap();
    assert!(fixture.sandbox.decide_login(login.id, Decision::Deny).is_err());
    poll.join().unwrap();
    assert_eq!(fixture.get(&path, "another").status(), 404);
    assert_eq!(fixture.client.get(fixture.url(&login.browser_path)).send().unwrap().status(), 404);
}

#[test]
fn dropping_the_sandbox_ends_a_waiting_poll() {
    let fixture = fixture();
    let body = json!({"description": "test"});
    let (_, started) = read(fixture.post("/auth").json(&body).send().unwrap());
    let url = fixture.url(started["cli_url"].as_str().unwrap());
    let request = fixture.client.get(url).bearer_auth(started["token"].as_str().unwrap());
    let poll = thread::spawn(move || request.send());
    fixture.sandbox.wait_for_request(TIMEOUT, |request| request.path.starts_with("/auth/cli/")).unwrap();
    let address = fixture.sandbox.http_address().unwrap();
    drop(fixture);
    assert!(!poll.join().unwrap().unwrap_err().is_timeout());
    assert!(std::net::TcpStream::connect(address).is_err());
}
