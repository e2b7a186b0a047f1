//! Tells a Heroku token from what only looks a little like one.

use std::ops::Range;

/// How Heroku's tokens have begun since 2024.
pub(super) const START: &[u8] = b"HRKU-";
/// Heroku's own have 36 characters (a UUID) or 60 after [`START`]. Fewer than this are prose, such as `HRKU-xxxx`.
const MIN_REST: usize = 20;
/// More than this is a part of something longer, such as Base64.
pub(super) const MAX_REST: usize = 200;
/// What a current token has after [`START`]. So many random characters need no digit among them.
const CURRENT_REST: usize = 60;
/// Placeholders such as `HRKU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` repeat a few characters.
const MIN_DIFFERENT: usize = 8;
/// With so many characters of the same alphabet in front, the match is in the middle of something longer. Fewer are
/// allowed, because an escaped line break or a colour code ends in a letter: `\nHRKU-…`, `[32mHRKU-…`.
pub(super) const MAX_BEFORE: usize = 32;

/// The token that starts with [`START`] at `start`, if what is there has the shape of one.
pub(super) fn token_at(text: &[u8], start: usize) -> Option<Range<usize>> {
    let rest = text.get(start + START.len()..)?;
    let rest = &rest[..run(rest, MAX_REST + 1)];
    let before = text[..start].iter().rev().take(MAX_BEFORE).take_while(|byte| is_of_token(**byte)).count();
    let fits = (MIN_REST..=MAX_REST).contains(&rest.len()) && before < MAX_BEFORE;
    let is_random = rest.len() == CURRENT_REST || rest.iter().any(u8::is_ascii_digit);
    (fits && is_random && different(rest) >= MIN_DIFFERENT).then(|| start..start + START.len() + rest.len())
}

/// Where UUIDs and runs of 40 hexadecimal digits are, which tokens were before [`START`] and many other things are.
pub(super) fn possible_tokens(line: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let length = line[at..].iter().take_while(|byte| is_of_token(**byte)).count();
        let word = &line[at..at + length];
        // In a URL, what follows `#` is a commit or a checksum.
        let is_fragment = at > 0 && line[at - 1] == b'#';
        if (is_uuid(word) || is_forty_digits(word)) && !is_fragment {
            found.push(at..at + length);
        }
        at += length.max(1);
    }
    found
}

/// How many characters of a token a text begins with, at most `max`.
pub(super) fn run(text: &[u8], max: usize) -> usize {
    text.iter().take(max).take_while(|byte| is_of_token(**byte)).count()
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn different(text: &[u8]) -> usize {
    let mut seen = [false; 256];
    text.iter().filter(|byte| !std::mem::replace(&mut seen[usize::from(**byte)], true)).count()
}

fn is_uuid(word: &[u8]) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let parts = || word.split(|byte| *byte == b'-');
    word.len() == 36 && parts().map(<[u8]>::len).eq(LENGTHS) && parts().all(is_hexadecimal)
}

fn is_forty_digits(word: &[u8]) -> bool {
    word.len() == 40 && is_hexadecimal(word)
}

fn is_hexadecimal(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::{possible_tokens, token_at};

    fn found(text: &str) -> Option<&str> {
        let start = text.find("HRKU-").unwrap();
        token_at(text.as_bytes(), start).map(|range| &text[range])
    }

    #[test]
    fn tokens_of_every_age_are_found_wherever_they_stand() {
        let current = "HRKU-AA0fake1fake2fake3fake4fake5fake6fake7fake8fake9fake_fake-ab";
        assert_eq!(current.len(), 65);
        let letters = "HRKU-AAfakefakefakefakefakefakefakefakefakefakefakeBCDGHIfake-fake";
        let first = "HRKU-01234567-fa4e-fa4e-fa4e-0123456789ab";
        for token in [current, &letters[..65], first] {
            for (before, after) in [
                ("", ""),
                ("export HEROKU_API_KEY=\"", "\"\n"),
                ("echo\\n", "\\n"),
                ("\u{1b}[32m", "\u{1b}[0m"),
                ("https://me:", "@git.heroku.com/app.git"),
                ("my-heroku-token-", " "),
            ] {
                assert_eq!(found(&format!("{before}{token}{after}")), Some(token), "{before}");
            }
        }
    }

    #[test]
    fn prose_and_placeholders_are_no_tokens() {
        for text in [
            "HRKU-",
            "HRKU-xxx",
            "HRKU-…",
            "HRKU-your-token-goes-here-please",
            "HRKU-YourHerokuApiTokenGoesHere",
            "HRKU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "HRKU-00000000-0000-0000-0000-000000000000",
            "HRKU-AA followed by 58 characters",
            "HRKU-[0-9a-zA-Z_-]{60}",
            "HRKU-{{ token_0123456789abcdef }}",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_match_inside_a_long_word_is_no_token() {
        let word = "0123456789abcdefghij".repeat(20);
        assert_eq!(found(&format!("HRKU-{word}")), None);
        assert_eq!(found(&format!("{word}HRKU-{}", &word[..60])), None);
    }

    #[test]
    fn uuids_and_forty_digits_are_possible_tokens() {
        let line = "key: 01234567-89ab-cdef-0123-456789abcdef, 0123456789abcdef0123456789abcdef01234567;";
        assert_eq!(possible_tokens(line.as_bytes()), [5..41, 43..83]);
        for line in [
            "heroku.tgz#0123456789abcdef0123456789abcdef01234567",
            "x01234567-89ab-cdef-0123-456789abcdef",
            "0123456789abcdef0123456789abcdef012345678",
            "0123456-789ab-cdef-0123-4567890abcdef",
        ] {
            assert!(possible_tokens(line.as_bytes()).is_empty(), "{line}");
        }
    }
}
