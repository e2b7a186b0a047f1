//! The registry: what a person and the machine give every program that is started.

use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

use super::files::Assignment;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::terminal::{Direnv, SetIn, Terminal};

/// A person's variables come before the machine's.
const PLACES: [(&Key, &str, &str); 2] = [
    (CURRENT_USER, "HKEY_CURRENT_USER", "Environment"),
    (LOCAL_MACHINE, "HKEY_LOCAL_MACHINE", r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"),
];

/// There is nothing to run: a new terminal has what stands in the registry, whatever this program was started with.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(super) fn ask(_: &Env) -> Result<Terminal> {
    let value = |name: &str| PLACES.iter().find_map(|(root, _, path)| read(root, path, name));
    Ok(Terminal::new(value, None))
}

/// direnv is not looked for here.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(super) fn ask_direnv(_: &Env, _: &Path) -> Result<(Direnv, Option<Terminal>)> {
    Ok((Direnv::Missing, None))
}

pub(super) fn set_in(_: &Env, variable: &str) -> Vec<Assignment> {
    let found = |(root, name, path): &(&Key, &str, &str)| {
        let value = read(root, path, variable)?;
        let key = format!(r"{name}\{path}");
        Some((SetIn { path: PathBuf::from(&key), line: 0, shown: key }, Some(value)))
    };
    PLACES.iter().filter_map(found).collect()
}

/// `None` where there is no such value, or one that a person may not read.
fn read(root: &Key, path: &str, name: &str) -> Option<Zeroizing<String>> {
    root.open(path).ok()?.get_string(name).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "HEROKU_GIT_HOST";

    #[test]
    fn a_new_terminal_has_what_the_registry_says() {
        let place = CURRENT_USER.create("Environment").unwrap();
        if place.get_string(NAME).is_ok() {
            eprintln!("SKIPPED: this person has set {NAME}, which stays as it is");
            return;
        }
        let env = Env::new([("USERPROFILE", r"C:\Users\me")]);
        place.set_string(NAME, "git.heroku.com").unwrap();
        let (terminal, found) = (ask(&env), set_in(&env, NAME));
        place.remove_value(NAME).unwrap();
        assert!(terminal.unwrap().variables().any(|variable| variable == (NAME, "git.heroku.com")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0.shown, r"HKEY_CURRENT_USER\Environment");
        assert_eq!(found[0].0.place(), r"HKEY_CURRENT_USER\Environment");
        assert!(set_in(&env, NAME).is_empty());
    }
}
