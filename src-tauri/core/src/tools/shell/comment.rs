//! Turns a line of a start-up file into a comment, and says beforehand whether that is possible.

use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::files::assigned;
use super::statement::{Lines, Syntax};
use crate::base::files::Bytes;

/// Last words of a line that opens a block. In most shells a block must not be empty.
const BLOCK_OPENERS: [&str; 5] = ["then", "do", "else", "{", "("];
/// First words of a line that opens a block.
const BLOCK_KEYWORDS: [&str; 8] = ["if", "else", "for", "while", "switch", "case", "begin", "function"];
/// Commands that set the variables after them.
const DECLARATIONS: [&str; 4] = ["export", "declare", "typeset", "readonly"];

/// Why a line cannot become a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The line does not set the variable.
    SetsNothing,
    /// The line does more than set the variable, or is part of a longer statement.
    DoesMore,
}

/// Puts `# ` before a line that sets a variable. If the line may be the only one in a block, puts `: # ` there, because a
/// block must contain a command, except in PowerShell.
pub(crate) fn comment_out(bytes: &[u8], line: usize, variable: &str, path: &Path) -> Result<Bytes, Refusal> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let index = line.checked_sub(1).ok_or(Refusal::SetsNothing)?;
    let text =
        lines.get(index).and_then(|line| std::str::from_utf8(line).ok()).ok_or(Refusal::SetsNothing)?;
    if assigned(text.trim_end(), variable).is_none() {
        return Err(Refusal::SetsNothing);
    }
    let above: Vec<_> = lines[..index].iter().map(|line| String::from_utf8_lossy(line)).collect();
    if !stands_alone(&above, text, variable, syntax(path)) {
        return Err(Refusal::DoesMore);
    }
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let before = above.iter().map(AsRef::as_ref).rev().find(is_code).unwrap_or_default();
    let indent = text.len() - text.trim_start().len();
    let in_block = indent > 0 || opens_a_block(before);
    let mark = if in_block && syntax(path) != Syntax::PowerShell { ": # " } else { "# " };
    let start: usize = lines[..index].iter().map(|line| line.len()).sum::<usize>() + indent;
    Ok(Zeroizing::new([&bytes[..start], mark.as_bytes(), &bytes[start..]].concat()))
}

fn syntax(path: &Path) -> Syntax {
    match path.extension().and_then(|end| end.to_str()) {
        Some("fish") => Syntax::Fish,
        Some("ps1") => Syntax::PowerShell,
        _ => Syntax::Posix,
    }
}

/// True if the line is one complete statement that sets this variable and nothing else.
fn stands_alone(above: &[impl AsRef<str>], text: &str, variable: &str, syntax: Syntax) -> bool {
    let mut lines = Lines::new(syntax);
    for line in above {
        lines.read(line.as_ref());
    }
    let line = lines.read(text);
    let mut words = line.words.iter().map(String::as_str);
    !line.is_part && words.next().is_some_and(|first| sets_only(first, words, variable))
}

