//! The one token that the Heroku CLI would use now, found in the CLI's own order and without looking further.

use super::keychain::{Keychain, Unlock};
use super::netrc::{NetrcFile, login_of, token_of};
use super::{cli_reads_keychain, login_json};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;

/// Where the token in use comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The variable `HEROKU_API_KEY`.
    Env,
    /// The keychain.
    Keychain,
    /// netrc.
    Netrc,
}

/// The token in use.
#[derive(Debug)]
pub struct InUse {
    /// Whose it is; `None` where the source does not say.
    pub account: Option<String>,
    /// The token.
    pub token: Token,
    /// Where it was found.
    pub source: Source,
}

/// Looks in the CLI's order (INTEROP.md, "Which token the CLI uses"): `HEROKU_API_KEY`, the keychain entry of the
/// account in `login.json` unless netrc is forced, netrc. `None`: not logged in.
///
/// Where the keychain fails, netrc is still asked, as the CLI does; the keychain's error is returned only if netrc
/// has no answer.
pub fn token_in_use(env: &Env, unlock: Unlock) -> Result<Option<InUse>> {
    let Some(api_key) = env.os("HEROKU_API_KEY") else { return stored(env, unlock) };
    // The CLI would use it whatever it is: another token in its place would be one that heroku does not use.
    let token = api_key.to_str().and_then(Token::parse).ok_or_else(|| {
        Error::new(Code::EnvApiKeyOverrides, "HEROKU_API_KEY is set to something that is no token.")
            .means("The heroku command uses it all the same, and Heroku will refuse it.")
            .next_step("Unset HEROKU_API_KEY, or set it to a token.")
    })?;
    Ok(Some(InUse { account: None, token, source: Source::Env }))
}

/// The same without `HEROKU_API_KEY`: what is stored on this machine.
pub fn stored(env: &Env, unlock: Unlock) -> Result<Option<InUse>> {
    let keychain = in_keychain(env, unlock);
    if let Ok(Some(found)) = keychain {
        return Ok(Some(found));
    }
    match in_netrc(env, unlock)? {
        Some(found) => Ok(Some(found)),
        None => keychain,
    }
}

/// Like [`token_in_use`], where having none is a failure.
pub fn require_token(env: &Env, unlock: Unlock) -> Result<InUse> {
    token_in_use(env, unlock)?.ok_or_else(not_logged_in)
}

/// The failure of having no token.
pub fn not_logged_in() -> Error {
    Error::new(Code::NotLoggedIn, "Not logged in to Heroku.").next_step("Log in with `herokey login`.")
}

fn in_keychain(env: &Env, unlock: Unlock) -> Result<Option<InUse>> {
    if env.netrc_only() || !cli_reads_keychain(env) {
        return Ok(None);
    }
    let Some(account) = login_json::read(env)? else { return Ok(None) };
    let token = Keychain::open(env, unlock)?.get(&account)?;
    Ok(token.map(|token| InUse { account: Some(account), token, source: Source::Keychain }))
}

fn in_netrc(env: &Env, unlock: Unlock) -> Result<Option<InUse>> {
    let Some(netrc) = NetrcFile::locate(env).read(env, unlock)? else { return Ok(None) };
    let Some(record) = netrc.heroku_cli(&env.hosts().api) else { return Ok(None) };
    let account = login_of(&record);
    Ok(token_of(&record).map(|token| InUse { account, token, source: Source::Netrc }))
}
