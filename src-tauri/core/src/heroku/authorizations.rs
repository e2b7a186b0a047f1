//! Authorizations: what can act as an account (INTEROP.md, "Authorizations").

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};

use super::Heroku;
use super::client::{Credential, segment};
use super::failure::{Failure, garbled};
use crate::base::error::{Code, Result};
use crate::base::token::Token;

const PATH: &str = "/oauth/authorizations";
/// What a list shows in place of the middle of a token.
const REDACTED: &str = "**********";

/// One authorization, as Heroku shows it. Its token is redacted except in the answer that made it.
#[derive(Clone, Debug, Deserialize)]
pub struct Authorization {
    /// What it is called in paths.
    pub id: String,
    /// Who asked for it; empty where Heroku has no words for it.
    #[serde(default, deserialize_with = "plain_text")]
    pub description: String,
    /// What it may do: `global`, `identity`, `read`, …
    #[serde(default, deserialize_with = "or_default")]
    pub scope: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When its token was last made anew; a lifetime counts from here.
    pub updated_at: Option<Timestamp>,
    access_token: Option<AccessToken>,
}

#[derive(Clone, Debug, Deserialize)]
struct AccessToken {
    token: SecretString,
    #[serde(default, deserialize_with = "lifetime")]
    expires_in: Lifetime,
}

/// How long a token lives from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// Heroku does not say.
    #[default]
    Unknown,
    /// It does not expire.
    Forever,
    /// This many seconds.
    Seconds(u64),
}

/// What an authorization shall be.
#[derive(Clone, Debug, Serialize)]
pub struct New<'a> {
    /// Who asks for it.
    pub description: &'a str,
    /// Seconds; `None`: it does not expire.
    pub expires_in: Option<u64>,
    /// What it may do; empty: everything.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub scope: &'a [String],
}

/// An authorization and its token, which Heroku shows this once.
#[derive(Debug)]
pub struct Created {
    /// The authorization.
    pub authorization: Authorization,
    /// Its token.
    pub token: Token,
}

impl Authorization {
    /// True if a token is this authorization's, as far as the redacted form tells.
    pub fn is_for(&self, token: &Token) -> bool {
        self.access_token.as_ref().is_some_and(|access| matches(access.token.expose_secret(), token))
    }

    /// How long its token lives from now on.
    pub fn lifetime(&self) -> Lifetime {
        self.access_token.as_ref().map_or(Lifetime::Unknown, |access| access.expires_in)
    }
}

impl Lifetime {
    /// The time it ends, counted from `now`; `None` where it is not known or does not end.
    pub fn ends_at(self, now: Timestamp) -> Option<Timestamp> {
        let Self::Seconds(seconds) = self else { return None };
        now.checked_add(SignedDuration::from_secs(seconds.try_into().ok()?)).ok()
    }
}

