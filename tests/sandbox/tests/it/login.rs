use std::thread;

use heroku_sandbox::{Decision, PendingLogin};
use serde_json::{Value, json};

use crate::{LIMIT, ME, Place, place, read};

/// Begins a login, and polls for its outcome on another thread.
fn begin(place: &Place) -> (PendingLogin, thread::JoinHandle<(u16, Value)>) {
    let ask = json!({"description": "Test login from <here>"});
    let (_, begun) = read(place.post("/auth").json(&ask).send().unwrap());
    let url = place.url(begun["cli_url"].as_str().unwrap());
    let token = begun["token"].as_str().unwrap().to_owned();
    let client = place.client.clone();
    let poll = thread::spawn(move || read(client.get(url).bearer_auth(token).send().unwrap()));
    let pending = place.sandbox.wait_for_login(LIMIT).unwrap();
    assert_eq!(begun["browser_url"], pending.browser_path);
    // The poll waits already when the decision falls, as it does at a person's.
    let polls = |request: &heroku_sandbox::LoggedRequest| request.path.starts_with("/auth/cli/");
    place.sandbox.wait_for_request(LIMIT, polls).unwrap();
    (pending, poll)
}

fn press(place: &Place, login: &PendingLogin, form: &str) -> String {
    let request = place.post(&login.browser_path).body(form.to_owned());
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    request.send().unwrap().text().unwrap()
}

#[test]
fn the_page_logs_in_as_the_chosen_account() {
    let place = place();
    let (login, poll) = begin(&place);
    let page = place.client.get(place.url(&login.browser_path)).send().unwrap().text().unwrap();
    assert!(page.contains("Test login from &lt;here&gt;"), "{page}");
    assert!(page.contains(r#"id="log-in""#) && page.contains(r#"id="deny""#), "{page}");

    let answer = press(&place, &login, "decision=log-in&email=me%40example.com");
    assert!(answer.contains("You can close this page"), "{answer}");
    let (status, outcome) = poll.join().unwrap();
    assert_eq!((status, &outcome["expires_in"]), (200, &json!(2_592_000)));
    let token = outcome["access_token"].as_str().unwrap();
    assert_eq!(read(place.get("/account", token)).1["email"], ME);
    assert_eq!(place.sandbox.live_tokens()[0].description, "Test login from <here>");
}

#[test]
fn denying_answers_an_error_and_makes_no_token() {
    let place = place();
    let (login, poll) = begin(&place);
    assert!(press(&place, &login, "decision=deny").contains("You can close this page"));
    assert_eq!(poll.join().unwrap(), (200, json!({"error": "Login denied"})));
    assert!(place.sandbox.live_tokens().is_empty());
}

#[test]
fn an_unknown_account_leaves_the_login_waiting() {
    let place = place();
    let (login, poll) = begin(&place);
    let answer = press(&place, &login, "decision=log-in&email=nobody%40example.com");
    assert!(answer.contains("no account nobody@example.com"), "{answer}");
    assert_eq!(place.sandbox.pending_logins(), std::slice::from_ref(&login));
    place.sandbox.decide_login(login.id, Decision::Approve(ME.to_owned())).unwrap();
    assert!(poll.join().unwrap().1["access_token"].is_string());
}

#[test]
fn a_login_is_used_once_and_only_with_its_token() {
    let place = place();
    let (login, poll) = begin(&place);
    let path = format!("/auth/cli/{}", login.id);
    assert_eq!(place.get(&path, "another").status(), 401);
    place.sandbox.decide_login(login.id, Decision::Deny).unwrap();
    assert!(place.sandbox.decide_login(login.id, Decision::Deny).is_err());
    poll.join().unwrap();
    assert_eq!(place.get(&path, "another").status(), 404);
    assert_eq!(place.client.get(place.url(&login.browser_path)).send().unwrap().status(), 404);
}

#[test]
fn dropping_the_sandbox_ends_a_waiting_poll() {
    let place = place();
    let ask = json!({"description": "test"});
    let (_, begun) = read(place.post("/auth").json(&ask).send().unwrap());
    let url = place.url(begun["cli_url"].as_str().unwrap());
    let request = place.client.get(url).bearer_auth(begun["token"].as_str().unwrap());
    let poll = thread::spawn(move || request.send());
    place.sandbox.wait_for_request(LIMIT, |request| request.path.starts_with("/auth/cli/")).unwrap();
    let address = place.sandbox.http_address().unwrap();
    drop(place);
    assert!(!poll.join().unwrap().unwrap_err().is_timeout());
    assert!(std::net::TcpStream::connect(address).is_err());
}
