//! `herokey doctor --report`: the diagnosis for a bug report. Tokens and emails are told apart by numbers and not shown.

use std::fmt::Write;

use herokey_core::Env;
use herokey_core::diagnose::Problem;
use herokey_core::git::Helper;
use herokey_core::resolve::resolve;
use herokey_core::survey::{Facts, Look};

use crate::status_json;

/// The whole text.
pub(crate) fn text(env: &Env, facts: &Facts, problems: &[Problem]) -> String {
    let tools = resolve(facts);
    let mut text = format!(
        "herokey {} on {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    if let Look::Present(program) = &facts.program {
        let version = program.version.as_deref().unwrap_or("of unknown version");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "heroku {version}");
    }
    let report = status_json::report(facts, &tools, problems, None);
    let _ = writeln!(text, "{report:#}");
    for helper in facts.git_helpers.present().into_iter().flatten() {
        // A helper can be a command line with a password in it.
        if let Helper::Other(value) = &helper.helper {
            text = text.replace(value, "(another helper)").replace(&escaped(value), "(another helper)");
        }
    }
    if let Some(alias) = &facts.heroku_alias {
        text = text.replace(alias, "(an alias)").replace(&escaped(alias), "(an alias)");
    }
    let home = env.home();
    let text = text.replace(&*home.to_string_lossy(), "~");
    numbered(&numbered(&text, "account", email), "token", mask)
}

/// As the text stands in JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_matches('"').to_owned()
}

/// Puts `<KIND 1>`, `<KIND 2>` in the place of what `find` finds: the same thing has the same number everywhere.
fn numbered(text: &str, kind: &str, find: fn(&str) -> Option<std::ops::Range<usize>>) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut made = String::new();
    let mut rest = text;
    while let Some(place) = find(rest) {
        let found = &rest[place.clone()];
        let number = known.iter().position(|other| *other == found).unwrap_or_else(|| {
            known.push(found);
            known.len() - 1
        });
        made.push_str(&rest[..place.start]);
        let _ = write!(made, "<{kind} {}>", number + 1);
        rest = &rest[place.end..];
    }
    made + rest
}

fn email(text: &str) -> Option<std::ops::Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    text.match_indices('@').find_map(|(at, _)| {
        let before = text[..at].chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
        let after = text[at + 1..].chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
        (before > 0 && after > 0).then_some(at - before..at + 1 + after)
    })
}

/// `…` and the last four characters of a token.
fn mask(text: &str) -> Option<std::ops::Range<usize>> {
    text.match_indices('…').find_map(|(at, dots)| {
        let tail = text[at + dots.len()..].bytes().take(4).take_while(u8::is_ascii_graphic).count();
        (tail == 4).then_some(at..at + dots.len() + tail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_has_the_same_number() {
        let text = "me@example.com …a1b2, other.x+y@example.org: …ffff and me@example.com …a1b2 (… @)";
        let masked = numbered(&numbered(text, "account", email), "token", mask);
        assert_eq!(masked, "<account 1> <token 1>, <account 2>: <token 2> and <account 1> <token 1> (… @)");
    }
}
