use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use heroku_sandbox::{ApiErrorId, Door, Fault, FaultRule, Grant};
use serde_json::json;

use crate::{LIMIT, ME, Place, client, place, read};

fn place_with_token() -> (Place, String) {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    (place, token)
}

#[test]
fn a_fault_is_for_its_method_and_path_and_for_so_many_times() {
    let (place, token) = place_with_token();
    let rule = FaultRule::once("/account", Fault::Error(ApiErrorId::ServiceUnavailable));
    place.sandbox.add_fault(FaultRule { method: Some("GET".to_owned()), times: 2, ..rule });
    assert_eq!(place.get("/oauth/authorizations", &token).status(), 200);
    assert_eq!(place.delete("/account", &token).status(), 404);
    assert_eq!(read(place.get("/account", &token)).1["id"], "service_unavailable");
    assert_eq!(place.get("/account", &token).status(), 503);
    assert_eq!(place.get("/account", &token).status(), 200);
    assert!(place.sandbox.faults().is_empty());
}

#[test]
fn every_error_has_its_status_and_id() {
    let (place, token) = place_with_token();
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
        assert_eq!(place.post("/sandbox/faults").json(&rule).send().unwrap().status(), 204);
        let (got, error) = read(place.get("/account", &token));
        assert_eq!((got, &error["id"]), (status, &json!(id)));
    }
}

#[test]
fn bodies_can_be_wrong_in_every_way() {
    let (place, token) = place_with_token();
    let body_after = |fault| {
        place.sandbox.add_fault(FaultRule::once("/account", fault));
        let response = place.get("/account", &token);
        assert_eq!(response.status(), 200);
        response.text().unwrap()
    };
    assert_eq!(body_after(Fault::WrongJson), r#"{"unexpected":["answer"]}"#);
    let retyped = body_after(Fault::WrongTypes);
    assert!(retyped.contains(r#""email":14"#) && retyped.contains(r#""verified":"true""#), "{retyped}");
    assert!(body_after(Fault::NotJson).starts_with("<html>"));
    assert_eq!(body_after(Fault::Empty), "");
    assert_eq!(body_after(Fault::Huge { bytes: 1_000_000 }).len(), 1_000_000);
}

#[test]
fn a_redirect_goes_where_it_is_told() {
    let (place, token) = place_with_token();
    let to = "http://localhost:1/elsewhere".to_owned();
    place.sandbox.add_fault(FaultRule::once("/account", Fault::Redirect { to: to.clone() }));
    let client = client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(place.url("/account")).bearer_auth(token).send().unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["Location"].to_str().unwrap()), (307, &*to));
}

/// All that comes back for a request written by hand, and when its last byte came.
fn raw(place: &Place, method: &str, path: &str, token: &str) -> (String, Duration) {
    let start = Instant::now();
    let mut stream = TcpStream::connect(place.sandbox.http_address().unwrap()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let lines = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    stream.write_all(format!("{lines}Authorization: Bearer {token}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer, start.elapsed())
}

#[test]
fn a_dropped_connection_closes_without_a_byte_before_or_after_the_work() {
    let (place, token) = place_with_token();
    let path = format!("/oauth/authorizations/{}", place.sandbox.live_tokens()[0].id);
    place.sandbox.add_fault(FaultRule::once(&path, Fault::DropBefore));
    assert_eq!(raw(&place, "DELETE", &path, &token).0, "");
    assert!(place.sandbox.is_live(&token), "dropped before the work");
    place.sandbox.add_fault(FaultRule::once(&path, Fault::DropAfter));
    assert_eq!(raw(&place, "DELETE", &path, &token).0, "");
    assert!(!place.sandbox.is_live(&token), "dropped after the work");
    assert!(place.sandbox.requests().iter().all(|request| request.status.is_none()));
}

#[test]
fn late_and_trickling_answers_are_good_but_slow() {
    let (place, token) = place_with_token();
    place.sandbox.add_fault(FaultRule::once("/account", Fault::Late { ms: 300 }));
    let (answer, took) = raw(&place, "GET", "/account", &token);
    assert!(answer.starts_with("HTTP/1.1 200") && took >= Duration::from_millis(300), "{took:?} {answer}");

    place.sandbox.add_fault(FaultRule::once("/oauth/sessions", Fault::Trickle));
    let (answer, took) = raw(&place, "GET", "/oauth/sessions", &token);
    assert!(answer.starts_with("HTTP/1.1 200") && took >= Duration::from_secs(1), "{took:?} {answer}");
}

#[test]
fn a_fault_waits_for_its_turn_and_then_stays() {
    let (place, token) = place_with_token();
    place.sandbox.add_fault_in(2, Fault::Error(ApiErrorId::Conflict));
    let paths = ["/account", "/oauth/sessions", "/account", "/oauth/sessions", "/account"];
    let statuses = paths.map(|path| place.get(path, &token).status().as_u16());
    assert_eq!(statuses, [200, 200, 409, 200, 409]);
}

#[test]
fn a_rate_limit_says_when_to_come_back() {
    let (place, token) = place_with_token();
    place.sandbox.add_fault(FaultRule::once("/account", Fault::RetryAfter { seconds: 7 }));
    let response = place.get("/account", &token);
    assert_eq!((response.status().as_u16(), response.headers()["Retry-After"].to_str().unwrap()), (429, "7"));
}

#[test]
fn a_door_closes_after_so_many_connections_and_opens_again() {
    let (place, token) = place_with_token();
    let get = || place.client.get(place.url("/account")).bearer_auth(&token).send();
    place.sandbox.set_door(1, Door::Closed);
    assert_eq!(get().unwrap().status(), 200);
    assert!(get().unwrap_err().is_connect());
    place.sandbox.set_door(0, Door::Open);
    assert_eq!(get().unwrap().status(), 200);
}
