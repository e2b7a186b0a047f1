//! The OAuth client that is registered on an account, and the tokens of its last login. They are kept in an entry of
//! Herokey's own in the keychain, never in a file, because a refresh token outlives the tokens that it brings.

use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::keychain::{Keychain, KeychainFailure, Unlock, error_for};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::token::Token;

/// More than any entry needs. A buffer that grows would leave a copy of the secrets behind.
const CAPACITY: usize = 16 << 10;

/// An OAuth client that is registered on an account.
#[derive(Clone, Debug, Deserialize)]
pub struct Client {
    /// The id that Heroku gave it.
    pub id: String,
    /// The client secret.
    pub secret: SecretString,
    /// The local port that Heroku redirects the browser to. It is part of the registration.
    pub port: u16,
}

/// An OAuth client and the tokens of its last login.
#[derive(Clone, Debug, Deserialize)]
pub struct Registration {
    /// The client.
    pub client: Client,
    /// The tokens of the last login or renewal. `None` before the first login and after a logout.
    pub grant: Option<IssuedTokens>,
}

/// The tokens of a login or renewal.
#[derive(Clone, Debug, Deserialize)]
pub struct IssuedTokens {
    /// The refresh token, which brings the next access token.
    pub refresh_token: SecretString,
    /// The access token. If the token in use is a different one, the user has since logged in another way, and there is
    /// nothing to renew.
    pub access_token: SecretString,
    /// When the access token expires, if Heroku has said so.
    pub expires_at: Option<Timestamp>,
}

impl IssuedTokens {
    /// The access token, as a [`Token`].
    pub fn token(&self) -> Option<Token> {
        Token::parse(self.access_token.expose_secret())
    }

    /// True if this is the access token.
    pub fn issued(&self, token: &Token) -> bool {
        self.access_token.expose_secret() == token.expose()
    }
}

/// Reads the registration of an account, if there is one.
pub fn load(env: &Env, account: &str, unlock: Unlock) -> Result<Option<Registration>> {
    let secret = Keychain::open_own(env, unlock)?.own(account)?;
    // An entry that cannot be parsed counts as none. The next registration replaces it.
    Ok(secret.and_then(|secret| serde_json::from_slice(&secret).ok()))
}

/// Writes the registration of an account, and reads it back.
pub fn save(env: &Env, account: &str, registration: &Registration) -> Result<()> {
    let client = &registration.client;
    let written = Written {
        client: WrittenClient { id: &client.id, secret: client.secret.expose_secret(), port: client.port },
        grant: registration.grant.as_ref().map(|grant| WrittenGrant {
            refresh_token: grant.refresh_token.expose_secret(),
            access_token: grant.access_token.expose_secret(),
            expires_at: grant.expires_at,
        }),
    };
    let mut secret = Zeroizing::new(Vec::with_capacity(CAPACITY));
    serde_json::to_writer(&mut *secret, &written)
        .map_err(|error| error_for(&KeychainFailure::Failed(error.to_string())))?;
    Keychain::open_own(env, Unlock::Ask)?.set_own(account, secret)
}

/// Removes the tokens of an account's last login, but keeps its client for the next one. True if there were any.
pub(crate) fn forget_grant(env: &Env, account: &str) -> Result<bool> {
    match load(env, account, Unlock::Ask)? {
        Some(Registration { client, grant: Some(_) }) => {
            save(env, account, &Registration { client, grant: None })?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

#[derive(Serialize)]
struct Written<'a> {
    client: WrittenClient<'a>,
    grant: Option<WrittenGrant<'a>>,
}

#[derive(Serialize)]
struct WrittenClient<'a> {
    id: &'a str,
    secret: &'a str,
    port: u16,
}

#[derive(Serialize)]
struct WrittenGrant<'a> {
    refresh_token: &'a str,
    access_token: &'a str,
    expires_at: Option<Timestamp>,
}
