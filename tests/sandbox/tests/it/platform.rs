use std::time::Duration;

use heroku_sandbox::{Account, Grant, Redaction, Refusal};
use serde_json::{Value, json};

use crate::{ME, PASSWORD, fixture, fixture_with, read};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn account_accepts_only_a_bearer_token_or_a_token_as_basic_password() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let (status, account) = read(fixture.get("/account", &token));
    assert_eq!((status, &account["email"]), (200, &json!(ME)));

    let basic = |password: &str| {
        let request = fixture.client.get(fixture.url("/account")).basic_auth("anyone", Some(password));
        request.send().unwrap()
    };
    assert_eq!(basic(&token).status(), 200);
    let refused = basic(PASSWORD);
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    let (status, error) = read(refused);
    assert_eq!((status, &error["id"]), (401, &json!("unauthorized")));
}

#[test]
fn a_token_of_any_format_works_until_it_expires() {
    let fixture = fixture();
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    fixture.sandbox.accept_token(ME, Grant::Authorization, Some(HOUR), uuid).unwrap();
    assert_eq!(fixture.get("/account", uuid).status(), 200);
    fixture.sandbox.advance(HOUR);
    assert_eq!(fixture.get("/account", uuid).status(), 401);
    assert!(fixture.sandbox.live_tokens().is_empty());
}

#[test]
fn a_password_login_creates_an_authorization_that_later_responses_redact() {
    let fixture = fixture();
    let body = json!({"description": "test", "expires_in": 2_592_000, "scope": ["global"]});
    let created =
        fixture.post("/oauth/authorizations").basic_auth(ME, Some(PASSWORD)).json(&body).send().unwrap();
    let (status, created) = read(created);
    assert_eq!(status, 201);
    assert_eq!(created["created_at"].as_str().map(str::len), Some("2020-01-01T00:00:00Z".len()));
    assert_eq!(created["access_token"]["expires_in"], 2_592_000);
    assert_eq!(created["user"]["email"], ME);
    let token = created["access_token"]["token"].as_str().unwrap();

    let (_, list) = read(fixture.get("/oauth/authorizations", token));
    assert_eq!(list[0]["id"], created["id"]);
    let shown = list[0]["access_token"]["token"].as_str().unwrap();
    let (prefix, suffix) = shown.split_once("**********").unwrap();
    assert!(token.starts_with(prefix) && token.ends_with(suffix) && !shown.contains(token));
}

#[test]
fn redaction_can_hide_the_whole_token() {
    let fixture = fixture_with(|config| config.redaction = Redaction { prefix: 0, suffix: 0 });
    let token = fixture.sandbox.issue_token(ME, Grant::Default, None).unwrap();
    let (_, default) = read(fixture.get("/oauth/authorizations/~", &token));
    assert_eq!(default["access_token"]["token"], "**********");
}

