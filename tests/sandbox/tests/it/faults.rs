use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use heroku_sandbox::{ApiErrorId, ConnectionFault, Fault, FaultRule, Grant};
use serde_json::json;

use crate::{Fixture, ME, TIMEOUT, client, fixture, read};

fn fixture_with_token() -> (Fixture, String) {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    (fixture, token)
}

#[test]
fn a_fault_applies_to_its_method_and_path_a_limited_number_of_times() {
    let (fixture, token) = fixture_with_token();
    let rule = FaultRule::once("/account", Fault::Error(ApiErrorId::ServiceUnavailable));
    fixture.sandbox.add_fault(FaultRule { method: Some("GET".to_owned()), times: 2, ..rule });
    assert_eq!(fixture.get("/oauth/authorizations", &token).status(), 200);
    assert_eq!(fixture.delete("/account", &token).status(), 404);
    assert_eq!(read(fixture.get("/account", &token)).1["id"], "service_unavailable");
    assert_eq!(fixture.get("/account", &token).status(), 503);
    assert_eq!(fixture.get("/account", &token).status(), 200);
    assert!(fixture.sandbox.faults().is_empty());
}

#[test]
fn every_error_has_its_status_and_id() {
    let (fixture, token) = fixture_with_token();
    for (id, status) in [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("two_factor", 403),
        ("mfa_required", 403),
        ("device_trust_required", 403),
        ("suspended", 403),
        ("not_found", 404),
        ("conflict", 409),
        ("invalid_params", 422),
        ("rate_limit", 429),
        ("internal_server_error", 500),
        ("service_unavailable", 503),
    ] {
        let rule = json!({"path": "/account", "fault": {"error": id}});
        assert_eq!(fixture.post("/sandbox/faults").json(&rule).send().unwrap().status(), 204);
        let (actual, error) = read(fixture.get("/account", &token));
        assert_eq!((actual, &error["id"]), (status, &json!(id)));
    }
}

#[test]
fn response_bodies_can_be_wrong_in_every_way() {
    let (fixture, token) = fixture_with_token();
    let body_after = |fault| {
        fixture.sandbox.add_fault(FaultRule::once("/account", fault));
        let response = fixture.get("/account", &token);
        assert_eq!(response.status(), 200);
        response.text().unwrap()
    };
    assert_eq!(body_after(Fault::WrongJson), r#"{"unexpected":["answer"]}"#);
    let wrong_types = body_after(Fault::WrongTypes);
    assert!(
        wrong_types.contains(r#""email":14"#) && wrong_types.contains(r#""verified":"true""#),
        "{wrong_types}"
    );
    assert!(body_after(Fault::NotJson).starts_with("<html>"));
    assert_eq!(body_after(Fault::Empty), "");
    assert_eq!(body_after(Fault::Huge { bytes: 1_000_000 }).len(), 1_000_000);
}

#[test]
fn a_list_can_hide_the_own_authorization_or_every_token() {
    let (fixture, token) = fixture_with_token();
    let other = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let shown = |fault| {
        fixture.sandbox.add_fault(FaultRule::once("/oauth/authorizations", fault));
        fixture.get("/oauth/authorizations", &token).text().unwrap()
    };
    let (own, other) = (&token[token.len() - 4..], &other[other.len() - 4..]);
    let hidden = shown(Fault::HideOwn);
    assert!(!hidden.contains(&format!("**{own}")) && hidden.contains(&format!("**{other}")), "{hidden}");
    let hidden = shown(Fault::HideTokens);
    assert!(!hidden.contains("**") && hidden.matches("(hidden)").count() == 2, "{hidden}");
}

#[test]
fn a_redirect_goes_to_its_address() {
    let (fixture, token) = fixture_with_token();
    let to = "http://localhost:1/elsewhere".to_owned();
    fixture.sandbox.add_fault(FaultRule::once("/account", Fault::Redirect { to: to.clone() }));
    let client = client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(fixture.url("/account")).bearer_auth(token).send().unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["Location"].to_str().unwrap()), (307, &*to));
}

/// Sends a request over a plain socket. Returns the raw response and the time until its last byte.
fn send_raw(fixture: &Fixture, method: &str, path: &str, token: &str) -> (String, Duration) {
    let start = Instant::now();
    let mut stream = TcpStream::connect(fixture.sandbox.http_address().unwrap()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    stream.write_all(format!("{head}Authorization: Bearer {token}\r\n\r\n").as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    (response, start.elapsed())
}

#[test]
fn a_dropped_connection_sends_nothing_whether_or_not_the_request_was_handled() {
    let (fixture, token) = fixture_with_token();
    let path = format!("/oauth/authorizations/{}", fixture.sandbox.live_tokens()[0].id);
    fixture.sandbox.add_fault(FaultRule::once(&path, Fault::DropBefore));
    assert_eq!(send_raw(&fixture, "DELETE", &path, &token).0, "");
    assert!(fixture.sandbox.is_live(&token), "dropped before the request was handled");
    fixture.sandbox.add_fault(FaultRule::once(&path, Fault::DropAfter));
    assert_eq!(send_raw(&fixture, "DELETE", &path, &token).0, "");
    assert!(!fixture.sandbox.is_live(&token), "dropped after the request was handled");
    assert!(fixture.sandbox.requests().iter().all(|request| request.status.is_none()));
}

#[test]
fn delayed_and_trickling_responses_are_valid_but_slow() {
    let (fixture, token) = fixture_with_token();
    fixture.sandbox.add_fault(FaultRule::once("/account", Fault::Delay { ms: 300 }));
    let (response, took) = send_raw(&fixture, "GET", "/account", &token);
    assert!(
        response.starts_with("HTTP/1.1 200") && took >= Duration::from_millis(300),
        "{took:?} {response}"
    );

    fixture.sandbox.add_fault(FaultRule::once("/oauth/sessions", Fault::Trickle));
    let (response, took) = send_raw(&fixture, "GET", "/oauth/sessions", &token);
    assert!(response.starts_with("HTTP/1.1 200") && took >= Duration::from_secs(1), "{took:?} {response}");
}

#[test]
fn a_fault_can_start_after_some_requests_and_then_stays() {
    let (fixture, token) = fixture_with_token();
    fixture.sandbox.add_fault_after(2, Fault::Error(ApiErrorId::Conflict));
    let paths = ["/account", "/oauth/sessions", "/account", "/oauth/sessions", "/account"];
    let statuses = paths.map(|path| fixture.get(path, &token).status().as_u16());
    assert_eq!(statuses, [200, 200, 409, 200, 409]);
}

#[test]
fn a_rate_limit_fault_sends_retry_after() {
    let (fixture, token) = fixture_with_token();
    fixture.sandbox.add_fault(FaultRule::once("/account", Fault::RetryAfter { seconds: 7 }));
    let response = fixture.get("/account", &token);
    assert_eq!((response.status().as_u16(), response.headers()["Retry-After"].to_str().unwrap()), (429, "7"));
}

#[test]
fn a_connection_fault_starts_after_some_connections_and_can_end() {
    let (fixture, token) = fixture_with_token();
    let get = || fixture.client.get(fixture.url("/account")).bearer_auth(&token).send();
    fixture.sandbox.set_connection_fault(1, ConnectionFault::Refused);
    assert_eq!(get().unwrap().status(), 200);
    assert!(get().unwrap_err().is_connect());
    fixture.sandbox.set_connection_fault(0, ConnectionFault::None);
    assert_eq!(get().unwrap().status(), 200);
}
