//! The sandbox from the outside: HTTP clients and git.

#![expect(clippy::unwrap_used, reason = "a helper may end a test as the test itself may")]

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
/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A sandbox with one account, a client for it, and a folder that goes when both do.
struct Place {
    sandbox: Sandbox,
    client: Client,
    folder: TempDir,
}

fn place() -> Place {
    place_with(|_| {})
}

fn place_with(adjust: impl FnOnce(&mut Config)) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path().join("repositories"));
    adjust(&mut config);
    let sandbox = Sandbox::start(config).unwrap();
    sandbox.add_account(Account { password: Some(PASSWORD.to_owned()), ..Account::new(ME) });
    Place { sandbox, client: client().build().unwrap(), folder }
}

fn client() -> ClientBuilder {
    // An error says that another test of this process has installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(LIMIT).no_proxy()
}

impl Place {
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

/// Status and JSON of an answer.
fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().unwrap())
}
