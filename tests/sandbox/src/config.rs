//! The configuration of a sandbox.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How a [`Sandbox`](crate::Sandbox) listens, where it keeps git repositories, and how long tokens are valid.
///
/// ```
/// # use heroku_sandbox::Config;
/// let config = Config { login_lifetime: None, ..Config::new("/tmp/repositories") };
/// assert!(config.tls.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The address for plain HTTP, or `None` to serve none. Port 0 picks a free one.
    pub http: Option<SocketAddr>,
    /// The address and certificate for TLS, or `None` to serve none.
    pub tls: Option<Tls>,
    /// The folder for the bare git repositories, one `APP.git` for each app. Created if it does not exist.
    pub repositories: PathBuf,
    /// The lifetime of tokens from browser logins, or `None` if they never expire.
    pub login_lifetime: Option<Duration>,
    /// How much of a token the responses of `/oauth/authorizations` show.
    pub redaction: Redaction,
}

impl Config {
    /// Plain HTTP on a free port of 127.0.0.1, no TLS, and browser logins that last 30 days.
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

/// The TLS socket, and the certificate that is created for it at the start.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The address to listen on. Port 0 picks a free one.
    pub address: SocketAddr,
    /// The DNS names or IP addresses in the certificate.
    pub names: Vec<String>,
    /// The file to write the certificate of the authority to, as PEM. `SSL_CERT_FILE`, `GIT_SSL_CAINFO` and
    /// `NODE_EXTRA_CA_CERTS` take its path.
    pub authority: PathBuf,
}

/// How many characters of a redacted token stay readable on each side of its ten asterisks.
#[derive(Clone, Copy, Debug)]
pub struct Redaction {
    /// The number of characters shown at the start, which may be 0.
    pub prefix: usize,
    /// The number of characters shown at the end, which may be 0.
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
