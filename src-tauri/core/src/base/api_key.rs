//! `HEROKU_API_KEY` as the Heroku CLI takes it: every character of it, the white space around it too (INTEROP.md,
//! "`HEROKU_API_KEY`").

use std::ffi::OsStr;
use std::fmt;

use secrecy::zeroize::Zeroizing;

use super::error::{Code, Error};
use super::token::{Token, Trace};

/// The value of `HEROKU_API_KEY`.
pub struct ApiKey {
    /// The token in it, without the white space around it. `None` if the rest cannot be a token.
    pub token: Option<Token>,
    /// The trace of what heroku sends: every character of the value but the blanks at its end.
    pub trace: Trace,
    /// The trace of what git reads from the Heroku CLI's helper, which prints the value: its first line.
    pub first_line: Trace,
    /// Why heroku or git cannot use the value.
    pub flaw: Option<Flaw>,
}

impl ApiKey {
    /// Checks a value that is not empty.
    pub fn of(value: &OsStr) -> Self {
        // Node.js reads what is no UTF-8 in the same way.
        let text = Zeroizing::new(value.to_string_lossy().into_owned());
        let token = Token::parse(&text);
        let flaw = Flaw::of(&text).or_else(|| token.is_none().then_some(Flaw::TooLong));
        Self {
            trace: Trace::of(text.trim_end_matches(DROPPED)),
            first_line: Trace::of(first_line(&text)),
            token,
            flaw,
        }
    }
}

/// What git keeps of the line that begins with the value.
fn first_line(value: &str) -> &str {
    let line = value.split('\n').next().unwrap_or_default();
    line.strip_suffix('\r').unwrap_or(line)
}

/// HTTP drops these at the end of a header (RFC 9110, 5.5).
const DROPPED: [char; 2] = [' ', '\t'];
/// What people copy along from an `Authorization` header.
const SCHEME: &str = "bearer ";

/// What is wrong with a value of `HEROKU_API_KEY`. It names a character that cannot be in a token, and nothing else of
/// the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Node.js refuses to send the character at this position, counted from 1.
    Unsendable(char, usize),
    /// heroku sends the character, which cannot be in a token (RFC 6750, 2.1).
    Foreign(char, usize),
    /// The value begins with `Bearer`, which heroku adds itself.
    Scheme,
    /// The value is only white space.
    Blank,
    /// The value ends with a blank or a tab, which only git sends.
    BlankAtEnd(char, usize),
    /// The value is longer than any token.
    TooLong,
}

impl Flaw {
    fn of(text: &str) -> Option<Self> {
        let find =
            |is_wrong: &dyn Fn(char) -> bool| text.chars().zip(1..).find(|(letter, _)| is_wrong(*letter));
        if let Some((letter, at)) = find(&|letter| !is_sendable(letter)) {
            return Some(Self::Unsendable(letter, at));
        }
        let sent = text.trim_end_matches(DROPPED);
        if sent.is_empty() {
            return Some(Self::Blank);
        }
        if sent.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME)) {
            return Some(Self::Scheme);
        }
        let (letter, at) = find(&|letter| !is_of_a_token(letter))?;
        let is_at_end = at > sent.chars().count();
        Some(if is_at_end { Self::BlankAtEnd(letter, at) } else { Self::Foreign(letter, at) })
    }

    /// heroku fails with it. Otherwise only git does.
    pub fn stops_heroku(&self) -> bool {
        !matches!(self, Self::BlankAtEnd(..))
    }

    /// What happens with the value, as a sentence.
    pub fn effect(&self) -> &'static str {
        match self {
            Self::Unsendable(..) => "The heroku command cannot send it, so it fails.",
            Self::Blank => "The heroku command has no token to send, so it fails.",
            Self::Foreign(..) | Self::Scheme | Self::TooLong => {
                "The heroku command sends all of it, and Heroku refuses it."
            }
            Self::BlankAtEnd(..) => {
                "The heroku command works, but it gives git all of it, and Heroku refuses that."
            }
        }
    }
}

