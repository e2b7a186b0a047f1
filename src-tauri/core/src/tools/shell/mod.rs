//! The variables of the user's new terminals, which a tray started by the desktop does not inherit, and the files and
//! lines that set them.

mod comment;
mod files;
#[cfg(any(target_os = "macos", all(unix, test)))]
mod launchd;
mod registry;
mod statement;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(crate) use comment::{Refusal, comment_out};
pub use files::{Stamp, stamp};
pub(crate) use files::{envrc, folder_variables, set_in, startup_files, watched_paths};
pub(crate) use registry::UserVariable;

use std::path::Path;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::terminal::{Direnv, Terminal};

/// How the user sets a variable permanently, as a clause: "you add `export NAME=value` to ~/.zshrc".
pub(crate) fn how_to_set(env: &Env, name: &str, value: &str) -> String {
    match shell_name(env) {
        "fish" => format!("you run `set -Ux {name} {value}`"),
        "zsh" => format!("you add `export {name}={value}` to ~/.zshrc"),
        "bash" => format!("you add `export {name}={value}` to ~/.bashrc"),
        _ if cfg!(windows) => format!("you run `setx {name} {value}`"),
        _ => format!("you add `export {name}={value}` to ~/.profile"),
    }
}

fn shell_name(env: &Env) -> &str {
    env.text("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

/// Asks the login shell, or the registry on Windows, which of Heroku's variables a new terminal has.
pub fn ask(env: &Env) -> Result<Terminal> {
    system::ask(env)
}

/// Asks direnv what it sets in a folder that has an `.envrc`. direnv runs that file only if the user has allowed it, as it
/// does whenever a terminal enters the folder.
pub(crate) fn ask_direnv(env: &Env, folder: &Path) -> Result<(Direnv, Option<Terminal>)> {
    system::ask_direnv(env, folder)
}
