//! Authorizations, each of which gives a token access to an account (INTEROP.md, "Authorizations").

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};

use super::Heroku;
use super::client::{Answer, Credential, segment};
use super::failure::{Failure, garbled};
#[cfg(doc)]
use crate::base::error::Code;
use crate::base::error::Result;
use crate::base::text::Text;
use crate::base::token::Token;

const PATH: &str = "/oauth/authorizations";
/// What Heroku's lists show instead of the middle of a token.
const REDACTED: &str = "**********";

/// An authorization, as Heroku shows it. Its token is redacted, except in the response to the request that created it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Authorization {
    /// The authorization's id, which is part of its path.
    pub(crate) id: Text,
    /// The description that its creator gave; empty if there is none.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) description: Text,
    /// What the token may do: `global`, `identity`, `read`, …
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) scope: Vec<Text>,
    /// When the authorization was created.
    pub(crate) created_at: Option<Timestamp>,
    /// When its token was last regenerated; the token's lifetime starts here.
    pub(crate) updated_at: Option<Timestamp>,
    access_token: Option<AccessToken>,
    user: Option<User>,
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    email: Text,
}

#[derive(Clone, Debug, Deserialize)]
struct AccessToken {
    token: SecretString,
    #[serde(default, deserialize_with = "lifetime")]
    expires_in: Lifetime,
}

/// How long a token remains valid from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// Heroku does not say.
    #[default]
    Unknown,
    /// The token does not expire.
    Forever,
    /// The token is valid for this many seconds.
    Seconds(u64),
}

/// A request for an authorization.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewAuthorization<'a> {
    /// The description of the authorization; empty for Heroku's own.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) description: &'a str,
    /// The token's lifetime in seconds; `None` for a token that does not expire.
    pub(crate) expires_in: Option<u64>,
    /// What the token may do; empty for everything.
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    pub(crate) scope: &'a [Text],
}

/// A new authorization and its token, which Heroku shows only once.
#[derive(Debug)]
pub(crate) struct CreatedAuthorization {
    /// The new authorization.
    pub(crate) authorization: Authorization,
    /// The authorization's token.
    pub(crate) token: Token,
}

impl Answer for Authorization {
    fn secrets(&self) -> Vec<&str> {
        let token = self.access_token.as_ref().map(|access| access.token.expose_secret());
        token.filter(|token| !token.contains(REDACTED)).into_iter().collect()
    }

    fn texts(&mut self) -> Vec<&mut Text> {
        let email = self.user.as_mut().map(|user| &mut user.email);
        [&mut self.id, &mut self.description].into_iter().chain(&mut self.scope).chain(email).collect()
    }
}

impl Authorization {
    /// True if a token belongs to this authorization, as far as its redacted form shows.
    pub(crate) fn is_for(&self, token: &Token) -> bool {
        self.access_token.as_ref().is_some_and(|access| matches(access.token.expose_secret(), token))
    }

    /// The email of its account, if Heroku names it.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.user.as_ref().map(|user| &*user.email)
    }

    /// Its description and id, for messages.
    pub(crate) fn name(&self) -> String {
        format!("“{}” ({})", self.description, self.id)
    }

    /// How long its token remains valid from now on.
    pub(crate) fn lifetime(&self) -> Lifetime {
        self.access_token.as_ref().map_or(Lifetime::Unknown, |access| access.expires_in)
    }
}

impl Lifetime {
    /// When the token expires; `None` if that is unknown, or if it does not expire.
    pub fn ends_at(self, now: Timestamp) -> Option<Timestamp> {
        let Self::Seconds(seconds) = self else { return None };
        now.checked_add(SignedDuration::from_secs(seconds.try_into().ok()?)).ok()
    }
}

/// Lists the account's authorizations, in Heroku's order.
pub(crate) fn list(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Authorization>> {
    heroku.list(PATH, token).map_err(Into::into)
}

/// Lists the authorizations that act for a team.
pub(crate) fn list_of_team(heroku: &Heroku<'_>, token: &Token, team: &str) -> Result<Vec<Authorization>> {
    heroku.list(&path_of_team(team), token).map_err(Into::into)
}

/// Asks for the account's default authorization, which is the dashboard's API key; `None` if there is none.
pub(crate) fn default(heroku: &Heroku<'_>, token: &Token) -> Result<Option<Authorization>> {
    match heroku.get(&format!("{PATH}/~"), token) {
        Err(failure) if failure.is_not_found() => Ok(None),
        other => other.map(Some).map_err(Into::into),
    }
}

/// Creates an authorization. If the response is lost, Heroku may still have created it: see [`list`].
pub(crate) fn create(
    heroku: &Heroku<'_>,
    token: &Token,
    new: &NewAuthorization<'_>,
) -> Result<CreatedAuthorization> {
    create_as(heroku, &Credential::Token(token), new).map_err(Into::into)
}

/// Like [`create`], for an authorization that acts for a team.
pub(crate) fn create_for_team(
    heroku: &Heroku<'_>,
    token: &Token,
    team: &str,
    new: &NewAuthorization<'_>,
) -> Result<CreatedAuthorization> {
    let path = path_of_team(team);
    let made = heroku.post(&path, &Credential::Token(token), new)?;
    Ok(created(&path, made)?)
}

/// Creates a new token for an authorization. Heroku revokes the old one at once, even if the response is lost.
pub(crate) fn regenerate(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<CreatedAuthorization> {
    let path = format!("{PATH}/{}/actions/regenerate-tokens", segment(id));
    let made = heroku.post(&path, &Credential::Token(token), &serde_json::Map::new())?;
    Ok(created(&path, made)?)
}

/// Revokes an authorization; false if none has that id, so that it was revoked before. If the authorization is the
/// token's own and the first response is lost, this fails with [`Code::TokenRefused`].
pub(crate) fn revoke(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    heroku.delete(&format!("{PATH}/{}", segment(id)), token).map_err(Into::into)
}

pub(super) fn create_as(
    heroku: &Heroku<'_>,
    credential: &Credential<'_>,
    new: &NewAuthorization<'_>,
) -> Result<CreatedAuthorization, Failure> {
    created(PATH, heroku.post(PATH, credential, new)?)
}

fn path_of_team(team: &str) -> String {
    format!("/teams/{}{PATH}", segment(team))
}

fn created(path: &str, authorization: Authorization) -> Result<CreatedAuthorization, Failure> {
    let token = authorization.access_token.as_ref().map(|access| access.token.expose_secret());
    let token =
        token.and_then(Token::parse).ok_or_else(|| garbled(path, "the response contains no token"))?;
    Ok(CreatedAuthorization { authorization, token })
}

/// True if `shown`, a token as a list shows it, redacted or not, is this token.
fn matches(shown: &str, token: &Token) -> bool {
    match shown.split_once(REDACTED) {
        None => shown == token.expose(),
        Some((prefix, suffix)) => token.expose().starts_with(prefix) && token.expose().ends_with(suffix),
    }
}

/// Reads `null` as the default value.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    value: D,
) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// Reads the number of seconds left, or `null` for a token that does not expire; a negative number is 0.
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
    fn a_lifetime_is_known_unknown_or_unlimited() {
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
    fn debug_does_not_show_the_token() {
        let text = r#"{"id":"1","access_token":{"token":"HRKU-fake-not-redacted"}}"#;
        let shown = format!("{:?}", serde_json::from_str::<Authorization>(text).unwrap());
        assert!(!shown.contains("HRKU"), "{shown}");
    }
}
