//! The entry for the start at login (Desktop Application Autostart Specification), read as the Desktop Entry
//! Specification says.

use std::path::{Path, PathBuf};

use crate::base::env::{Env, is_executable};

const GROUP: &str = "[Desktop Entry]";
const TRY_EXEC: &str = "TryExec";
const EXEC: &str = "Exec";

pub(super) fn path(env: &Env) -> PathBuf {
    env.config_home().join("autostart/herokey.desktop")
}

/// With `TryExec` the session skips a program that has been removed.
pub(super) fn text(program: &Path, argument: &str) -> String {
    let [try_exec, exec] = values(program, argument);
    format!(
        "{GROUP}\nType=Application\nName=Herokey\nComment=Heroku's token in the tray\nIcon=herokey\n\
         {TRY_EXEC}={try_exec}\n{EXEC}={exec}\nX-GNOME-Autostart-enabled=true\n",
    )
}

/// True if a settings program has switched the entry off without removing the file.
pub(super) fn is_switched_off(entry: &[u8]) -> bool {
    let text = String::from_utf8_lossy(entry);
    value(&text, "Hidden") == Some("true") || value(&text, "X-GNOME-Autostart-enabled") == Some("false")
}

/// The program that the entry names, in one key or the other, if there is no such program.
pub(super) fn gone(env: &Env, entry: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(entry);
    let named = [
        value(&text, TRY_EXEC).map(unescaped),
        value(&text, EXEC).map(unescaped).map(|line| first_word(&line)),
    ];
    let is_missing = |program: &String| match Path::new(program) {
        path if path.is_absolute() => !is_executable(path),
        _ => env.find_program(program).is_none(),
    };
    named.into_iter().flatten().find(is_missing)
}

/// The entry with another program, and all else as it was; `None` if it names none.
pub(super) fn with_program(entry: &[u8], program: &Path, argument: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(entry).ok()?;
    value(text, EXEC)?;
    let [try_exec, exec] = values(program, argument);
    let mut changed = String::with_capacity(text.len());
    let mut is_inside = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        is_inside = if bare.starts_with('[') { bare.trim_end() == GROUP } else { is_inside };
        let new = match key(bare).filter(|_| is_inside) {
            Some(TRY_EXEC) => format!("{TRY_EXEC}={try_exec}"),
            Some(EXEC) => format!("{EXEC}={exec}"),
            _ => bare.to_owned(),
        };
        changed.push_str(&new);
        changed.push_str(&line[bare.len()..]);
    }
    Some(changed.into_bytes())
}

/// The values of `TryExec` and `Exec`.
fn values(program: &Path, argument: &str) -> [String; 2] {
    let program = program.to_string_lossy();
    [program.replace('\\', "\\\\"), format!("{} {argument}", quoted(&program))]
}

/// The value of a key in the group of the entry itself. Blanks around the equals sign do not count.
fn value<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let group = text.lines().skip_while(|line| line.trim_end() != GROUP).skip(1);
    let mut lines = group.take_while(|line| !line.starts_with('['));
    lines.find(|line| key(line) == Some(wanted))?.split_once('=').map(|(_, value)| value.trim())
}

fn key(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim()).filter(|key| !key.starts_with('#'))
}

/// A value of type string without its escapes.
fn unescaped(value: &str) -> String {
    let mut characters = value.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next() {
                Some('s') => ' ',
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => break,
            },
            other => other,
        });
    }
    text
}

/// The program of a command line (Desktop Entry Specification, "The Exec key").
fn first_word(line: &str) -> String {
    let Some(quoted) = line.strip_prefix('"') else {
        return line.split_whitespace().next().unwrap_or_default().replace("%%", "%");
    };
    let mut word = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => word.extend(characters.next()),
            other => word.push(other),
        }
    }
    word.replace("%%", "%")
}

/// Quotes a word of `Exec`, and escapes it once more like any string.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for character in word.chars() {
        match character {
            '"' | '`' | '$' => quoted.extend(["\\\\", character.encode_utf8(&mut [0; 4])]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: &str = r#"/home/me/100% $a "b\c"#;

    #[test]
    fn quotes_a_program_as_one_word() {
        assert_eq!(quoted("/usr/bin/herokey-tray"), r#""/usr/bin/herokey-tray""#);
        assert_eq!(quoted(ODD), r#""/home/me/100%% \\$a \\"b\\\\c""#);
    }

    #[test]
    fn a_program_is_read_as_it_was_written() {
        for program in ["/usr/bin/herokey-tray", ODD] {
            let text = text(Path::new(program), "--at-login");
            assert_eq!(unescaped(value(&text, TRY_EXEC).unwrap()), program);
            assert_eq!(first_word(&unescaped(value(&text, EXEC).unwrap())), program);
        }
        assert_eq!(first_word("herokey-tray --at-login"), "herokey-tray");
    }

    #[test]
    fn keys_count_in_the_group_of_the_entry_alone() {
        let text =
            "Exec=before\n[Desktop Entry]\n# Exec=comment\nExec = mine \n[Desktop Action A]\nExec=other\n";
        assert_eq!(value(text, EXEC), Some("mine"));
        assert_eq!(value(text, TRY_EXEC), None);
        assert_eq!(
            with_program(text.as_bytes(), Path::new("/new"), "--at-login").unwrap(),
            text.replace("Exec = mine ", "Exec=\"/new\" --at-login").into_bytes()
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let env = Env::new([("PATH", "/bin")]);
        let gone = |text: &str| gone(&env, format!("[Desktop Entry]\n{text}\n").as_bytes());
        let named = |program: &str| Some(program.to_owned());
        assert_eq!(gone("TryExec=/bin/sh\nExec=sh --at-login"), None);
        assert_eq!(gone("TryExec=/nowhere/a\nExec=/bin/sh"), named("/nowhere/a"));
        assert_eq!(gone("Exec=\"/no where/a\" --at-login"), named("/no where/a"));
        assert_eq!(gone("Exec=herokey-nowhere"), named("herokey-nowhere"));
        assert_eq!(gone("Name=Herokey"), None);
    }
}
