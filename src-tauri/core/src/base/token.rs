//! A Heroku token, which is never shown by accident.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use ts_rs::TS;

/// Longer than any token that Heroku has issued; what is longer is not a token.
const LONGEST: usize = 4096;

/// A credential for Heroku: zeroized when dropped, without `Display` and `Serialize`; `Debug` prints its mask.
///
/// Heroku's tokens have had several shapes (`HRKU-…`, UUIDs, 40 hexadecimal digits), so any run of printable
/// ASCII characters without spaces is taken for one (INTEROP.md, "Tokens").
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// Takes a token as it stands in a store or an answer; white space around it is not part of it.
    /// `None`: what is there cannot be a token.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let plausible =
            !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(SecretString::from(text)))
    }

    /// The token itself. Every call is a place where it could leak: stores, Heroku's API and git's protocol only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// True for the shapes that Heroku's tokens have had: `HRKU-…`, UUIDs, 40 hexadecimal digits. Only to tell a person
    /// what may be a password; what is a token, Heroku alone knows.
    pub fn is_herokus(&self) -> bool {
        let token = self.expose();
        let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_uuid =
            || token.len() == 36 && token.split('-').count() == 5 && token.split('-').all(is_hexadecimal);
        token.starts_with("HRKU-") || is_uuid() || token.len() == 40 && is_hexadecimal(token)
    }

    /// What may be known about the token without holding it.
    pub fn trace(&self) -> Trace {
        Trace { masked: self.masked(), fingerprint: fingerprint(self.expose()) }
    }

    fn masked(&self) -> String {
        let token = self.expose();
        match token.len() {
            0..12 => "…".to_owned(),
            length => format!("…{}", &token[length - 4..]),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.masked())
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.trace().fingerprint == other.trace().fingerprint
    }
}

/// What stays of a token where only its identity matters: its mask and a fingerprint that compares within
/// this process and means nothing outside it.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct Trace {
    /// `…` and the token's last four characters.
    pub masked: String,
    #[serde(skip)]
    fingerprint: u64,
}

impl Trace {
    /// The trace of a value that may be a secret, whether it can be a token or not.
    pub fn of(value: &str) -> Self {
        let masked = Token::parse(value).map_or_else(|| "…".to_owned(), |token| token.masked());
        Self { masked, fingerprint: fingerprint(value) }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked)
    }
}

/// Keyed by a random value of this process, so that a fingerprint cannot be compared with guesses elsewhere.
fn fingerprint(text: &str) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn shows_its_last_four_characters_only() {
        let token = Token::parse(" HRKU-fake-0123456789-a1b2\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…a1b2)");
        assert_eq!(token.trace().masked, "…a1b2");
        assert_eq!(Token::parse("short").unwrap().trace().masked, "…");
    }

    #[test]
    fn is_a_run_of_printable_characters() {
        assert!(Token::parse("").is_none());
        assert!(Token::parse("two words").is_none());
        assert!(Token::parse("line\nbreak").is_none());
        assert!(Token::parse(&"a".repeat(5000)).is_none());
        assert!(Token::parse("01234567-89ab-cdef-0123-456789abcdef").is_some());
    }

    #[test]
    fn compares_by_what_it_holds() {
        let one = Token::parse("HRKU-fake-one-0000").unwrap();
        assert_eq!(one.trace(), Token::parse("HRKU-fake-one-0000").unwrap().trace());
        assert_ne!(one.trace(), Token::parse("HRKU-fake-two-0000").unwrap().trace());
    }
}