impl fmt::Display for Flaw {
    /// What is wrong, as a clause about the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsendable(letter, at) | Self::Foreign(letter, at) | Self::BlankAtEnd(letter, at) => {
                write!(f, "its character {at} is {}", name_of(*letter))
            }
            Self::Scheme => f.write_str("it begins with the word `Bearer`"),
            Self::Blank => f.write_str("it is only white space"),
            Self::TooLong => f.write_str("it is longer than any token"),
        }
    }
}

impl From<Flaw> for Error {
    fn from(flaw: Flaw) -> Self {
        Self::new(Code::EnvApiKeyMalformed, format!("HEROKU_API_KEY cannot be used: {flaw}."))
            .means(flaw.effect())
            .next_step("Set HEROKU_API_KEY to the token and nothing else, or unset it.")
    }
}

/// True for what Node.js sends in a header, as one byte for each character.
fn is_sendable(letter: char) -> bool {
    matches!(letter, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')
}

/// True for what may be in a token of the Bearer scheme (RFC 6750, 2.1).
fn is_of_a_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter)
}

fn name_of(letter: char) -> String {
    let name = match letter {
        '\n' => "a line break",
        '\r' => "a carriage return",
        '\t' => "a tab",
        ' ' => "a blank",
        '\u{a0}' => "a no-break space",
        '\u{feff}' => "a byte order mark",
        '\u{fffd}' => "not UTF-8",
        '"' | '\'' => "a quotation mark",
        letter if letter.is_ascii_graphic() => return format!("`{letter}`"),
        _ => "not one of a token",
    };
    format!("{name} (U+{:04X})", u32::from(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "HRKU-fake-0123456789-a1b2";

    fn api_key(value: &str) -> ApiKey {
        ApiKey::of(OsStr::new(value))
    }

    #[test]
    fn a_token_alone_has_no_flaw() {
        for value in
            [TOKEN, "01234567-89ab-cdef-0123-456789abcdef", "0123456789abcdef0123456789abcdef0123cdef"]
        {
            assert_eq!(api_key(value).flaw, None, "{value}");
            assert_eq!(api_key(value).token.unwrap().expose(), value);
        }
    }

    #[test]
    fn names_the_first_character_that_does_not_belong() {
        for (value, flaw) in [
            (format!("{TOKEN}\n"), "its character 26 is a line break (U+000A)"),
            (format!("{TOKEN}\r\n"), "its character 26 is a carriage return (U+000D)"),
            (format!(" {TOKEN}\n"), "its character 27 is a line break (U+000A)"),
            (format!("\u{feff}{TOKEN}"), "its character 1 is a byte order mark (U+FEFF)"),
            (format!(" {TOKEN}"), "its character 1 is a blank (U+0020)"),
            (format!("{TOKEN}\u{a0}"), "its character 26 is a no-break space (U+00A0)"),
            (format!("\"{TOKEN}\""), "its character 1 is a quotation mark (U+0022)"),
            (format!("${TOKEN}"), "its character 1 is `$`"),
            (format!("Bearer {TOKEN}"), "it begins with the word `Bearer`"),
            ("two words".to_owned(), "its character 4 is a blank (U+0020)"),
            (" \t".to_owned(), "it is only white space"),
            ("a".repeat(5000), "it is longer than any token"),
        ] {
            let key = api_key(&value);
            assert_eq!(key.flaw.as_ref().map(Flaw::to_string).as_deref(), Some(flaw), "{value:?}");
            let error = Error::from(key.flaw.unwrap());
            assert_eq!(error.code, Code::EnvApiKeyMalformed);
            assert!(!error.to_string().contains("HRKU"), "{error}");
        }
    }

    #[test]
    fn blanks_at_the_end_stop_only_git() {
        let key = api_key(&format!("{TOKEN} "));
        assert_eq!(key.flaw, Some(Flaw::BlankAtEnd(' ', 26)));
        assert_eq!(key.trace, Token::parse(TOKEN).unwrap().trace(), "HTTP drops it");
        assert_eq!(key.token.unwrap().expose(), TOKEN);
        assert_ne!(api_key(&format!("{TOKEN}\n")).trace, Token::parse(TOKEN).unwrap().trace());
    }
}
