//! A Heroku token, in a type that cannot be printed by accident.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use ts_rs::TS;

/// More than any token that Heroku has issued. Anything longer is not a token.
const MAX_BYTES: usize = 4096;

/// A Heroku token. It is zeroized when dropped, has no `Display` or `Serialize`, and its `Debug` prints the mask.
///
/// Heroku's tokens have had several shapes (`HRKU-…`, UUIDs, 40 hexadecimal digits), so any printable ASCII text without
/// spaces counts as one (INTEROP.md, "Tokens").
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// Parses a token from a store or an answer, without the white space around it. `None` if the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let plausible =
            !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(SecretString::from(text)))
    }

    /// The secret itself. Every call is a place where it could leak, so only what stores it, sends it to Heroku or hands it
    /// to git may call this.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// True if it has a shape that Heroku's tokens have had: `HRKU-…`, a UUID or 40 hexadecimal digits. Only Heroku knows
    /// whether it is a token, so use this only to warn that it may be a password.
    pub(crate) fn has_heroku_shape(&self) -> bool {
        let token = self.expose();
        let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_uuid =
            || token.len() == 36 && token.split('-').count() == 5 && token.split('-').all(is_hexadecimal);
        token.starts_with("HRKU-") || is_uuid() || token.len() == 40 && is_hexadecimal(token)
    }

    /// The mask and fingerprint of the token.
    pub fn trace(&self) -> Trace {
        Trace { masked: self.masked(), fingerprint: fingerprint(self.expose()) }
    }

    /// Anything but a token may be a password, which shows nothing of itself.
    fn masked(&self) -> String {
        let token = self.expose();
        let end = if token.len() < 12 || !self.has_heroku_shape() { "" } else { &token[token.len() - 4..] };
        format!("…{end}")
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

/// Identifies a token without holding it: its mask, and a fingerprint that shows whether two tokens are equal. The
/// fingerprint is valid only within this process.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct Trace {
    /// `…` and the token's last four characters, or only `…` if it is short or does not look like one of Heroku's tokens.
    pub masked: String,
    #[serde(skip)]
    fingerprint: u64,
}

impl Trace {
    /// The trace of any value that may be secret, even if it cannot be a token.
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

/// Hashes with a random key of this process, so that nobody can compare a fingerprint with guesses elsewhere.
fn fingerprint(text: &str) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::{Token, Trace};

    #[test]
    fn shows_only_the_last_four_characters() {
        let token = Token::parse(" HRKU-fake-0123456789-a1b2\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…a1b2)");
        assert_eq!(token.trace().masked, "…a1b2");
        for no_token in ["short", "HRKU-short", "correct-horse-battery", "fake-hunter2-password"] {
            assert_eq!(Token::parse(no_token).unwrap().trace().masked, "…");
            assert_eq!(Trace::of(no_token).masked, "…");
        }
        for token in ["01234567-89ab-cdef-0123-456789abcdef", "0123456789abcdef0123456789abcdef0123cdef"] {
            assert_eq!(Token::parse(token).unwrap().trace().masked, "…cdef");
        }
    }

    #[test]
    fn consists_of_printable_characters() {
        assert!(Token::parse("").is_none());
        assert!(Token::parse("two words").is_none());
        assert!(Token::parse("line\nbreak").is_none());
        assert!(Token::parse(&"a".repeat(5000)).is_none());
        assert!(Token::parse("01234567-89ab-cdef-0123-456789abcdef").is_some());
    }

    #[test]
    fn equal_tokens_have_equal_traces() {
        let one = Token::parse("HRKU-fake-one-0000").unwrap();
        assert_eq!(one.trace(), Token::parse("HRKU-fake-one-0000").unwrap().trace());
        assert_ne!(one.trace(), Token::parse("HRKU-fake-two-0000").unwrap().trace());
    }
}
