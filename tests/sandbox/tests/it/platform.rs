use std::time::Duration;

use heroku_sandbox::{Account, Grant, Redaction, Refusal};
use serde_json::{Value, json};

use crate::{ME, PASSWORD, place, place_with, read};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn account_takes_a_token_as_bearer_and_as_basic_password_and_nothing_else() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let (status, account) = read(place.get("/account", &token));
    assert_eq!((status, &account["email"]), (200, &json!(ME)));

    let basic = |password: &str| {
        let request = place.client.get(place.url("/account")).basic_auth("anyone", Some(password));
        request.send().unwrap()
    };
    assert_eq!(basic(&token).status(), 200);
    let refused = basic(PASSWORD);
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    let (status, error) = read(refused);
    assert_eq!((status, &error["id"]), (401, &json!("unauthorized")));
}

#[test]
fn a_token_of_any_form_works_until_it_expires() {
    let place = place();
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    place.sandbox.accept_token(ME, Grant::Authorization, Some(HOUR), uuid).unwrap();
    assert_eq!(place.get("/account", uuid).status(), 200);
    place.sandbox.advance(HOUR);
    assert_eq!(place.get("/account", uuid).status(), 401);
    assert!(place.sandbox.live_tokens().is_empty());
}

#[test]
fn a_password_login_makes_an_authorization_that_is_redacted_from_then_on() {
    let place = place();
    let body = json!({"description": "test", "expires_in": 2_592_000, "scope": ["global"]});
    let made = place.post("/oauth/authorizations").basic_auth(ME, Some(PASSWORD)).json(&body).send().unwrap();
    let (status, made) = read(made);
    assert_eq!(status, 201);
    assert_eq!(made["created_at"].as_str().map(str::len), Some("2020-01-01T00:00:00Z".len()));
    assert_eq!(made["access_token"]["expires_in"], 2_592_000);
    assert_eq!(made["user"]["email"], ME);
    let token = made["access_token"]["token"].as_str().unwrap();

    let (_, list) = read(place.get("/oauth/authorizations", token));
    assert_eq!(list[0]["id"], made["id"]);
    let shown = list[0]["access_token"]["token"].as_str().unwrap();
    let (prefix, suffix) = shown.split_once("**********").unwrap();
    assert!(token.starts_with(prefix) && token.ends_with(suffix) && !shown.contains(token));
}

#[test]
fn redaction_may_leave_nothing_on_either_side() {
    let place = place_with(|config| config.redaction = Redaction { prefix: 0, suffix: 0 });
    let token = place.sandbox.issue_token(ME, Grant::Default, None).unwrap();
    let (_, default) = read(place.get("/oauth/authorizations/~", &token));
    assert_eq!(default["access_token"]["token"], "**********");
}

#[test]
fn password_logins_meet_what_stands_in_the_accounts_way() {
    let place = place();
    let try_as = |account: Account, password: &str, code: Option<&str>, seconds: u64| -> (u16, Value) {
        place.sandbox.add_account(account);
        let mut request = place.post("/oauth/authorizations").basic_auth(ME, Some(password));
        if let Some(code) = code {
            request = request.header("Heroku-Two-Factor-Code", code);
        }
        let (status, body) = read(request.json(&json!({"expires_in": seconds})).send().unwrap());
        (status, body["id"].clone())
    };
    let account = || Account { password: Some(PASSWORD.to_owned()), ..Account::new(ME) };
    let two_factor = || Account { second_factor: Some("123456".to_owned()), ..account() };
    let refused = |refusal| Account { refusal: Some(refusal), ..account() };

    assert_eq!(try_as(account(), "wrong", None, 60), (401, json!("unauthorized")));
    assert_eq!(try_as(account(), PASSWORD, None, 2_592_001), (422, json!("invalid_params")));
    assert_eq!(try_as(two_factor(), PASSWORD, None, 60), (403, json!("two_factor")));
    assert_eq!(try_as(two_factor(), PASSWORD, Some("654321"), 60), (403, json!("two_factor")));
    assert_eq!(try_as(two_factor(), PASSWORD, Some("123456"), 60).0, 201);
    assert_eq!(try_as(refused(Refusal::MfaRequired), PASSWORD, None, 60), (403, json!("mfa_required")));
    let untrusted = refused(Refusal::DeviceTrustRequired);
    assert_eq!(try_as(untrusted, PASSWORD, None, 60), (403, json!("device_trust_required")));
    assert_eq!(try_as(refused(Refusal::Suspended), PASSWORD, None, 60), (403, json!("suspended")));
}

#[test]
fn regenerating_kills_the_old_token_at_once() {
    let place = place();
    let old = place.sandbox.issue_token(ME, Grant::Authorization, Some(HOUR)).unwrap();
    let id = place.sandbox.live_tokens()[0].id;
    let path = format!("/oauth/authorizations/{id}/actions/regenerate-tokens");
    let (status, made) = read(place.post(&path).bearer_auth(&old).send().unwrap());
    let new = made["access_token"]["token"].as_str().unwrap();
    assert_eq!((status, &made["id"]), (200, &json!(id)));
    assert_eq!(place.get("/account", &old).status(), 401);
    assert_eq!(place.get("/account", new).status(), 200);
}

