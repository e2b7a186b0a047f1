//! Finds the token that the Heroku CLI would use, in the CLI's own order.

use super::accounts_files;
use super::keychain::{Keychain, Unlock, unless_missing};
use super::netrc::{NetrcFile, login_of, token_of};
use super::{cli_reads_keychain, login_json};
use crate::base::api_key::{ApiKey, Flaw};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;

/// Where the token in use was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The variable `HEROKU_API_KEY`.
    Env,
    /// The keychain.
    Keychain,
    /// The netrc file.
    Netrc,
}

/// The token that the Heroku CLI would use.
#[derive(Debug)]
pub struct TokenInUse {
    /// The account's email. `None` if the source does not name one.
    pub account: Option<String>,
    /// The token.
    pub token: Token,
    /// Where it was found.
    pub source: Source,
    /// Why heroku or git cannot use `HEROKU_API_KEY`, if it is from there.
    pub flaw: Option<Flaw>,
}

/// Searches in the CLI's order (INTEROP.md, "Which token the CLI uses"): `HEROKU_API_KEY`, then the keychain entry of the
/// account in `login.json`, unless only netrc counts, then netrc. `None` if nobody is logged in.
///
/// If the keychain fails, this reads netrc nevertheless, as the CLI does, and returns the keychain's error only if netrc
/// has no token. Fails with [`Code::EnvApiKeyMalformed`] if heroku fails with `HEROKU_API_KEY` as it is.
pub fn token_in_use(env: &Env, unlock: Unlock) -> Result<Option<TokenInUse>> {
    match token_to_print(env, unlock)? {
        Some(TokenInUse { flaw: Some(flaw), .. }) if flaw.stops_heroku() => Err(flaw.into()),
        found => Ok(found),
    }
}

/// Like [`token_in_use`], for who prints the token: `heroku auth:token` and git's protocol end a line where a line break in
/// `HEROKU_API_KEY` would, so white space around the token does not matter there.
pub fn token_to_print(env: &Env, unlock: Unlock) -> Result<Option<TokenInUse>> {
    let Some(api_key) = env.os("HEROKU_API_KEY") else { return stored(env, unlock) };
    // The CLI uses the variable whatever it holds, so falling back to a stored token would be wrong.
    let ApiKey { token, flaw, .. } = ApiKey::of(api_key);
    match token {
        Some(token) => Ok(Some(TokenInUse { account: None, token, source: Source::Env, flaw })),
        None => Err(flaw.unwrap_or(Flaw::TooLong).into()),
    }
}

/// Like [`token_in_use`], but ignores `HEROKU_API_KEY`.
pub(crate) fn stored(env: &Env, unlock: Unlock) -> Result<Option<TokenInUse>> {
    let keychain = in_keychain(env, unlock);
    if let Ok(Some(found)) = keychain {
        return Ok(Some(found));
    }
    match in_netrc(env, unlock)? {
        Some(found) => Ok(Some(found)),
        None => keychain,
    }
}

/// Like [`token_in_use`], but fails if there is no token.
pub fn require_token(env: &Env, unlock: Unlock) -> Result<TokenInUse> {
    token_in_use(env, unlock)?.ok_or_else(not_logged_in)
}

/// The token of an account, wherever it is on this machine, or else the one in use; with its account, if that is known.
pub fn account_token(env: &Env, account: Option<&str>, unlock: Unlock) -> Result<(Option<String>, Token)> {
    let in_use = token_in_use(env, unlock);
    let Some(account) = account else {
        return in_use?.map(|found| (found.account, found.token)).ok_or_else(not_logged_in);
    };
    if let Ok(Some(found)) = in_use
        && found.account.as_deref() == Some(account)
    {
        return Ok((found.account, found.token));
    }
    let in_keychain = match unless_missing(Keychain::open(env, unlock))? {
        Some(keychain) => keychain.get(account)?,
        None => None,
    };
    let token = match in_keychain {
        Some(token) => Some(token),
        None => accounts_files::token_of_account(env, account)?,
    };
    token.map(|token| (Some(account.to_owned()), token)).ok_or_else(|| no_token_of(account))
}

/// The error for an account without a token on this machine.
pub(crate) fn no_token_of(account: &str) -> Error {
    Error::new(Code::NotLoggedIn, format!("There is no token for {account} on this machine."))
        .means("Nothing was changed.")
        .next_step("Run `herokey accounts` to see which accounts have one, or log in with `herokey login`.")
}

/// The error for a machine on which nobody is logged in.
pub fn not_logged_in() -> Error {
    Error::new(Code::NotLoggedIn, "Not logged in to Heroku.").next_step("Log in with `herokey login`.")
}

fn in_keychain(env: &Env, unlock: Unlock) -> Result<Option<TokenInUse>> {
    if env.netrc_only() || !cli_reads_keychain(env) {
        return Ok(None);
    }
    let Some(account) = login_json::read(env)? else { return Ok(None) };
    let token = Keychain::open(env, unlock)?.get(&account)?;
    Ok(token.map(|token| TokenInUse { account: Some(account), token, source: Source::Keychain, flaw: None }))
}

fn in_netrc(env: &Env, unlock: Unlock) -> Result<Option<TokenInUse>> {
    let Some(netrc) = NetrcFile::locate(env).read(env, unlock)? else { return Ok(None) };
    let Some(record) = netrc.heroku_cli(&env.hosts().api) else { return Ok(None) };
    let account = login_of(&record);
    Ok(token_of(&record).map(|token| TokenInUse { account, token, source: Source::Netrc, flaw: None }))
}
