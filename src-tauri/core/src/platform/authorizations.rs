//! Authorizations: what can act as an account (INTEROP.md, "Authorizations").

use serde::Deserialize;

use super::Heroku;
use crate::error::Result;
use crate::token::Token;

const PATH: &str = "/oauth/authorizations";
/// What a list shows in place of the middle of a token.
const REDACTED: &str = "**********";

/// One authorization, as a list shows it.
#[derive(Deserialize)]
struct Authorization {
    id: String,
    access_token: Option<AccessToken>,
}

#[derive(Deserialize)]
struct AccessToken {
    /// Redacted in lists.
    token: String,
}

impl Authorization {
    fn is_for(&self, token: &Token) -> bool {
        self.access_token.as_ref().is_some_and(|access| matches(&access.token, token))
    }
}

/// What became of a token's authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It is gone.
    Yes,
    /// The account's default authorization: the dashboard's API key, which other things may use. It stays.
    KeptDefault,
    /// There was none: a session's token, or a dead one.
    None,
}

/// Revokes the authorization of a token, unless it is the account's default one.
pub fn revoke_token(heroku: &Heroku, token: &Token) -> Result<Revoked> {
    let all: Vec<Authorization> = match heroku.get(PATH, token) {
        Err(failure) if failure.is_unauthorized() => return Ok(Revoked::None),
        other => other?,
    };
    let ours: Vec<&Authorization> = all.iter().filter(|authorization| authorization.is_for(token)).collect();
    if ours.is_empty() {
        return Ok(Revoked::None);
    }
    let default: Option<Authorization> = match heroku.get(&format!("{PATH}/~"), token) {
        Err(failure) if failure.is_not_found() => None,
        other => Some(other?),
    };
    if default.is_some_and(|default| default.is_for(token)) {
        return Ok(Revoked::KeptDefault);
    }
    for authorization in ours {
        match heroku.delete(&format!("{PATH}/{}", authorization.id), token) {
            // The answer of an earlier try may have been lost after Heroku did the work.
            Err(failure) if failure.is_not_found() || failure.is_unauthorized() => {}
            other => other?,
        }
    }
    Ok(Revoked::Yes)
}

/// True if a token as a list shows it, redacted or not, is this one.
fn matches(shown: &str, token: &Token) -> bool {
    match shown.split_once(REDACTED) {
        None => shown == token.expose(),
        Some((prefix, suffix)) => token.expose().starts_with(prefix) && token.expose().ends_with(suffix),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;
    use crate::token::Token;

    #[test]
    fn a_redacted_token_is_matched_by_its_ends() {
        let token = Token::parse("HRKU-fake-begin-middle-end").unwrap();
        for shown in
            ["HRKU-fake-begin-middle-end", "HRKU**********end", "HRKU-fake**********", "**********-end"]
        {
            assert!(matches(shown, &token), "{shown}");
        }
        for shown in ["HRKU-fake-begin-middle", "OTHER**********end", "HRKU**********other", ""] {
            assert!(!matches(shown, &token), "{shown}");
        }
    }
}
