//! Reads a helper's line as git and its shell do (gitcredentials(7), "CUSTOM HELPERS"; sh(1), "Word Expansions"), as far
//! as that is possible without running them.

use std::iter::Peekable;
use std::str::Chars;

/// A word of a command line; `None` if only the shell knows it, because it contains a variable or a pattern.
pub(super) type Word = Option<String>;

/// What git starts for a helper's line.
#[derive(Debug, PartialEq)]
pub(super) enum Runs {
    /// `git credential-NAME` with these arguments.
    Named(String, Vec<Word>),
    /// The program at this path.
    Program(String),
    /// Only the shell knows.
    Unknown,
}

/// What git starts for a helper's `value`. A value with `!` is a command, an absolute path is one too, and any other is
/// `git credential-VALUE`. git adds the operation and passes the line to a shell.
pub(super) fn runs(value: &str, home: &str) -> Runs {
    let line = match value.strip_prefix('!') {
        Some(command) => command.to_owned(),
        None if is_absolute(value) => value.to_owned(),
        None => format!("git credential-{value}"),
    };
    let mut words = words(&format!("{line} get"), home).unwrap_or_default().into_iter();
    let Some(Some(program)) = words.next() else { return Runs::Unknown };
    let mut name = program.strip_prefix("git-credential-").map(str::to_owned);
    if program == "git" {
        name = words.next().flatten().and_then(|word| Some(word.strip_prefix("credential-")?.to_owned()));
    }
    match name {
        Some(name) => Runs::Named(name, words.collect()),
        // Git for Windows has folders of its own, such as `/mingw64`.
        None if is_absolute(&program) && !(cfg!(windows) && program.starts_with('/')) => {
            Runs::Program(program)
        }
        // A name alone may be a function or a command of the shell.
        None => Runs::Unknown,
    }
}

/// The first word of a line; `None` if only the shell knows it.
pub(super) fn first_word(line: &str, home: &str) -> Word {
    Lexer { chars: line.trim_start().chars().peekable(), home }.word().flatten()
}

/// git's `is_absolute_path`.
fn is_absolute(value: &str) -> bool {
    let drive = || {
        let mut chars = value.chars();
        chars.next().is_some_and(|first| first.is_ascii_alphabetic()) && chars.next() == Some(':')
    };
    value.starts_with('/') || (cfg!(windows) && (value.starts_with('\\') || drive()))
}