#[test]
fn revoking_reaches_only_the_accounts_own_authorizations() {
    let place = place();
    place.sandbox.add_account(Account::new("other@example.com"));
    let other = place.sandbox.issue_token("other@example.com", Grant::Authorization, None).unwrap();
    let mine = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let ids: Vec<_> = place.sandbox.live_tokens().iter().map(|token| token.id).collect();

    let (status, error) = read(place.delete(&format!("/oauth/authorizations/{}", ids[0]), &mine));
    assert_eq!((status, &error["resource"]), (404, &json!("authorization")));
    assert_eq!(place.delete(&format!("/oauth/authorizations/{}", ids[1]), &mine).status(), 200);
    assert!(place.sandbox.is_live(&other) && !place.sandbox.is_live(&mine));
}

#[test]
fn a_session_is_no_authorization_and_ends_itself() {
    let place = place();
    let authorization = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let (status, error) = read(place.delete("/oauth/sessions/~", &authorization));
    assert_eq!((status, &error["id"], &error["resource"]), (404, &json!("not_found"), &json!("session")));

    let session = place.sandbox.issue_token(ME, Grant::Session, Some(HOUR)).unwrap();
    let (_, authorizations) = read(place.get("/oauth/authorizations", &session));
    assert_eq!(authorizations.as_array().unwrap().len(), 1);
    let (_, sessions) = read(place.get("/oauth/sessions", &session));
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(place.delete("/oauth/sessions/~", &session).status(), 200);
    assert_eq!(place.get("/account", &session).status(), 401);
}

#[test]
fn a_suspended_account_can_do_nothing() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    place.sandbox.add_account(Account { refusal: Some(Refusal::Suspended), ..Account::new(ME) });
    let (status, error) = read(place.get("/account", &token));
    assert_eq!((status, &error["id"]), (403, &json!("suspended")));
}

#[test]
fn an_empty_pool_answers_429_until_it_refills() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    assert_eq!(place.get("/account", &token).headers()["RateLimit-Remaining"], "4499");
    place.sandbox.set_requests_left(ME, 0);
    let (status, error) = read(place.get("/account", &token));
    assert_eq!((status, &error["id"]), (429, &json!("rate_limit")));
    place.sandbox.advance(Duration::from_mins(1));
    assert_eq!(place.get("/account", &token).status(), 200);
}

#[test]
fn every_answer_has_a_request_id_behind_the_clients_own() {
    let place = place();
    for path in ["/account", "/nothing", "/my-app.git/info/refs"] {
        let response = place.client.get(place.url(path)).header("Request-Id", "mine").send().unwrap();
        let ids = response.headers()["Request-Id"].to_str().unwrap();
        assert_eq!(ids.split(',').next(), Some("mine"), "{path}");
        assert_eq!(ids.split(',').nth(1).map(str::len), Some(36), "{path}");
    }
}

#[test]
fn neither_the_log_nor_the_control_surface_shows_a_token() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    place.get("/account", &token);
    let logged = place.sandbox.requests();
    let last = format!("…{}", &token[61..]);
    assert_eq!(logged[0].masked.as_ref(), Some(&last));
    assert_eq!((logged[0].path.as_str(), logged[0].status), ("/account", Some(200)));

    place.post("/oauth/authorizations").basic_auth(ME, Some(PASSWORD)).send().unwrap();
    assert_eq!(place.sandbox.requests()[1].masked.as_deref(), Some("…"), "nothing of a password");

    let state = place.client.get(place.url("/sandbox/state")).send().unwrap().text().unwrap();
    assert!(state.contains(&last) && !state.contains(&token));
    assert_eq!(place.sandbox.requests().len(), 2, "the control surface is not logged");
}

#[test]
fn another_process_can_add_accounts_and_issue_and_revoke_tokens() {
    let place = place();
    let new = json!({"email": "new@example.com", "refusal": null});
    assert_eq!(place.post("/sandbox/accounts").json(&new).send().unwrap().status(), 204);
    let ask = json!({"email": "new@example.com", "grant": "default", "expires_in": 60});
    let (_, made) = read(place.post("/sandbox/tokens").json(&ask).send().unwrap());
    let token = made["token"].as_str().unwrap();
    assert_eq!(place.get("/oauth/authorizations/~", token).status(), 200);
    let revoke = place.url(&format!("/sandbox/tokens/{}", made["id"].as_str().unwrap()));
    assert_eq!(place.client.delete(revoke).send().unwrap().status(), 204);
    assert!(!place.sandbox.is_live(token));

    let unknown = json!({"email": "nobody@example.com", "grant": "session"});
    assert_eq!(place.post("/sandbox/tokens").json(&unknown).send().unwrap().status(), 422);
}
