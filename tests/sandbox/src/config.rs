//! What a sandbox is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How a [`Sandbox`](crate::Sandbox) listens, where it keeps git repositories, and how long tokens live.
///
/// ```
/// # use heroku_sandbox::Config;
/// let config = Config { login_lifetime: None, ..Config::new("/tmp/repositories") };
/// assert!(config.tls.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Where plain HTTP is served; port 0 takes a free one. `None`: not at all.
    pub http: Option<SocketAddr>,
    /// Where TLS is served, with which certificate. `None`: not at all.
    pub tls: Option<Tls>,
    /// Folder for the bare git repositories, one `APP.git` each; made where missing.
    pub repositories: PathBuf,
    /// How long a token from a browser login lives; `None` is for ever.
    pub login_lifetime: Option<Duration>,
    /// How much of a token a list of authorizations shows.
    pub redaction: Redaction,
}

impl Config {
    /// Plain HTTP on a free port of 127.0.0.1, no TLS, browser logins for thirty days.
    pub fn new(repositories: impl Into<PathBuf>) -> Self {
        Self {
            http: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            tls: None,
            repositories: repositories.into(),
            login_lifetime: Some(Duration::from_hours(30 * 24)),
            redaction: Redaction::default(),
        }
    }
}

/// A TLS listener and the certificate made for it at the start.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The DNS names (or IP addresses) that the certificate is for.
    pub names: Vec<String>,
    /// Where to write the certificate of the authority that signed it, in PEM: what `SSL_CERT_FILE`,
    /// `GIT_SSL_CAINFO` and `NODE_EXTRA_CA_CERTS` shall point at.
    pub authority: PathBuf,
}

/// How many characters of a token stay readable on either side of the ten asterisks. Either may be 0.
#[derive(Clone, Copy, Debug)]
pub struct Redaction {
    /// Characters shown at the front.
    pub prefix: usize,
    /// Characters shown at the end.
    pub suffix: usize,
}

impl Default for Redaction {
    fn default() -> Self {
        Self { prefix: 14, suffix: 4 }
    }
}

impl Redaction {
    pub(crate) fn apply(self, token: &str) -> String {
        let characters: Vec<char> = token.chars().collect();
        let prefix: String = characters.iter().take(self.prefix).collect();
        let suffix: String = characters.iter().skip(characters.len().saturating_sub(self.suffix)).collect();
        format!("{prefix}**********{suffix}")
    }
}
