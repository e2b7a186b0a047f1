use heroku_sandbox::Grant;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::{ME, Place, client, place, read};

const REDIRECT: &str = "http://localhost:5999/callback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Registered {
    place: Place,
    token: String,
    id: String,
    secret: String,
}

fn registered() -> Registered {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let asked = json!({"name": "Test client", "redirect_uri": REDIRECT});
    let (status, made) = read(place.post("/oauth/clients").bearer_auth(&token).json(&asked).send().unwrap());
    assert_eq!(status, 201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    Registered { id: text("id"), secret: text("secret"), place, token }
}

impl Registered {
    fn page(&self, more: &str) -> String {
        let query = format!("client_id={}&response_type=code&state=fake-state{more}", self.id);
        self.place.url(&format!("/oauth/authorize?{query}"))
    }

    /// Presses a button; where the browser is sent then.
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

    fn ask_token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let mut form = form.to_vec();
        form.extend([("client_id", &*self.id), ("client_secret", &*self.secret)]);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.place.post("/oauth/token").body(body);
        read(request.header("Content-Type", "application/x-www-form-urlencoded").send().unwrap())
    }

    fn exchange(&self, code: &str, verifier: &str) -> (u16, Value) {
        let grant = ("grant_type", "authorization_code");
        self.ask_token(&[grant, ("code", code), ("code_verifier", verifier), ("redirect_uri", REDIRECT)])
    }
}

#[test]
fn a_code_and_its_verifier_bring_tokens_once() {
    let here = registered();
    let code = here.code();
    let (status, tokens) = here.exchange(&code, VERIFIER);
    assert_eq!((status, &tokens["expires_in"]), (200, &json!(28_800)), "{tokens}");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(read(here.place.get("/account", access)).1["email"], ME);
    assert_eq!(here.exchange(&code, VERIFIER), (400, error("invalid_grant")));

    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (_, renewed) = here.ask_token(&refresh);
    assert!(here.place.sandbox.is_live(renewed["access_token"].as_str().unwrap()));
    assert!(!here.place.sandbox.is_live(access));
    assert_eq!(here.place.delete(&format!("/oauth/clients/{}", here.id), &here.token).status(), 200);
    assert_eq!(here.ask_token(&refresh).0, 401);
}

#[test]
fn a_wrong_verifier_brings_nothing_and_uses_the_code_up() {
    let here = registered();
    let code = here.code();
    assert_eq!(here.exchange(&code, "another"), (400, error("invalid_grant")));
    assert_eq!(here.exchange(&code, VERIFIER).0, 400);
    assert_eq!(here.place.sandbox.live_tokens().len(), 1, "the one that registered the client");
}

#[test]
fn the_page_denies_and_refuses() {
    let here = registered();
    assert_eq!(here.press("", "decision=deny"), format!("{REDIRECT}?error=access_denied&state=fake-state"));
    let elsewhere = here.page("&redirect_uri=https://evil.example/");
    assert_eq!(here.place.client.get(elsewhere).send().unwrap().status(), 400);
    let page = here.place.client.get(here.page("")).send().unwrap().text().unwrap();
    assert!(page.contains("Test client"), "{page}");
}

#[test]
fn single_sign_on_shows_a_token_of_a_session() {
    let place = place();
    let request = place.post("/saml/fake-org/init?cli=true").body("decision=log-in&email=me%40example.com");
    let page =
        request.header("Content-Type", "application/x-www-form-urlencoded").send().unwrap().text().unwrap();
    let token = page.split("<code id=\"token\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    assert!(place.sandbox.is_live(token));
    assert_eq!(place.sandbox.live_tokens()[0].grant, Grant::Session);
}

#[test]
fn keys_are_added_and_removed() {
    let place = place();
    let token = place.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let key = json!({"public_key": "ssh-ed25519 AAAAfake me@example.com"});
    let add = || read(place.post("/account/keys").bearer_auth(&token).json(&key).send().unwrap());
    let (status, added) = add();
    assert_eq!(status, 201);
    assert_eq!(add().0, 422, "twice");
    assert_eq!(read(place.get("/account/keys", &token)).1[0]["comment"], "me@example.com");
    let path = format!("/account/keys/{}", added["fingerprint"].as_str().unwrap());
    assert_eq!(place.delete(&path, &token).status(), 200);
    assert_eq!(place.delete(&path, &token).status(), 404);
}

fn error(id: &str) -> Value {
    json!({"error": id, "error_description": "The sandbox refuses this."})
}
