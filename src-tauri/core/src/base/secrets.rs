//! Hides secrets in what those say to whom Herokey gave them: a server that repeats a request, a program that quotes its
//! input.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::zeroize::Zeroizing;

use crate::base::text::{ELLIPSIS, REPLACED, is_visible};

/// How many characters in a row a text may share with a secret. Fewer reveal nothing, and occur by chance.
const MAX_SHARED: usize = 7;
/// The part of a text that is searched. The rest is cut off.
const MAX_CHARS: usize = 8 << 10;

/// Secrets, in every form in which somebody may repeat them: raw, percent-encoded, in base64 or hexadecimal, quoted.
/// Capitals, white space and invisible characters do not matter.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    forms: Vec<Zeroizing<Vec<char>>>,
    /// Names that belong to a secret and are none, such as the email of a password.
    names: Vec<Vec<char>>,
}

impl Secrets {
    /// One secret. Bytes that are no text are none.
    pub(crate) fn of(secret: &[u8]) -> Self {
        let mut secrets = Self::default();
        secrets.add(std::str::from_utf8(secret).unwrap_or_default());
        secrets
    }

    /// Adds a secret in all its forms.
    pub(crate) fn add(&mut self, secret: &str) {
        let bytes = secret.as_bytes();
        self.add_form(secret);
        self.add_form(&utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
        self.add_form(&encoded(bytes, |byte| format!("%{byte:02x}")));
        self.add_form(&encoded(bytes, |byte| format!("{byte:02x}")));
        self.add_form(&Zeroizing::new(secret.escape_debug().to_string()));
        // In the middle of a longer text, its base64 depends on how many bytes precede it, modulo 3.
        for before in 0..3 {
            self.add_base64(&Zeroizing::new([&[0; 2][..before], bytes].concat()));
        }
    }

    /// Adds the name and password of HTTP's basic authentication. The name alone is no secret.
    pub(crate) fn add_basic(&mut self, name: &str, password: &str) {
        self.add(password);
        self.add_base64(Zeroizing::new(format!("{name}:{password}")).as_bytes());
        self.names.push(name.chars().filter_map(compared).collect());
    }

    /// Adds the name and password in the URL of a proxy.
    pub(crate) fn add_user_info(&mut self, url: &str) {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let Some((user_info, _)) = rest.rsplit_once('@') else { return };
        let (name, password) = user_info.split_once(':').unwrap_or(("", user_info));
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        self.add(password);
        self.add_basic(&decoded(name), &Zeroizing::new(decoded(password)));
    }

    /// Replaces each part of a text that belongs to a secret by `…`.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.search().hide(text)
    }

    /// True if a text contains no part of a secret.
    pub(crate) fn are_absent_in(&self, text: &str) -> bool {
        self.hide(text) == text
    }

    /// A search for these secrets in many texts.
    pub(crate) fn search(&self) -> Search<'_> {
        let of_length = |length| {
            let forms = self.forms.iter().filter(|form| form.len() == length || length > MAX_SHARED);
            let in_a_name =
                |piece: &[char]| self.names.iter().any(|name| name.windows(length).any(|part| part == piece));
            let pieces = forms.flat_map(|form| form.windows(length)).filter(|piece| !in_a_name(piece));
            let pieces: HashSet<&[char]> = pieces.collect();
            (!pieces.is_empty()).then_some((length, pieces))
        };
        Search((1..=MAX_SHARED + 1).filter_map(of_length).collect())
    }

    fn add_form(&mut self, form: &str) {
        let form: Zeroizing<Vec<char>> = Zeroizing::new(form.chars().filter_map(compared).collect());
        if !form.is_empty() && !self.forms.contains(&form) {
            self.forms.push(form);
        }
    }

    fn add_base64(&mut self, bytes: &[u8]) {
        let standard = Zeroizing::new(BASE64_STANDARD.encode(bytes));
        self.add_form(&standard);
        self.add_form(standard.trim_end_matches('='));
        self.add_form(&Zeroizing::new(standard.replace('+', "-").replace('/', "_")));
    }
}

/// The pieces of secrets by which they are found, by length: short secrets as a whole word, since they occur by chance in
/// longer ones, and every part of the others that is longer than [`MAX_SHARED`].
pub(crate) struct Search<'a>(Vec<(usize, HashSet<&'a [char]>)>);

impl Search<'_> {
    /// Replaces each part of a text that belongs to a secret by `…`.
    pub(crate) fn hide(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let text: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().take(MAX_CHARS).collect());
        let (places, letters): (Vec<usize>, Vec<char>) =
            text.iter().enumerate().filter_map(|(place, c)| Some((place, compared(*c)?))).unzip();
        let letters = Zeroizing::new(letters);
        let mut hidden = vec![false; text.len()];
        for (length, pieces) in &self.0 {
            for (start, piece) in letters.windows(*length).enumerate() {
                let place = places[start]..=places[start + length - 1];
                if pieces.contains(piece) && (*length > MAX_SHARED || is_word(&text, &place)) {
                    hidden[place].fill(true);
                }
            }
        }
        masked(&text, &hidden)
    }
}

