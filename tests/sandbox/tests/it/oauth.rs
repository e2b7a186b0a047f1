use heroku_sandbox::Grant;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::{Fixture, ME, client, fixture, read};

const REDIRECT: &str = "http://localhost:5999/callback";
/// The example in RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A sandbox in which an OAuth client is registered.
struct RegisteredClient {
    fixture: Fixture,
    token: String,
    id: String,
    secret: String,
}

fn registered_client() -> RegisteredClient {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let body = json!({"name": "Test client", "redirect_uri": REDIRECT});
    let (status, client) =
        read(fixture.post("/oauth/clients").bearer_auth(&token).json(&body).send().unwrap());
    assert_eq!(status, 201);
    let text = |name: &str| client[name].as_str().unwrap().to_owned();
    RegisteredClient { id: text("id"), secret: text("secret"), fixture, token }
}

impl RegisteredClient {
    /// The address of the authorization page, with `more` in its query.
    fn page(&self, more: &str) -> String {
        let query = format!("client_id={}&response_type=code&state=fake-state{more}", self.id);
        self.fixture.url(&format!("/oauth/authorize?{query}"))
    }

    /// Submits the form of the page, and returns the address it redirects to.
    fn press(&self, more: &str, form: &str) -> String {
        let browser = client().redirect(Policy::none()).build().unwrap();
        let request = browser.post(self.page(more)).body(form.to_owned());
        let response = request.header("Content-Type", "application/x-www-form-urlencoded").send().unwrap();
        assert_eq!(response.status(), 303);
        response.headers()["Location"].to_str().unwrap().to_owned()
    }

    fn code(&self) -> String {
        let more = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
        let location = self.press(&more, "decision=log-in&email=me%40example.com");
        let code = location.strip_prefix("http://localhost:5999/callback?code=").unwrap();
        code.strip_suffix("&state=fake-state").unwrap().to_owned()
    }

    fn request_token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let mut form = form.to_vec();
        form.extend([("client_id", &*self.id), ("client_secret", &*self.secret)]);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.fixture.post("/oauth/token").body(body);
        read(request.header("Content-Type", "application/x-www-form-urlencoded").send().unwrap())
    }

    fn exchange(&self, code: &str, verifier: &str) -> (u16, Value) {
        let grant = ("grant_type", "authorization_code");
        self.request_token(&[grant, ("code", code), ("code_verifier", verifier), ("redirect_uri", REDIRECT)])
    }
}

#[test]
fn a_code_and_its_verifier_work_once() {
    let client = registered_client();
    let code = client.code();
    let (status, tokens) = client.exchange(&code, VERIFIER);
    assert_eq!((status, &tokens["expires_in"]), (200, &json!(28_800)), "{tokens}");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(read(client.fixture.get("/account", access)).1["email"], ME);
    assert_eq!(client.exchange(&code, VERIFIER), (400, error("invalid_grant")));

    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (_, renewed) = client.request_token(&refresh);
    assert!(client.fixture.sandbox.is_live(renewed["access_token"].as_str().unwrap()));
    assert!(!client.fixture.sandbox.is_live(access));
    assert_eq!(client.fixture.delete(&format!("/oauth/clients/{}", client.id), &client.token).status(), 200);
    assert_eq!(client.request_token(&refresh).0, 401);
}

#[test]
fn a_wrong_verifier_is_refused_and_uses_up_the_code() {
    let client = registered_client();
    let code = client.code();
    assert_eq!(client.exchange(&code, "another"), (400, error("invalid_grant")));
    assert_eq!(client.exchange(&code, VERIFIER).0, 400);
    assert_eq!(client.fixture.sandbox.live_tokens().len(), 1, "only the token that registered the client");
}

#[test]
fn the_page_can_deny_and_rejects_invalid_requests() {
    let client = registered_client();
    assert_eq!(client.press("", "decision=deny"), format!("{REDIRECT}?error=access_denied&state=fake-state"));
    let elsewhere = client.page("&redirect_uri=https://evil.example/");
    assert_eq!(client.fixture.client.get(elsewhere).send().unwrap().status(), 400);
    let page = client.fixture.client.get(client.page("")).send().unwrap().text().unwrap();
    assert!(page.contains("Test client"), "{page}");
}

#[test]
fn single_sign_on_shows_a_session_token() {
    let fixture = fixture();
    let request = fixture.post("/saml/fake-org/init?cli=true").body("decision=log-in&email=me%40example.com");
    let page =
        request.header("Content-Type", "application/x-www-form-urlencoded").send().unwrap().text().unwrap();
    let token = page.split("<code id=\"token\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    assert!(fixture.sandbox.is_live(token));
    assert_eq!(fixture.sandbox.live_tokens()[0].grant, Grant::Session);
}

#[test]
fn keys_are_added_and_removed() {
    let fixture = fixture();
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let key = json!({"public_key": "ssh-ed25519 AAAAfake me@example.com"});
    let add = || read(fixture.post("/account/keys").bearer_auth(&token).json(&key).send().unwrap());
    let (status, added) = add();
    assert_eq!(status, 201);
    assert_eq!(add().0, 422, "the same key again");
    assert_eq!(read(fixture.get("/account/keys", &token)).1[0]["comment"], "me@example.com");
    let path = format!("/account/keys/{}", added["fingerprint"].as_str().unwrap());
    assert_eq!(fixture.delete(&path, &token).status(), 200);
    assert_eq!(fixture.delete(&path, &token).status(), 404);
}

fn error(id: &str) -> Value {
    json!({"error": id, "error_description": "The sandbox refused this request."})
}
