//! Turns a line of a shell's startup file into a comment.

use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::machine_changed;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;

/// Last words of a line that opens a block. In most shells a block must not be empty.
const BLOCK_OPENERS: [&str; 5] = ["then", "do", "else", "{", "("];
/// First words of a line that opens a block.
const BLOCK_KEYWORDS: [&str; 8] = ["if", "else", "for", "while", "switch", "case", "begin", "function"];

/// Puts `# ` before a line that sets a variable. If the line may be the only one in a block, puts `: # ` there, because a
/// block must contain a command, except in PowerShell.
///
/// Refuses a line that does more than set this variable, or that is part of a longer statement.
pub(super) fn comment_out(bytes: &[u8], line: usize, variable: &str, path: &Path) -> Result<Bytes> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let index = line.checked_sub(1).ok_or_else(machine_changed)?;
    let text =
        lines.get(index).and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(machine_changed)?;
    if !sets(text, variable) {
        return Err(machine_changed());
    }
    let previous = lines[..index].iter().rev().map(|line| String::from_utf8_lossy(line));
    let mut previous = previous.filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let above = previous.next().unwrap_or_default();
    if !stands_alone(text) || above.trim_end_matches(['\r', '\n']).ends_with('\\') {
        return Err(Error::new(Code::CannotFix, format!("Line {line} does more than set {variable}."))
            .means("Nothing was changed.")
            .next_step(format!("Open the file and remove {variable} from the line.")));
    }
    let indent = text.len() - text.trim_start().len();
    let in_block = indent > 0 || opens_a_block(&above);
    let is_powershell = path.extension().is_some_and(|end| end == "ps1");
    let mark = if in_block && !is_powershell { ": # " } else { "# " };
    let start: usize = lines[..index].iter().map(|line| line.len()).sum::<usize>() + indent;
    Ok(Zeroizing::new([&bytes[..start], mark.as_bytes(), &bytes[start..]].concat()))
}

/// The value that the line gives to the variable, without and with its quotes.
pub(super) fn values(bytes: &[u8], line: usize, variable: &str) -> Vec<Bytes> {
    let line = bytes.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let Ok(text) = std::str::from_utf8(line) else { return Vec::new() };
    let Some((_, value)) = text.split_once(variable) else { return Vec::new() };
    let value = value.trim_start_matches(['=', ' ', '\t']).trim_end();
    let bare = value.trim_matches(['"', '\'']);
    [bare, value].map(|value| Zeroizing::new(value.as_bytes().to_vec())).to_vec()
}

/// True if the line mentions the variable as something it sets, and is not a comment.
fn sets(text: &str, variable: &str) -> bool {
    let text = text.trim_start();
    let is_set = |(at, _): (usize, &str)| {
        let before = text[..at].chars().next_back();
        let after = text[at + variable.len()..].chars().next();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !before.is_some_and(is_name) && after.is_some_and(|c| matches!(c, '=' | ' ' | '\t'))
    };
    !text.starts_with('#') && text.match_indices(variable).any(is_set)
}

/// True if the line is one complete statement that sets one variable.
fn stands_alone(text: &str) -> bool {
    let text = text.trim();
    let mut quote = None;
    let mut words = 1;
    let mut in_word = true;
    let mut assignments = 0;
    for c in text.chars() {
        if quote.is_some() {
            quote = quote.filter(|open| c != *open);
            continue;
        }
        match c {
            ';' | '&' | '|' | '(' | ')' | '{' | '}' | '`' | '<' | '\\' => return false,
            '#' if !in_word => break,
            ' ' | '\t' => {
                in_word = false;
                continue;
            }
            '"' | '\'' => quote = Some(c),
            '=' => assignments += 1,
            _ => {}
        }
        words += usize::from(!in_word);
        in_word = true;
    }
    // `NAME=value command` runs a command.
    let prefix = assignments == 1
        && words > 1
        && text.split(char::is_whitespace).next().is_some_and(|word| word.contains('='));
    quote.is_none() && assignments < 2 && !prefix
}

/// True if a line opens a block that the next line belongs to.
fn opens_a_block(line: &str) -> bool {
    let code = line.split(" #").next().unwrap_or_default().trim();
    let last = code.rsplit([' ', '\t', ';']).next().unwrap_or_default();
    let first = code.split_whitespace().next().unwrap_or_default();
    BLOCK_OPENERS.contains(&last)
        || last.ends_with('{')
        || last.ends_with(')')
        || BLOCK_KEYWORDS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "HEROKU_API_KEY";

    fn commented_out(text: &str, line: usize) -> Result<String> {
        comment_out(text.as_bytes(), line, KEY, Path::new(".zshrc"))
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_powershell_block_may_be_empty() {
        let text = format!("if ($true) {{\n    $env:{KEY} = 'fake'\n}}\n");
        let changed = comment_out(text.as_bytes(), 2, KEY, Path::new("Profile.ps1")).unwrap();
        assert_eq!(changed.as_slice(), text.replace("$env", "# $env").as_bytes());
    }

    #[test]
    fn only_the_comment_mark_is_added() {
        for (before, line, after) in [
            ("export HEROKU_API_KEY=fake\n", 1, "# export HEROKU_API_KEY=fake\n"),
            ("a\r\nHEROKU_API_KEY='a b' # mine\r\n", 2, "a\r\n# HEROKU_API_KEY='a b' # mine\r\n"),
            ("set -gx HEROKU_API_KEY fake", 1, "# set -gx HEROKU_API_KEY fake"),
            (
                "if true; then\n  export HEROKU_API_KEY=fake\nfi\n",
                2,
                "if true; then\n  : # export HEROKU_API_KEY=fake\nfi\n",
            ),
            ("f() {\nexport HEROKU_API_KEY=fake\n}\n", 2, "f() {\n: # export HEROKU_API_KEY=fake\n}\n"),
        ] {
            assert_eq!(commented_out(before, line).unwrap(), after);
        }
    }

    #[test]
    fn a_line_that_does_more_is_refused() {
        for line in [
            "export HEROKU_API_KEY=fake; ls",
            "export A=1 HEROKU_API_KEY=fake",
            "HEROKU_API_KEY=fake heroku apps",
            "export HEROKU_API_KEY=$(cat token)",
            "export HEROKU_API_KEY=\"fake",
            "export HEROKU_API_KEY=fake \\",
            "test -n a && export HEROKU_API_KEY=fake",
        ] {
            assert_eq!(commented_out(line, 1).unwrap_err().code, Code::CannotFix, "{line}");
        }
        assert!(commented_out("export \\\nHEROKU_API_KEY=fake\n", 2).is_err());
        for other in ["# HEROKU_API_KEY=fake", "export MY_HEROKU_API_KEY=fake", "unset HEROKU_API_KEYS", ""] {
            assert!(commented_out(other, 1).is_err(), "{other}");
        }
        assert!(commented_out("HEROKU_API_KEY=fake", 2).is_err());
    }

    #[test]
    fn a_value_is_found_with_and_without_quotes() {
        let values = values(b"export HEROKU_API_KEY=\"HRKU-fake\"\n", 1, KEY);
        let texts: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
        assert_eq!(texts, ["HRKU-fake", "\"HRKU-fake\""]);
    }
}