/// True if neither a letter nor a digit is next to this place in a text.
fn is_word(text: &[char], place: &RangeInclusive<usize>) -> bool {
    let before = place.start().checked_sub(1).and_then(|before| text.get(before));
    [before, text.get(place.end() + 1)].into_iter().flatten().all(|c| !c.is_alphanumeric())
}

/// The character as it is compared. `None` if it is skipped.
fn compared(c: char) -> Option<char> {
    (is_visible(c) && !matches!(c, REPLACED | ELLIPSIS)).then(|| c.to_ascii_lowercase())
}

fn encoded(bytes: &[u8], encode: impl Fn(&u8) -> String) -> Zeroizing<String> {
    Zeroizing::new(bytes.iter().map(encode).collect())
}

fn masked(text: &[char], hidden: &[bool]) -> String {
    let mut masked = String::new();
    for (place, c) in text.iter().enumerate() {
        if !hidden[place] {
            masked.push(*c);
        } else if place == 0 || !hidden[place - 1] {
            masked.push(ELLIPSIS);
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "HRKU-fake-0123456789-abc_XYZ+a1b2";

    fn hide(secret: &str, text: &str) -> String {
        Secrets::of(secret.as_bytes()).hide(text)
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let base64 = |text: String| BASE64_STANDARD.encode(text);
        let spaced: String = TOKEN.chars().flat_map(|c| [c, '\u{200b}']).collect();
        let wrapped = base64(TOKEN.to_owned()).replace('U', "U\r\n");
        for form in [
            TOKEN.to_owned(),
            TOKEN.to_lowercase(),
            utf8_percent_encode(TOKEN, NON_ALPHANUMERIC).to_string(),
            encoded(TOKEN.as_bytes(), |byte| format!("%{byte:02X}")).to_string(),
            encoded(TOKEN.as_bytes(), |byte| format!("{byte:02X}")).to_string(),
            base64(TOKEN.to_owned()),
            spaced,
            wrapped,
        ] {
            let text = hide(TOKEN, &format!("got {form}, sorry"));
            assert!(text.starts_with("got …") && text.chars().count() < 24, "{form}: {text}");
        }
        for before in ["", "a", "ab", "Bearer ", "{\"token\":\""] {
            let text = hide(TOKEN, &base64(format!("{before}{TOKEN}")));
            assert!(text.contains('…') && text.chars().count() < 20, "{before}: {text}");
        }
    }

    #[test]
    fn a_part_of_a_secret_is_hidden() {
        assert_eq!(hide(TOKEN, "it began with HRKU-fake-01."), "it began with ….");
        assert_eq!(hide(TOKEN, "it began with HRKU-fa."), "it began with HRKU-fa.");
        let half = &TOKEN[..16];
        assert_eq!(hide(TOKEN, &format!("{half} / {}", &TOKEN[16..])), "… / …");
    }

    #[test]
    fn a_short_secret_is_hidden_as_a_whole() {
        assert_eq!(hide("123456", "not 123456, but 12345"), "not …, but 12345");
        assert_eq!(hide("pä ss", "p%C3%A4%20ss p\u{e4} ss \"pä ss\""), "… … \"…\"");
        assert_eq!(hide("", "nothing"), "nothing");
    }

    #[test]
    fn a_login_is_hidden_without_its_name() {
        let mut secrets = Secrets::default();
        secrets.add_basic("me@example.com", "fake-secret");
        let pair = BASE64_STANDARD.encode("me@example.com:fake-secret");
        assert_eq!(secrets.hide(&format!("me@example.com {pair}")), "me@example.com …");
        let mut secrets = Secrets::default();
        secrets.add_user_info("http://anna:fake%2Fproxy@proxy.example:3128");
        let shown = secrets.hide("http://anna:fake%2Fproxy@proxy.example:3128 fake/proxy");
        assert_eq!(shown, "http://anna:…@proxy.example:3128 …");
    }

    #[test]
    fn what_a_password_shares_with_its_name_is_no_secret() {
        let mut secrets = Secrets::default();
        secrets.add_basic("annasmith@example.com", "annasmith99");
        assert_eq!(secrets.hide("annasmith@example.com"), "annasmith@example.com");
        assert!(!secrets.hide("annasmith99").contains("99"));
        assert!(!secrets.hide(&BASE64_STANDARD.encode("annasmith@example.com:annasmith99")).contains("Ok"));
    }

    #[test]
    fn other_text_stays() {
        assert_eq!(hide("4", "2cf3-44-b4"), "2cf3-44-b4");
        assert_eq!(hide("x", "they read it"), "they read it");
        let text = "404 Not Found not_found: Couldn't find that key., Request-Id 01234567-89ab-cdef";
        assert_eq!(hide("HRKU-fake-other-token", text), text);
    }
}
