//! Finds tokens in a piece of text: those that this machine holds, exactly, and what has the shape of a Heroku token, both
//! also inside Base64, as in the header of HTTP's basic authentication.
//!
//! The search looks for the first characters only, and compares the rest where they are. So the automaton, whose memory is
//! not wiped, never has a token in it.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use secrecy::zeroize::Zeroizing;

use super::shape;
use crate::base::error::{Code, Error, Result};
use crate::base::token::{Token, Trace};

/// How many characters of a token the automaton knows.
const KNOWN: usize = 8;
/// Shorter tokens, such as a password in netrc, would be found in ordinary words.
pub(super) const MIN_TOKEN: usize = 12;
/// Longer tokens are not searched for. Heroku's have at most 65 bytes.
pub(super) const MAX_TOKEN: usize = 1024;
/// A match and what has to be known about the text behind its start, in Base64 too.
pub(super) const AHEAD: usize = 2 * MAX_TOKEN;
/// What has to be known about the text before a match.
pub(super) const BEHIND: usize = 1024;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What was found in a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    /// The bytes of the token, or of the Base64 with the token in it.
    pub bytes: Range<usize>,
    /// The token.
    pub token: FoundToken,
    /// True if it is in Base64.
    pub in_base64: bool,
}

/// A token that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FoundToken {
    /// One of those that were looked for, by its index.
    Held(usize),
    /// Another one, with the shape of Heroku's tokens.
    Shaped(Token),
}

impl FoundToken {
    pub(super) fn trace(&self, held: &[Token]) -> Trace {
        match self {
            Self::Held(index) => held[*index].trace(),
            Self::Shaped(token) => token.trace(),
        }
    }
}

/// The search for a list of tokens.
pub(super) struct Matcher {
    held: Vec<Token>,
    automaton: AhoCorasick,
    needles: Vec<Needle>,
}

/// What the automaton looks for, in the order of its patterns.
#[derive(Clone, Copy)]
enum Needle {
    /// The beginning of a token.
    Plain,
    /// The Base64 of such a beginning, when so many bytes modulo 3 precede it.
    Base64 { before: usize },
}

impl Matcher {
    /// Prepares the search. Tokens that are too short or too long are not searched for.
    pub(super) fn new(held: Vec<Token>) -> Result<Self> {
        let mut starts: Vec<Zeroizing<Vec<u8>>> = vec![Zeroizing::new(shape::START.to_vec())];
        for token in held.iter().map(|token| token.expose().as_bytes()) {
            let is_known = starts.iter().any(|start| token.starts_with(start));
            if is_searched(token) && !is_known {
                starts.push(Zeroizing::new(token[..KNOWN].to_vec()));
            }
        }
        let (mut patterns, mut needles) = (Vec::new(), Vec::new());
        for start in starts {
            for before in 0..3 {
                patterns.push(base64_of(before, &start));
                needles.push(Needle::Base64 { before });
            }
            patterns.push(start);
            needles.push(Needle::Plain);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns.iter().map(|pattern| pattern.as_slice()))
            .map_err(|error| {
                Error::new(Code::Unsupported, "There are too many tokens to search for.").detail(error)
            })?;
        Ok(Self { held, automaton, needles })
    }

    /// The tokens that are searched for.
    pub(super) fn held(&self) -> &[Token] {
        &self.held
    }

    /// Finds the first token that starts in `range`. What is around the range helps to decide.
    pub(super) fn find(&self, text: &[u8], range: Range<usize>) -> Option<Hit> {
        let mut from = range.start;
        while from < range.end {
            let found = self.automaton.find(Input::new(text).range(from..))?;
            if found.start() >= range.end {
                return None;
            }
            let hit = match self.needles[found.pattern().as_usize()] {
                Needle::Plain => self.token_at(text, found.start()).map(|(token, bytes)| Hit {
                    bytes,
                    token,
                    in_base64: false,
                }),
                Needle::Base64 { before } => self.in_base64(text, found.start(), before),
            };
            if hit.is_some() {
                return hit;
            }
            from = found.start() + 1;
        }
        None
    }

    /// The token that starts at a place.
    fn token_at(&self, text: &[u8], start: usize) -> Option<(FoundToken, Range<usize>)> {
        let is_here = |token: &Token| text[start..].starts_with(token.expose().as_bytes());
        let held = self.held.iter().enumerate().filter(|(_, token)| is_searched(token.expose().as_bytes()));
        let longest = held.filter(|(_, token)| is_here(token)).max_by_key(|(_, token)| token.expose().len());
        if let Some((index, token)) = longest {
            return Some((FoundToken::Held(index), start..start + token.expose().len()));
        }
        let bytes = text[start..].starts_with(shape::START).then(|| shape::token_at(text, start))??;
        let token = std::str::from_utf8(&text[bytes.clone()]).ok().and_then(Token::parse)?;
        Some((FoundToken::Shaped(token), bytes))
    }