fn sets_only<'a>(first: &str, mut words: impl Iterator<Item = &'a str>, variable: &str) -> bool {
    let is_assignment = |word: &str| word.strip_prefix(variable).is_some_and(|rest| rest.starts_with('='));
    let is_powershells = |word: &str| {
        let name = word.split('=').next().unwrap_or_default();
        name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("$env:")) && &name[5..] == variable
    };
    match first {
        _ if DECLARATIONS.contains(&first) => {
            let named: Vec<&str> = words.filter(|word| !word.starts_with('-')).collect();
            named.len() == 1 && is_assignment(named[0])
        }
        "set" | "setenv" => words.find(|word| !word.starts_with('-')) == Some(variable),
        _ if is_powershells(first) => {
            first.contains('=') || words.next().is_some_and(|word| word.starts_with('='))
        }
        // `NAME=value command` runs a command.
        _ => is_assignment(first) && words.next().is_none(),
    }
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

    fn commented_out(name: &str, text: &str, line: usize) -> Result<String, Refusal> {
        comment_out(text.as_bytes(), line, KEY, Path::new(name))
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_powershell_block_may_be_empty() {
        let text = format!("if ($true) {{\n    $env:{KEY} = 'fake'\n}}\n");
        assert_eq!(commented_out("Profile.ps1", &text, 2), Ok(text.replace("$env", "# $env")));
    }

    #[test]
    fn only_the_comment_mark_is_added() {
        for (before, line, after) in [
            ("export HEROKU_API_KEY=fake\n", 1, "# export HEROKU_API_KEY=fake\n"),
            ("a\r\nHEROKU_API_KEY='a b' # mine\r\n", 2, "a\r\n# HEROKU_API_KEY='a b' # mine\r\n"),
            (
                "if true; then\n  export HEROKU_API_KEY=fake\nfi\n",
                2,
                "if true; then\n  : # export HEROKU_API_KEY=fake\nfi\n",
            ),
            ("f() {\nexport HEROKU_API_KEY=fake\n}\n", 2, "f() {\n: # export HEROKU_API_KEY=fake\n}\n"),
        ] {
            assert_eq!(commented_out(".zshrc", before, line).as_deref(), Ok(after));
        }
    }

    #[test]
    fn a_value_may_be_computed() {
        for (file, line) in [
            (".profile", "export HEROKU_API_KEY=$(heroku auth:token)"),
            (".profile", "export HEROKU_API_KEY=`heroku auth:token`"),
            (".profile", "export HEROKU_API_KEY=\"$(cat ~/token | tr -d '\\n')\"; # mine"),
            (".profile", "HEROKU_API_KEY=${HEROKU_API_KEY:-$(pass heroku)}"),
            (".profile", "declare -x HEROKU_API_KEY=\"a b\""),
            (".tcshrc", "setenv HEROKU_API_KEY `heroku auth:token`"),
            ("config.fish", "set -gx HEROKU_API_KEY fake"),
            ("config.fish", "set -gx HEROKU_API_KEY (heroku auth:token)"),
            ("Profile.ps1", "$env:HEROKU_API_KEY = (heroku auth:token)"),
            ("Profile.ps1", "$Env:HEROKU_API_KEY=heroku auth:token"),
        ] {
            assert_eq!(commented_out(file, line, 1), Ok(format!("# {line}")), "{line}");
        }
    }

    #[test]
    fn a_line_that_does_more_is_refused() {
        for line in [
            "export HEROKU_API_KEY=fake; ls",
            "export A=1 HEROKU_API_KEY=fake",
            "export HEROKU_API_KEY=fake OTHER",
            "HEROKU_API_KEY=fake heroku apps",
            "HEROKU_API_KEY=$(cat token) heroku apps",
            "export HEROKU_API_KEY=$(cat",
            "export HEROKU_API_KEY=\"fake",
            "export HEROKU_API_KEY=fake \\",
            "test -n a && export HEROKU_API_KEY=fake",
        ] {
            assert_eq!(commented_out(".profile", line, 1), Err(Refusal::DoesMore), "{line}");
        }
        for text in [
            "export \\\nHEROKU_API_KEY=fake\n",
            "test x &&\nHEROKU_API_KEY=fake\n",
            "cat <<X\nHEROKU_API_KEY=fake\nX\n",
        ] {
            assert_eq!(commented_out(".profile", text, 2), Err(Refusal::DoesMore), "{text}");
        }
        for other in ["# HEROKU_API_KEY=fake", "export MY_HEROKU_API_KEY=fake", "unset HEROKU_API_KEYS", ""] {
            assert_eq!(commented_out(".profile", other, 1), Err(Refusal::SetsNothing), "{other}");
        }
        assert_eq!(commented_out(".profile", "HEROKU_API_KEY=fake", 2), Err(Refusal::SetsNothing));
    }
}
