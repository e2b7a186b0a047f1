//! The registry: the variables that the user and the machine set for every program.

use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE, Type};

use super::files::Assignment;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::terminal::{Direnv, SetIn, Terminal, Unset};

const USERS: &str = "HKEY_CURRENT_USER";
/// The user's variables win over the machine's.
const KEYS: [(&Key, &str, &str); 2] = [
    (CURRENT_USER, USERS, "Environment"),
    (LOCAL_MACHINE, "HKEY_LOCAL_MACHINE", r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"),
];

/// Reads the registry, which decides what a new terminal has; there is nothing to run.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(super) fn ask(_: &Env) -> Result<Terminal> {
    let value = |name: &str| KEYS.iter().find_map(|(root, _, path)| read(root, path, name));
    Ok(Terminal::new(value, None))
}

/// Reports direnv as missing: it is not supported on Windows.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(super) fn ask_direnv(_: &Env, _: &Path) -> Result<(Direnv, Option<Terminal>)> {
    Ok((Direnv::Missing, None))
}

pub(super) fn set_in(_: &Env, variable: &str) -> Vec<Assignment> {
    let found = |(root, name, path): &(&Key, &str, &str)| {
        let value = read(root, path, variable)?;
        let key = format!(r"{name}\{path}");
        // A value of another type may name other variables, and is not what programs get.
        let is_plain = root.open(path).and_then(|key| key.get_type(variable)) == Ok(Type::String);
        let unset = (is_plain && *name == USERS).then_some(Unset::RemoveValue);
        Some((SetIn { path: PathBuf::from(&key), line: 0, shown: key, unset }, Some(value)))
    };
    KEYS.iter().filter_map(found).collect()
}

/// `None` if there is no such value or the user may not read it.
fn read(root: &Key, path: &str, name: &str) -> Option<Zeroizing<String>> {
    root.open(path).ok()?.get_string(name).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "HEROKU_GIT_HOST";

    #[test]
    fn reads_a_new_terminals_variables_from_the_registry() {
        let key = CURRENT_USER.create("Environment").unwrap();
        if key.get_string(NAME).is_ok() {
            eprintln!("SKIPPED: {NAME} is set for this user, and the test would overwrite it");
            return;
        }
        let env = Env::new([("USERPROFILE", r"C:\Users\me")]);
        key.set_string(NAME, "git.heroku.com").unwrap();
        let (terminal, found) = (ask(&env), set_in(&env, NAME));
        key.remove_value(NAME).unwrap();
        assert!(terminal.unwrap().variables().any(|variable| variable == (NAME, "git.heroku.com")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0.shown, r"HKEY_CURRENT_USER\Environment");
        assert_eq!(found[0].0.path_and_line(), r"HKEY_CURRENT_USER\Environment");
        assert_eq!(found[0].0.unset, Some(Unset::RemoveValue));
        assert!(set_in(&env, NAME).is_empty());
    }
}