#[test]
fn password_logins_are_refused_as_configured() {
    let fixture = fixture();
    let try_as = |account: Account, password: &str, code: Option<&str>, seconds: u64| -> (u16, Value) {
        fixture.sandbox.add_account(account);
        let mut request = fixture.post("/oauth/authorizations").basic_auth(ME, Some(password));
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
fn regenerating_invalidates_the_old_token_at_once() {
    let fixture = fixture();
    let old = fixture.sandbox.issue_token(ME, Grant::Authorization, Some(HOUR)).unwrap();
    let id = fixture.sandbox.live_tokens()[0].id;
    let path = format!("/oauth/authorizations/{id}/actions/regenerate-tokens");
    let (status, created) = read(fixture.post(&path).bearer_auth(&old).send().unwrap());
    let new = created["access_token"]["token"].as_str().unwrap();
    assert_eq!((status, &created["id"]), (200, &json!(id)));
    assert_eq!(fixture.get("/account", &old).status(), 401);
    assert_eq!(fixture.get("/account", new).status(), 200);
}

#[test]
fn an_account_can_revoke_only_its_own_authorizations() {
    let fixture = fixture();
    fixture.sandbox.add_account(Account::new("other@example.com"));
    let other = fixture.sandbox.issue_token("other@example.com", Grant::Authorization, None).unwrap();
    let mine = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let ids: Vec<_> = fixture.sandbox.live_tokens().iter().map(|token| token.id).collect();

    let (status, error) = read(fixture.delete(&format!("/oauth/authorizations/{}", ids[0]), &mine));
    assert_eq!((status, &error["resource"]), (404, &json!("authorization")));
    assert_eq!(fixture.delete(&format!("/oauth/authorizations/{}", ids[1]), &mine).status(), 200);
    assert!(fixture.sandbox.is_live(&other) && !fixture.sandbox.is_live(&mine));
}

#[test]
fn a_session_is_not_an_authorization_and_can_end_itself() {
    let fixture = fixture();
    let authorization = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let (status, error) = read(fixture.delete("/oauth/sessions/~", &authorization));
    assert_eq!((status, &error["id"], &error["resource"]), (404, &json!("not_found"), &json!("session")));

    let session = fixture.sandbox.issue_token(ME, Grant::Session, Some(HOUR)).unwrap();
    let (_, authorizations) = read(fixture.get("/oauth/authorizations", &session));
    assert_eq!(authorizations.as_array().unwrap().len(), 1);
    let (_, sessions) = read(fixture.get("/oauth/sessions", &session));
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(fixture.delete("/oauth/sessions/~", &session).status(), 200);
    assert_eq!(fixture.get("/account", &session).status(), 401);
}

#[test]
fn a_suspended_account_can_do_nothing() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    fixture.sandbox.add_account(Account { refusal: Some(Refusal::Suspended), ..Account::new(ME) });
    let (status, error) = read(fixture.get("/account", &token));
    assert_eq!((status, &error["id"]), (403, &json!("suspended")));
}

#[test]
fn an_empty_pool_returns_429_until_it_refills() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    assert_eq!(fixture.get("/account", &token).headers()["RateLimit-Remaining"], "4499");
    fixture.sandbox.set_requests_left(ME, 0);
    let (status, error) = read(fixture.get("/account", &token));
    assert_eq!((status, &error["id"]), (429, &json!("rate_limit")));
    fixture.sandbox.advance(Duration::from_mins(1));
    assert_eq!(fixture.get("/account", &token).status(), 200);
}

#[test]
fn every_response_appends_a_request_id_to_the_clients_own() {
    let fixture = fixture();
    for path in ["/account", "/nothing", "/my-app.git/info/refs"] {
        let response = fixture.client.get(fixture.url(path)).header("Request-Id", "mine").send().unwrap();
        let ids = response.headers()["Request-Id"].to_str().unwrap();
        assert_eq!(ids.split(',').next(), Some("mine"), "{path}");
        assert_eq!(ids.split(',').nth(1).map(str::len), Some(36), "{path}");
    }
}

#[test]
fn neither_the_log_nor_the_control_api_shows_a_token() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    fixture.get("/account", &token);
    let logged = fixture.sandbox.requests();
    let last = format!("…{}", &token[61..]);
    assert_eq!(logged[0].masked.as_ref(), Some(&last));
    assert_eq!((logged[0].path.as_str(), logged[0].status), ("/account", Some(200)));

    fixture.post("/oauth/authorizations").basic_auth(ME, Some(PASSWORD)).send().unwrap();
    assert_eq!(fixture.sandbox.requests()[1].masked.as_deref(), Some("…"), "no part of a password is shown");

    let state = fixture.client.get(fixture.url("/sandbox/state")).send().unwrap().text().unwrap();
    assert!(state.contains(&last) && !state.contains(&token));
    assert_eq!(fixture.sandbox.requests().len(), 2, "the control API is not logged");
}

#[test]
fn another_process_can_add_accounts_and_issue_and_revoke_tokens() {
    let fixture = fixture();
    let new = json!({"email": "new@example.com", "refusal": null});
    assert_eq!(fixture.post("/sandbox/accounts").json(&new).send().unwrap().status(), 204);
    let body = json!({"email": "new@example.com", "grant": "default", "expires_in": 60});
    let (_, created) = read(fixture.post("/sandbox/tokens").json(&body).send().unwrap());
    let token = created["token"].as_str().unwrap();
    assert_eq!(fixture.get("/oauth/authorizations/~", token).status(), 200);
    let revoke = fixture.url(&format!("/sandbox/tokens/{}", created["id"].as_str().unwrap()));
    assert_eq!(fixture.client.delete(revoke).send().unwrap().status(), 204);
    assert!(!fixture.sandbox.is_live(token));

    let unknown = json!({"email": "nobody@example.com", "grant": "session"});
    assert_eq!(fixture.post("/sandbox/tokens").json(&unknown).send().unwrap().status(), 422);
}
