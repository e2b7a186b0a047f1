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

pub use files::{Stamp, set_in, stamp, watched};
pub(crate) use files::{envrc, folder_sets};

use std::path::Path;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::terminal::{Direnv, Terminal};

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