/// Every authorization of the account, in Heroku's order.
pub fn list(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Authorization>> {
    heroku.get(PATH, token).map_err(Into::into)
}

/// One authorization.
pub fn info(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<Authorization> {
    heroku.get(&format!("{PATH}/{}", segment(id)), token).map_err(Into::into)
}

/// The account's default authorization, the dashboard's API key; `None` where it has none.
pub fn default(heroku: &Heroku<'_>, token: &Token) -> Result<Option<Authorization>> {
    match heroku.get(&format!("{PATH}/~"), token) {
        Err(failure) if failure.is_not_found() => Ok(None),
        other => other.map(Some).map_err(Into::into),
    }
}

/// Makes an authorization. Where the answer is lost, it may have been made all the same: see [`list`].
pub fn create(heroku: &Heroku<'_>, token: &Token, new: &New<'_>) -> Result<Created> {
    create_as(heroku, &Credential::Token(token), new).map_err(Into::into)
}

/// Makes a new token for an authorization; the old one is dead at once, also where the answer is lost.
pub fn regenerate(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<Created> {
    let path = format!("{PATH}/{}/actions/regenerate-tokens", segment(id));
    let made = heroku.post(&path, &Credential::Token(token), &serde_json::Map::new())?;
    Ok(created(&path, made)?)
}

/// Revokes an authorization; false where there is none of that id, so that it was revoked before.
/// [`Code::TokenRefused`] also where it was the token's own and the first answer was lost.
pub fn revoke(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    heroku.delete(&format!("{PATH}/{}", segment(id)), token).map_err(Into::into)
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
pub fn revoke_token(heroku: &Heroku<'_>, token: &Token) -> Result<Revoked> {
    let all: Vec<Authorization> = match heroku.get(PATH, token) {
        Err(failure) if failure.is_unauthorized() => return Ok(Revoked::None),
        other => other?,
    };
    let ours: Vec<&Authorization> = all.iter().filter(|authorization| authorization.is_for(token)).collect();
    if ours.is_empty() {
        return Ok(Revoked::None);
    }
    match default(heroku, token) {
        Ok(Some(default)) if default.is_for(token) => return Ok(Revoked::KeptDefault),
        // It has just died, by another hand.
        Err(error) if error.code == Code::TokenRefused => return Ok(Revoked::None),
        other => drop(other?),
    }
    for authorization in ours {
        match revoke(heroku, token, &authorization.id) {
            // The answer of an earlier try may have been lost after Heroku did the work.
            Err(error) if error.code != Code::TokenRefused => return Err(error),
            _ => {}
        }
    }
    Ok(Revoked::Yes)
}

pub(super) fn create_as(
    heroku: &Heroku<'_>,
    credential: &Credential<'_>,
    new: &New<'_>,
) -> Result<Created, Failure> {
    created(PATH, heroku.post(PATH, credential, new)?)
}

fn created(path: &str, authorization: Authorization) -> Result<Created, Failure> {
    let token = authorization.access_token.as_ref().map(|access| access.token.expose_secret());
    let token = token.and_then(Token::parse).ok_or_else(|| garbled(path, "the answer holds no token"))?;
    Ok(Created { authorization, token })
}

/// True if a token as a list shows it, redacted or not, is this one.
fn matches(shown: &str, token: &Token) -> bool {
    match shown.split_once(REDACTED) {
        None => shown == token.expose(),
        Some((prefix, suffix)) => token.expose().starts_with(prefix) && token.expose().ends_with(suffix),
    }
}

/// `null` for what is not there.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    value: D,
) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// Text that others wrote, without what would steer a terminal; empty for `null`.
pub(super) fn plain_text<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text: String = or_default(value)?;
    Ok(text.chars().filter(|letter| !letter.is_control()).collect())
}

/// Seconds, or `null` for ever. What is over is over, by however much.
pub(super) fn lifetime<'de, D: Deserializer<'de>>(value: D) -> Result<Lifetime, D::Error> {
    let left = Option::<i64>::deserialize(value)?;
    Ok(left.map_or(Lifetime::Forever, |seconds| Lifetime::Seconds(u64::try_from(seconds).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::{Authorization, Lifetime, matches};
    use crate::base::token::Token;

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

    #[test]
    fn a_lifetime_is_known_unknown_or_without_end() {
        let lifetime = |access: &str| {
            let text = format!(r#"{{"id":"1","description":null,"access_token":{access}}}"#);
            serde_json::from_str::<Authorization>(&text).unwrap().lifetime()
        };
        assert_eq!(lifetime(r#"{"token":"a**********b","expires_in":60}"#), Lifetime::Seconds(60));
        assert_eq!(lifetime(r#"{"token":"a**********b","expires_in":-60}"#), Lifetime::Seconds(0));
        assert_eq!(lifetime(r#"{"token":"a**********b","expires_in":null}"#), Lifetime::Forever);
        assert_eq!(lifetime(r#"{"token":"a**********b"}"#), Lifetime::Unknown);
        assert_eq!(lifetime("null"), Lifetime::Unknown);
    }

    #[test]
    fn a_token_is_not_shown_by_accident() {
        let text = r#"{"id":"1","access_token":{"token":"HRKU-fake-not-redacted"}}"#;
        let shown = format!("{:?}", serde_json::from_str::<Authorization>(text).unwrap());
        assert!(!shown.contains("HRKU"), "{shown}");
    }
}
