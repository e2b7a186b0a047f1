//! Compares this crate's readers with the real curl, Heroku CLI and Python, the first two also before and after edits.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a program that does not answer fails its test")]

#[path = "../files/mod.rs"]
mod files;
#[path = "../invariants/mod.rs"]
#[expect(dead_code, reason = "this suite only needs its hosts")]
mod invariants;

mod corpus;
mod curl;
mod generated;
mod heroku_cli;
mod python;
mod server;

use netrc_edit::{Credential, Netrc, ParseError};

/// What a reader uses for a host. An empty value and a missing one are the same here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Found {
        login: Vec<u8>,
        password: Vec<u8>,
    },
    Nothing,
    /// The reader took the file for broken: an old curl sent no request, Python raised an error.
    Refused,
}

impl Answer {
    fn new(login: &str, password: &str) -> Self {
        Self::Found { login: login.into(), password: password.into() }
    }

    /// What this crate predicts for the Heroku CLI.
    fn predicted_for_cli(netrc: &Netrc, host: &str) -> Self {
        Self::from_credential(netrc.heroku_cli(host))
    }

    /// What this crate predicts that curl sends.
    fn predicted_for_curl(netrc: &Netrc, host: &str) -> Self {
        match Self::from_credential(netrc.curl(host)) {
            Self::Found { login, password } => {
                Self::from_basic_auth(&[&login[..], b":", &password[..]].concat())
            }
            other @ (Self::Nothing | Self::Refused) => other,
        }
    }

    /// What this crate predicts for `requests` in Python.
    fn predicted_for_python(netrc: &Netrc, host: &str) -> Self {
        netrc.python(host).map_or_else(|ParseError { .. }| Self::Refused, Self::from_credential)
    }

    /// Splits `login:password` as HTTP does: at the first colon.
    fn from_basic_auth(text: &[u8]) -> Self {
        let colon = text.iter().position(|&byte| byte == b':').unwrap();
        Self::Found { login: text[..colon].to_vec(), password: text[colon + 1..].to_vec() }
    }

    fn from_credential(credential: Option<Credential>) -> Self {
        credential.map_or(Self::Nothing, |found| {
            let value = |value: Option<&[u8]>| value.unwrap_or_default().to_vec();
            Self::Found { login: value(found.login()), password: value(found.password()) }
        })
    }
}