    /// The token in the Base64 around a place.
    fn in_base64(&self, text: &[u8], place: usize, before: usize) -> Option<Hit> {
        let start = place.checked_sub(lost(before))?;
        let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let mut length = text[start..].iter().take(AHEAD - 4).take_while(is_base64).count();
        if length % 4 == 1 {
            length -= 1;
        }
        let mut decoded = Zeroizing::new(vec![0; length]);
        let decoded_length = LENIENT.decode_slice(&text[start..start + length], &mut decoded).ok()?;
        let (token, _) = self.token_at(decoded.get(..decoded_length)?, before)?;
        Some(Hit { bytes: start..start + length, token, in_base64: true })
    }
}

fn is_searched(token: &[u8]) -> bool {
    (MIN_TOKEN..=MAX_TOKEN).contains(&token.len())
}

/// How many characters of Base64 depend on the bytes in front, when so many modulo 3 precede.
fn lost(before: usize) -> usize {
    (before * 8).div_ceil(6)
}

/// The characters of Base64 that a text always has, when so many bytes modulo 3 precede it.
fn base64_of(before: usize, text: &[u8]) -> Zeroizing<Vec<u8>> {
    let bytes = Zeroizing::new([&[0; 2][..before], text].concat());
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*bytes));
    Zeroizing::new(encoded.as_bytes()[lost(before)..bytes.len() * 8 / 6].to_vec())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::{FoundToken, Hit, Matcher};
    use crate::base::token::Token;

    const CURRENT: &str = "HRKU-fake-0123456789-0123456789-0123456789-0123456789-0123456-a1b2";
    const OLD: &str = "fa4efa4e-89ab-cdef-0123-456789abcdef";
    const HEX: &str = "fa4e0123456789abcdef0123456789abcdef0123";

    fn matcher() -> Matcher {
        Matcher::new([CURRENT, OLD, HEX, "short"].map(|token| Token::parse(token).unwrap()).to_vec()).unwrap()
    }

    fn all(text: &str) -> Vec<Hit> {
        let (matcher, text) = (matcher(), text.as_bytes());
        let mut hits = Vec::new();
        let mut from = 0;
        while let Some(hit) = matcher.find(text, from..text.len()) {
            from = hit.bytes.end;
            hits.push(hit);
        }
        hits
    }

    #[test]
    fn tokens_that_are_held_are_found_exactly() {
        for (index, token) in [CURRENT, OLD, HEX].into_iter().enumerate() {
            let text = format!("a b\n--header 'Bearer {token}' {}", &token[..token.len() - 1]);
            let hits = all(&text).into_iter().filter(|hit| matches!(hit.token, FoundToken::Held(_)));
            let found: Vec<_> =
                hits.map(|hit| (hit.token, text[hit.bytes].to_owned(), hit.in_base64)).collect();
            assert_eq!(found, [(FoundToken::Held(index), token.to_owned(), false)]);
        }
        assert_eq!(all("short and not a token"), []);
    }

    #[test]
    fn tokens_are_found_in_base64_behind_any_name() {
        let other = "HRKU-AAfake0123456789fake0123456789fake0123456789fake0123456789-x";
        for name in ["", "x", "me", "heroku", "me@example.com", "zoë@example.com"] {
            for (index, token) in [CURRENT, OLD, HEX, other].into_iter().enumerate() {
                for end in ["", "\n", "\"}", ", and more"] {
                    let encoded = BASE64_STANDARD.encode(format!("{name}:{token}{end}"));
                    let text = format!("Authorization: Basic {encoded}\n");
                    let expected = match index {
                        3 => FoundToken::Shaped(Token::parse(other).unwrap()),
                        index => FoundToken::Held(index),
                    };
                    let found: Vec<_> =
                        all(&text).into_iter().map(|hit| (hit.token, hit.in_base64)).collect();
                    assert_eq!(found, [(expected, true)], "{name}:{token}{end}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_token_is_found_by_its_shape() {
        let other = "HRKU-AAfake0123456789fake0123456789fake0123456789fake0123456789-x";
        let found: Vec<_> = all(&format!("'{other}'")).into_iter().map(|hit| hit.token).collect();
        assert_eq!(found, [FoundToken::Shaped(Token::parse(other).unwrap())]);
    }

    /// Texts full of what other tools take for secrets.
    #[test]
    fn identifiers_hashes_and_lock_files_are_no_certain_finding() {
        let (mut rng, mut lines) = (fastrand::Rng::with_seed(7), Vec::new());
        for _ in 0..5_000 {
            let digits: String = std::iter::repeat_with(|| rng.digit(16)).take(64).collect();
            let uuid =
                [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..32]].join("-");
            let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(64).collect();
            let base64 = BASE64_STANDARD.encode(&bytes);
            let url_safe = base64.replace('+', "-").replace('/', "_");
            lines.push(format!("HEROKU_API_KEY={uuid}\nheroku {}\nchecksum = \"{digits}\"", &digits[..40]));
            lines.push(format!("\"integrity\": \"sha512-{base64}\"\neyJ{url_safe}.{url_safe}"));
        }
        let text = lines.join("\n");
        assert_eq!(all(&text), []);
    }
}
