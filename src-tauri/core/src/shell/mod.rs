//! What a new terminal of this person has, which a tray started by the desktop does not inherit, and the file and line
//! that set it.

mod files;
#[cfg(any(target_os = "macos", all(unix, test)))]
mod launchd;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use files::{SetIn, Stamp, set_in, stamp, watched};
pub(crate) use files::{envrc, folder_sets};

use std::fmt;
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use crate::env::Env;
use crate::error::Result;
use crate::survey::Direnv;

/// The variables of Heroku's that decide which credential is used, and where it is kept.
pub const VARIABLES: [&str; 7] = [
    "HEROKU_API_KEY",
    "HEROKU_API_TOKEN",
    "HEROKU_NETRC_WRITE",
    "HEROKU_HOST",
    "HEROKU_GIT_HOST",
    "HEROKU_LOGIN_HOST",
    "HEROKU_DATA_DIR",
];

/// What a new terminal has. Values are wiped when dropped, and never shown.
#[derive(Default, PartialEq)]
pub struct Terminal {
    variables: Vec<(&'static str, Zeroizing<String>)>,
    /// What `heroku` means there, where it is not simply a program: what the shell's `type` says, its first line.
    pub alias: Option<String>,
}

impl Terminal {
    /// Each of [`VARIABLES`] that is set there, and its value.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

/// How a person sets a variable for good in the shell they use: "`export NAME=value` stands in ~/.zshrc".
pub fn set_line(env: &Env, name: &str, value: &str) -> String {
    match name_of_shell(env) {
        "fish" => format!("you run `set -Ux {name} {value}`"),
        "zsh" => format!("`export {name}={value}` stands in ~/.zshrc"),
        "bash" => format!("`export {name}={value}` stands in ~/.bashrc"),
        _ if cfg!(windows) => format!("you run `setx {name} {value}`"),
        _ => format!("`export {name}={value}` stands in ~/.profile"),
    }
}

fn name_of_shell(env: &Env) -> &str {
    env.text("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

/// What a new terminal of this person has.
pub fn ask(env: &Env) -> Result<Terminal> {
    system::ask(env)
}

/// Asks direnv what it sets in a folder that has an `.envrc`. It runs that file only where the person has allowed it,
/// as it does whenever a terminal goes there.
pub(crate) fn ask_direnv(env: &Env, folder: &Path) -> Result<(Direnv, Option<Terminal>)> {
    system::ask_direnv(env, folder)
}

impl Terminal {
    /// Those of [`VARIABLES`] that have a value.
    fn of(value: impl Fn(&str) -> Option<Zeroizing<String>>, alias: Option<String>) -> Self {
        let set =
            |name: &'static str| value(name).filter(|value| !value.is_empty()).map(|value| (name, value));
        Self { variables: VARIABLES.into_iter().filter_map(set).collect(), alias }
    }
}
