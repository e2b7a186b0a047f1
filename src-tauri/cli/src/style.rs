//! Colours and links in what a person reads. `anstream` removes them where they would disturb: in a pipe, with `NO_COLOR`, with
//! `CLICOLOR=0`, on a `dumb` terminal.

use std::fmt::Display;
use std::sync::LazyLock;

use herokey_core::Env;
use herokey_core::insight::diagnose::Severity;
use supports_hyperlinks::Stream;

/// What a piece of text is, which its colour shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    /// The title of what follows.
    Title,
    /// Everything is as it should be.
    Fine,
    /// Something is missing, or should be looked at.
    Warning,
    /// Something does not work.
    Error,
    /// The word before an error.
    ErrorLabel,
    /// Good to know.
    Note,
}

/// The end of every style.
const RESET: &str = "\x1b[0m";
/// Stands around the address of a link (OSC 8).
const LINK: &str = "\x1b]8;;";
const LINK_END: &str = "\x1b\\";

impl Style {
    const ALL: [Self; 6] =
        [Self::Title, Self::Fine, Self::Warning, Self::Error, Self::ErrorLabel, Self::Note];

    /// Text in this style.
    pub(crate) fn paint(self, text: impl Display) -> String {
        format!("{}{text}{RESET}", self.code())
    }

    fn code(self) -> &'static str {
        match self {
            Self::Title => "\x1b[1m",
            Self::Fine => "\x1b[32m",
            Self::Warning => "\x1b[33m",
            Self::Error => "\x1b[31m",
            Self::ErrorLabel => "\x1b[1;31m",
            Self::Note => "\x1b[36m",
        }
    }
}

impl From<Severity> for Style {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Note,
        }
    }
}

/// An address that a click opens, if the terminal can do that.
pub(crate) fn link(address: &str) -> String {
    linked(address, address)
}

/// A path for display, such as `~/.netrc`, that a click opens, if the terminal can do that.
pub(crate) fn file(env: &Env, shown: &str) -> String {
    let path = shown.strip_prefix("~/").map_or_else(|| shown.into(), |path| env.home().join(path));
    // A terminal opens the file only on the machine that the address names, so no other one over SSH.
    linked(&format!("file://{}{}", machine(), encoded(&path.to_string_lossy())), shown)
}

fn linked(address: &str, shown: &str) -> String {
    static SUPPORTED: LazyLock<bool> =
        LazyLock::new(|| supports_hyperlinks::on(Stream::Stdout) && supports_hyperlinks::on(Stream::Stderr));
    if *SUPPORTED { with_link(address, shown) } else { shown.to_owned() }
}

/// The text with its link, unless the link would not lead where the text says.
fn with_link(address: &str, shown: &str) -> String {
    let linked = format!("{LINK}{address}{LINK_END}{shown}{LINK}{LINK_END}");
    if own_link(&linked).is_some() { linked } else { shown.to_owned() }
}

/// The length of the style or link of Herokey's own that the text begins with.
pub(crate) fn own_sequence(text: &str) -> Option<usize> {
    let style =
        Style::ALL.iter().map(|style| style.code()).chain([RESET]).find(|code| text.starts_with(code));
    style.map(str::len).or_else(|| own_link(text))
}

/// A link must lead where its text says, whoever wrote it.
fn own_link(text: &str) -> Option<usize> {
    let (address, rest) = text.strip_prefix(LINK)?.split_once(LINK_END)?;
    if address.is_empty() {
        return Some(LINK.len() + LINK_END.len());
    }
    let (shown, _) = rest.split_once(LINK)?;
    let is_page = address == shown && address.starts_with("https://");
    let is_plain = address.chars().all(|c| c.is_ascii_graphic());
    (is_plain && (is_page || names_file(address, shown))).then(|| LINK.len() + address.len() + LINK_END.len())
}

/// Whether the address is that of the shown file on this machine. What `~` stands for is not known here.
fn names_file(address: &str, shown: &str) -> bool {
    let here = address.strip_prefix("file://").and_then(|rest| rest.strip_prefix(machine().as_str()));
    let Some(path) = here.filter(|path| path.starts_with('/')) else { return false };
    match shown.strip_prefix("~/") {
        Some(below) => !below.is_empty() && path.ends_with(&format!("/{}", encoded(below))),
        None => shown.starts_with('/') && path == encoded(shown),
    }
}

/// A path in an address.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn machine() -> String {
    #[cfg(unix)]
    return encoded(&rustix::system::uname().nodename().to_string_lossy());
    #[cfg(not(unix))]
    String::new()
}

#[cfg(test)]
mod tests {
    use super::{machine, own_sequence, with_link};

    #[test]
    fn a_link_leads_where_its_text_says() {
        let here = |path: &str| format!("file://{}{path}", machine());
        let page = "https://id.heroku.com/login?a=b";
        for (address, shown) in [
            (page.to_owned(), page),
            (here("/home/me/.netrc"), "~/.netrc"),
            (here("/home/me/a%20b%C3%A9"), "~/a bé"),
            (here("/etc/gitconfig"), "/etc/gitconfig"),
        ] {
            let linked = with_link(&address, shown);
            assert_eq!(linked, format!("\x1b]8;;{address}\x1b\\{shown}\x1b]8;;\x1b\\"));
            assert_eq!(own_sequence(&linked), Some(address.len() + 7));
        }
        for (address, shown) in [
            ("https://evil.example.com/".to_owned(), "https://id.heroku.com/"),
            ("https://id.heroku.com/\n".to_owned(), "https://id.heroku.com/\n"),
            ("javascript:/x".to_owned(), "javascript:/x"),
            ("javascript:/x".to_owned(), "~/x"),
            ("file://evil.example.com/share/x".to_owned(), "/x"),
            ("file://evil.example.com/home/me/.netrc".to_owned(), "~/.netrc"),
            (here("/home/me/x"), "/x"),
            (here("/home/me/other"), "~/.netrc"),
            (here("/home/me/.netrc"), "netrc"),
            (here("/home/me"), "~"),
            (here("/home/me/"), "~/"),
        ] {
            assert_eq!(with_link(&address, shown), shown);
        }
    }
}
