//! Tests of the sandbox from the outside, with HTTP clients and git.

#![expect(clippy::unwrap_used, reason = "helpers may panic, as tests may")]

mod faults;
mod git;
mod login;
mod oauth;
mod platform;
mod tls;

use std::time::Duration;

use heroku_sandbox::{Account, Config, Sandbox};
use reqwest::blocking::{Client, ClientBuilder, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

const ME: &str = "me@example.com";
const PASSWORD: &str = "fake-password";
/// Longer than any step of these tests takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A sandbox with one account, an HTTP client for it, and a temporary folder.
struct Fixture {
    sandbox: Sandbox,
    client: Client,
    folder: TempDir,
}

fn fixture() -> Fixture {
    fixture_with(|_| {})
}

fn fixture_with(adjust: impl FnOnce(&mut Config)) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path().join("repositories"));
    adjust(&mut config);
    let sandbox = Sandbox::start(config).unwrap();
    sandbox.add_account(Account { password: Some(PASSWORD.to_owned()), ..Account::new(ME) });
    Fixture { sandbox, client: client().build().unwrap(), folder }
}

fn client() -> ClientBuilder {
    // Fails if another test of this process has already installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(TIMEOUT).no_proxy()
}

impl Fixture {
    fn url(&self, path: &str) -> String {
        self.sandbox.http_url().unwrap() + path
    }

    fn get(&self, path: &str, token: &str) -> Response {
        self.client.get(self.url(path)).bearer_auth(token).send().unwrap()
    }

    fn delete(&self, path: &str, token: &str) -> Response {
        self.client.delete(self.url(path)).bearer_auth(token).send().unwrap()
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }
}

/// The status and the JSON body of a response.
fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().unwrap())
}
