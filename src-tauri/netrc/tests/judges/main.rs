//! What curl and the Heroku CLI themselves say of a file, before and after an edit.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a judge that cannot be asked fails its test")]

#[path = "../files/mod.rs"]
mod files;
#[path = "../invariants/mod.rs"]
#[expect(dead_code, reason = "only its hosts are asked about here")]
mod invariants;

mod corpus;
mod curl;
mod generated;
mod heroku_cli;
mod server;

use netrc_edit::{Credential, Netrc};

/// What a reader of the file makes of it for a host. What is empty or missing is the same here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Found {
        login: Vec<u8>,
        password: Vec<u8>,
    },
    Nothing,
    /// An old curl takes the file for broken and asks nothing of the server.
    Refused,
}

impl Answer {
    fn new(login: &str, password: &str) -> Self {
        Self::Found { login: login.into(), password: password.into() }
    }

    /// What the crate says that the Heroku CLI reads.
    fn of_cli(netrc: &Netrc, host: &str) -> Self {
        Self::of(netrc.heroku_cli(host))
    }

    /// What the crate says that curl reads, as curl sends it.
    fn of_curl(netrc: &Netrc, host: &str) -> Self {
        match Self::of(netrc.curl(host)) {
            Self::Found { login, password } => Self::sent(&[&login[..], b":", &password[..]].concat()),
            other => other,
        }
    }

    /// What `login:password` says: HTTP takes the first colon for the end of the login.
    fn sent(text: &[u8]) -> Self {
        let colon = text.iter().position(|&byte| byte == b':').unwrap();
        Self::Found { login: text[..colon].to_vec(), password: text[colon + 1..].to_vec() }
    }

    fn of(credential: Option<Credential>) -> Self {
        credential.map_or(Self::Nothing, |found| {
            let value = |value: Option<&[u8]>| value.unwrap_or_default().to_vec();
            Self::Found { login: value(found.login()), password: value(found.password()) }
        })
    }
}
