//! Text from outside: from Heroku, from other programs, from files that others write. It is checked here, once, before
//! anything shows or stores it.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

use crate::base::secrets::Search;

/// More than any description, name or message needs.
const MAX_CHARS: usize = 300;
/// More than a public key needs: the longest, of 16,384 bits, takes 3 KiB.
const MAX_LONG_CHARS: usize = 4 << 10;
/// The longest email address (RFC 5321, 4.5.3.1.3, without the angle brackets).
const MAX_EMAIL_BYTES: usize = 254;
/// Stands for a character that was taken out, so that the text does not look like another one.
pub(crate) const REPLACED: char = '\u{fffd}';
/// Begins the mask of a secret, and ends a shortened text.
pub(crate) const ELLIPSIS: char = '…';

/// One line of text from outside, at most 300 characters long. It contains no control, format or other invisible
/// character, so it cannot control a terminal, change the order of the text around it or imitate another text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Text(String);

impl Text {
    /// Makes text safe to show.
    pub fn of(text: &str) -> Self {
        Self(shown(text))
    }

    /// Reads text that may be longer than 300 characters, such as a key.
    pub(crate) fn long<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        String::deserialize(value).map(|text| Self(shortened(&text, MAX_LONG_CHARS)))
    }

    /// Hides secrets in the text.
    pub(crate) fn hide(&mut self, secrets: &Search<'_>) {
        self.0 = secrets.hide(&self.0);
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        String::deserialize(value).map(|text| Self::of(&text))
    }
}

/// The email of an account: one `@` with something on both sides, no space, nothing invisible, at most 254 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks an email. `None` if the text is not one, or contains a masked secret.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, domain) = text.split_once('@')?;
        let plain = |c: char| is_visible(c) && !matches!(c, '@' | ELLIPSIS | REPLACED);
        let valid = |part: &str| !part.is_empty() && part.chars().all(plain);
        (text.len() <= MAX_EMAIL_BYTES && valid(name) && valid(domain)).then(|| Self(text.to_owned()))
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Makes text safe to show in one line: white space becomes spaces, what is invisible becomes [`REPLACED`], and what is
/// longer than 300 characters ends with `…`.
pub(crate) fn shown(text: &str) -> String {
    shortened(text, MAX_CHARS)
}

/// Like [`shown`], for sentences, which may contain several texts from outside.
pub(crate) fn paragraph(text: &str) -> String {
    shortened(text, MAX_LONG_CHARS)
}

/// Like [`shown`], with another limit.
pub(crate) fn shortened(text: &str, max_chars: usize) -> String {
    let mut letters = text.chars();
    let mut shown: String = letters.by_ref().take(max_chars).map(visible).collect();
    if letters.next().is_some() {
        shown.push(ELLIPSIS);
    }
    shown
}

/// Makes every string in a file of Herokey's own safe to show, because an earlier version may have written it.
pub(crate) fn shown_in(value: &mut serde_json::Value) {
    use serde_json::Value::{Array, Object, String};
    match value {
        String(text) => *text = paragraph(text),
        Array(items) => items.iter_mut().for_each(shown_in),
        Object(fields) => fields.values_mut().for_each(shown_in),
        _ => {}
    }
}

/// True if this is how a text looks that [`shown`] does not have to change.
pub fn is_plain(text: &str) -> bool {
    shown(text) == text
}

fn visible(c: char) -> char {
    match c {
        c if is_visible(c) || c == ' ' => c,
        c if c.is_whitespace() => ' ',
        _ => REPLACED,
    }
}

/// True if a reader sees the character: it is no control, format or private character, no white space, and not empty.
pub fn is_visible(c: char) -> bool {
    // The standard library escapes what is not printable. The letter in front keeps it from escaping accents, which are
    // printed together with a letter.
    let mut buffer = [b'a', 0, 0, 0, 0];
    let length = 1 + c.encode_utf8(&mut buffer[1..]).len();
    let printable = std::str::from_utf8(&buffer[..length])
        .is_ok_and(|text| matches!(c, '"' | '\'' | '\\') || text.escape_debug().count() == 2);
    printable && c != ' ' && !is_blank_letter(c)
}

/// Letters and marks that are drawn as nothing (`Default_Ignorable_Code_Point` and the empty Braille pattern).
fn is_blank_letter(c: char) -> bool {
    matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// "a", "a and b", "a, b and c".
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What must never reach a screen: controls, bidirectional controls, zero-width and other invisible characters.
    const HOSTILE: &str = "\u{1b}\u{7}\u{8}\u{7f}\u{9b}\u{85}\u{ad}\u{61c}\u{180e}\u{200b}\u{200d}\u{200e}\u{202a}\u{202e}\
                           \u{2028}\u{2060}\u{2066}\u{2069}\u{feff}\u{fff9}\u{e0041}\u{e000}\u{3164}\u{fe0f}\u{34f}";

    #[test]
    fn nothing_invisible_remains() {
        for letter in HOSTILE.chars() {
            let shown = shown(&format!("a{letter}b"));
            assert!(!shown.contains(letter), "{letter:?}: {shown:?}");
            assert_eq!(shown.chars().count(), 3, "{letter:?} leaves a mark");
            assert!(Email::parse(&format!("me{letter}@example.com")).is_none(), "{letter:?}");
        }
        assert_eq!(shown("one\r\n\ttwo\u{a0}three"), "one   two three");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in ["Herokey login from laptop", "Zoë's \"Mac\" \\ e\u{301}", "日本語 हिन्दी عربي 🚀", ""]
        {
            assert_eq!(shown(text), text);
            assert!(is_plain(text));
        }
    }

    #[test]
    fn long_text_is_shortened() {
        assert_eq!(shown(&"é".repeat(100_000)).chars().count(), MAX_CHARS + 1);
        assert!(shown(&"é".repeat(301)).ends_with("é…"));
        assert_eq!(shown(&"é".repeat(300)), "é".repeat(300));
    }

    #[test]
    fn an_email_has_one_at_sign_and_no_space() {
        for email in ["me@example.com", "o'neil+x@example.co.uk", "zoë@exämple.com", "a@b"] {
            assert_eq!(Email::parse(email).map(String::from).as_deref(), Some(email));
        }
        let long = format!("{}@example.com", "a".repeat(243));
        for text in [
            "",
            "me",
            "@",
            "@example.com",
            "me@",
            "a@b@c",
            "me @example.com",
            "me@example.com\n",
            "me@…a1b2",
            "me@\u{fffd}",
            &long,
        ] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
    }
}