/// The words of a line. `None` if it is more than one simple command.
fn words(line: &str, home: &str) -> Option<Vec<Word>> {
    let mut lexer = Lexer { chars: line.chars().peekable(), home };
    let mut words = Vec::new();
    loop {
        while lexer.chars.next_if(|c| is_blank(*c)).is_some() {}
        if lexer.chars.peek().is_none() {
            return Some(words);
        }
        words.push(lexer.word()?);
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    home: &'a str,
}

impl Lexer<'_> {
    /// Reads a word. `None` if what follows is not a part of a simple command, or has no end.
    fn word(&mut self) -> Option<Word> {
        let (mut text, mut is_known, mut is_empty) = (String::new(), true, true);
        if self.chars.next_if_eq(&'~').is_some() {
            text.push_str(self.home);
            // Another user's home folder may follow.
            is_known = self.chars.peek().is_none_or(|next| *next == '/' || is_blank(*next));
            is_empty = false;
        }
        while let Some(c) = self.chars.next_if(|c| !is_blank(*c)) {
            match c {
                '\n' | '|' | '&' | ';' | '<' | '>' | '(' | ')' | '`' => return None,
                '#' if is_empty => return None,
                '\\' => text.push(self.chars.next().filter(|next| *next != '\n')?),
                '\'' => self.single_quoted(&mut text)?,
                '"' => is_known &= self.double_quoted(&mut text)?,
                // Some shells read another kind of quotes here.
                '$' if matches!(self.chars.peek(), Some('\'' | '"')) => return None,
                '$' => {
                    let splits = |home: &str| home.contains([' ', '\t', '\n', '*', '?', '[']);
                    is_known &= self.variable(&mut text)? && !splits(self.home);
                }
                '*' | '?' | '[' | '{' | '}' => is_known = false,
                _ => text.push(c),
            }
            is_empty = false;
        }
        Some(is_known.then_some(text))
    }

    fn single_quoted(&mut self, text: &mut String) -> Option<()> {
        loop {
            match self.chars.next()? {
                '\'' => return Some(()),
                c => text.push(c),
            }
        }
    }

    /// Reads up to the closing quote. False if only the shell knows the text.
    fn double_quoted(&mut self, text: &mut String) -> Option<bool> {
        let mut is_known = true;
        loop {
            match self.chars.next()? {
                '"' => return Some(is_known),
                '`' => return None,
                '$' => is_known &= self.variable(text)?,
                '\\' => match self.chars.next()? {
                    '\n' => {}
                    escaped @ ('$' | '`' | '"' | '\\') => text.push(escaped),
                    other => text.extend(['\\', other]),
                },
                c => text.push(c),
            }
        }
    }

    /// Reads a variable after its `$`. False if it is not `HOME`, whose value is known.
    fn variable(&mut self, text: &mut String) -> Option<bool> {
        let is_in_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        let braces = self.chars.next_if_eq(&'{').is_some();
        let mut name = String::new();
        while let Some(c) = self.chars.next_if(is_in_name) {
            name.push(c);
        }
        if braces {
            self.chars.next_if_eq(&'}')?;
        } else if name.is_empty() {
            // A dollar sign that no parameter follows is an ordinary character.
            return match self.chars.next_if(|c| matches!(c, '(' | '@' | '*' | '#' | '?' | '-' | '$' | '!')) {
                Some('(') => None,
                Some(_) => Some(false),
                None => {
                    text.push('$');
                    Some(true)
                }
            };
        }
        if name == "HOME" {
            text.push_str(self.home);
        }
        Some(name == "HOME")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(line: &str) -> Option<Vec<Word>> {
        words(line, "/home/me")
    }

    #[test]
    fn reads_the_words_of_a_simple_command() {
        for (line, expected) in [
            ("one  two\tthree", vec!["one", "two", "three"]),
            (r"/mnt/c/Program\ Files/x.exe get", vec!["/mnt/c/Program Files/x.exe", "get"]),
            (r#""/my dir/x" '/it'\''s' a"b c"d"#, vec!["/my dir/x", "/it's", "ab cd"]),
            (r#""\$5 \"x\" \n" '\$'"#, vec![r#"$5 "x" \n"#, r"\$"]),
            ("~ ~/x a~ --file=~/x \"~/x\"", vec!["/home/me", "/home/me/x", "a~", "--file=~/x", "~/x"]),
            (
                "$HOME/x \"${HOME}/y z\" '$HOME' 5$ a#b",
                vec!["/home/me/x", "/home/me/y z", "$HOME", "5$", "a#b"],
            ),
            ("", vec![]),
        ] {
            let known: Option<Vec<String>> = words_of(line).unwrap().into_iter().collect();
            assert_eq!(known.unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn only_the_shell_knows_the_rest() {
        for line in ["$PATH", "\"$USER\"", "*.sh", "~other/x", "${x}", "{a,b}", "$1", "a$@"] {
            assert_eq!(words_of(line), Some(vec![None]), "{line}");
        }
        for line in
            ["a; b", "a && b", "a | b", "f() { :; }", "`a`", "$(a)", "\"$(a)\"", "'a", "\"a", "a\\", "# a"]
                .into_iter()
                .chain(["a > b", "${x:-y}", "$'a'"])
        {
            assert_eq!(words_of(line), None, "{line}");
        }
        assert_eq!(words("$HOME/x \"$HOME/x\"", "/my home"), Some(vec![None, Some("/my home/x".to_owned())]));
    }

    #[test]
    fn runs_what_git_runs() {
        let named = |name: &str, arguments: &[&str]| {
            Runs::Named(name.to_owned(), arguments.iter().map(|word| Some((*word).to_owned())).collect())
        };
        for (value, expected) in [
            ("store", named("store", &["get"])),
            ("store --file \"$HOME/a b\"", named("store", &["--file", "/home/me/a b", "get"])),
            ("!git credential-store", named("store", &["get"])),
            ("!git-credential-cache --timeout 5", named("cache", &["--timeout", "5", "get"])),
            (r"my\ own", named("my own", &["get"])),
            ("~/bin/x", named("~/bin/x", &["get"])),
            ("\"/a b/x\"", named("/a b/x", &["get"])),
            (r"/a\ b/x --y", Runs::Program("/a b/x".to_owned())),
            ("!'/a b/x' y", Runs::Program("/a b/x".to_owned())),
            ("!~/x", Runs::Program("/home/me/x".to_owned())),
            ("!gh auth git-credential", Runs::Unknown),
            ("!git x", Runs::Unknown),
            ("!f() { :; }; f", Runs::Unknown),
            ("/a/x; y", Runs::Unknown),
        ] {
            if !(cfg!(windows) && matches!(expected, Runs::Program(_))) {
                assert_eq!(runs(value, "/home/me"), expected, "{value}");
            }
        }
    }
}
