//! Where a person's shell sets a `HEROKU_*` variable: the file and line to change.

use std::path::PathBuf;

use crate::env::Env;
use crate::store::file;

/// Files that shells read when they start, in the order of looking.
const STARTUP_FILES: [&str; 13] = [
    ".zshenv",
    ".zprofile",
    ".zshrc",
    ".zlogin",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".profile",
    ".config/fish/config.fish",
    ".config/environment.d/heroku.conf",
    ".pam_environment",
    ".xprofile",
    ".xsessionrc",
];
/// A start-up file larger than this is not read.
const LIMIT: u64 = 4 << 20;

/// A line of a start-up file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetIn {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// Both, as a person writes them: `~/.zshrc:12`.
    pub shown: String,
}

/// Finds the line that sets a variable; `None` where it comes from elsewhere (the program that started this one, a
/// folder's `.env`, a file that is not looked at).
pub fn set_in(env: &Env, variable: &str) -> Option<SetIn> {
    let home = env.home();
    let files = STARTUP_FILES.iter().map(|name| home.join(name)).chain([PathBuf::from("/etc/environment")]);
    files.into_iter().find_map(|path| {
        // What cannot be read sets nothing that a person could change there.
        let bytes = file::read(&path, LIMIT).ok()??;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().enumerate().filter(|(_, line)| sets(line, variable)).last()?.0 + 1;
        Some(SetIn { shown: format!("{}:{line}", env.tilde(&path)), path, line })
    })
}

/// How a person sets a variable for good in the shell they use: "`export NAME=value` stands in ~/.zshrc".
pub fn set_line(env: &Env, name: &str, value: &str) -> String {
    let shell = env.text("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    match shell {
        "fish" => format!("you run `set -Ux {name} {value}`"),
        "zsh" => format!("`export {name}={value}` stands in ~/.zshrc"),
        "bash" => format!("`export {name}={value}` stands in ~/.bashrc"),
        _ if cfg!(windows) => format!("you run `setx {name} {value}`"),
        _ => format!("`export {name}={value}` stands in ~/.profile"),
    }
}

/// `export NAME=…`, `NAME=…`, and fish's `set -gx NAME …`.
fn sets(line: &str, variable: &str) -> bool {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("set") => words.find(|word| !word.starts_with('-')) == Some(variable),
        Some("export" | "declare" | "typeset") => words.any(|word| assigns(word, variable)),
        Some(word) => assigns(word, variable),
        None => false,
    }
}

fn assigns(word: &str, variable: &str) -> bool {
    word.strip_prefix(variable).is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_last_line_of_the_first_file_that_sets_it() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        assert_eq!(set_in(&env, "HEROKU_API_KEY"), None);
        std::fs::write(home.path().join(".profile"), "HEROKU_API_KEY=fake\n").unwrap();
        let zshrc = home.path().join(".zshrc");
        std::fs::write(&zshrc, "# export HEROKU_API_KEY=old\n\nexport -x HEROKU_API_KEY=fake\nls\n").unwrap();
        let found = set_in(&env, "HEROKU_API_KEY").unwrap();
        assert_eq!((found.path, found.line), (zshrc, 3));
    }

    #[test]
    fn knows_the_ways_of_shells() {
        assert!(sets("set -gx HEROKU_API_KEY fake", "HEROKU_API_KEY"));
        assert!(sets("  HEROKU_API_KEY='fake'", "HEROKU_API_KEY"));
        assert!(!sets("export HEROKU_API_KEY_OLD=fake", "HEROKU_API_KEY"));
        assert!(!sets("#HEROKU_API_KEY=fake", "HEROKU_API_KEY"));
        assert!(!sets("unset HEROKU_API_KEY", "HEROKU_API_KEY"));
    }
}
