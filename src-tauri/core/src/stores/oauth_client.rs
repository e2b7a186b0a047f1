//! The OAuth client that is registered on an account, and what its last login brought: in the keychain, in an entry of
//! Herokey's own. Never in a file: a refresh token outlives every token that it brings.

use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::keychain::{Keychain, Trouble, Unlock, error_for};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::token::Token;

/// Longer than any entry: a buffer that grows would leave a copy behind.
const CAPACITY: usize = 16 << 10;

/// An OAuth client, registered on an account.
#[derive(Clone, Debug, Deserialize)]
pub struct Client {
    /// What Heroku calls it.
    pub id: String,
    /// Its password.
    pub secret: SecretString,
    /// The port of this machine that Heroku sends the browser back to. It is part of the registration.
    pub port: u16,
}

/// An OAuth client of an account's.
#[derive(Clone, Debug, Deserialize)]
pub struct Registration {
    /// The client.
    pub client: Client,
    /// What its last login or renewal brought; `None` before the first and after a logout.
    pub grant: Option<Granted>,
}

/// What brings the next token, and the last one that it brought.
#[derive(Clone, Debug, Deserialize)]
pub struct Granted {
    /// What brings the next token.
    pub refresh_token: SecretString,
    /// The access token. Where the token in use is another one, someone has logged in in another way since, and there
    /// is nothing to renew.
    pub access_token: SecretString,
    /// When the access token ends, as far as Heroku has said.
    pub expires_at: Option<Timestamp>,
}

impl Granted {
    /// The access token.
    pub fn token(&self) -> Option<Token> {
        Token::parse(self.access_token.expose_secret())
    }

    /// True if this login brought the token.
    pub fn brought(&self, token: &Token) -> bool {
        self.access_token.expose_secret() == token.expose()
    }
}

/// The registration of an account, if there is one.
pub fn load(env: &Env, account: &str, unlock: Unlock) -> Result<Option<Registration>> {
    let secret = Keychain::open_own(env, unlock)?.own(account)?;
    // An entry that is no registration is as good as none: the next one takes its place.
    Ok(secret.and_then(|secret| serde_json::from_slice(&secret).ok()))
}

/// Writes the registration of an account and reads it back.
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
        .map_err(|error| error_for(&Trouble::Failed(error.to_string())))?;
    Keychain::open_own(env, Unlock::Ask)?.set_own(account, secret)
}

/// Forgets what an account's login brought and keeps its client for the next login; true if there was something.
pub fn forget_grant(env: &Env, account: &str) -> Result<bool> {
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
