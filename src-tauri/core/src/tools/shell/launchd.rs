//! Variables that macOS's launchd gives every program of the user: set by `launchctl setenv` and the agents that call it.
//!
//! Reads the agents' property lists as text, since people write them by hand in that format.

use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::files::{Assignment, MAX_BYTES, line_of, paths_in};
use crate::base::env::Env;
use crate::base::files;
use crate::base::process;
use crate::base::terminal::SetIn;

const LAUNCHCTL: &str = "/bin/launchctl";

/// Where launch agents set a variable, and whether launchd itself has it.
pub(super) fn set_in(env: &Env, variable: &str) -> Vec<Assignment> {
    let folders = [env.home().join("Library/LaunchAgents"), PathBuf::from("/Library/LaunchAgents")];
    let mut found = agents(env, &folders, variable);
    found.extend(session(env, LAUNCHCTL.as_ref(), variable));
    found
}

fn agents(env: &Env, folders: &[PathBuf], variable: &str) -> Vec<Assignment> {
    let lists = folders
        .iter()
        .flat_map(|folder| paths_in(folder))
        .filter(|path| path.extension() == Some("plist".as_ref()));
    lists
        .filter_map(|path| {
            // The user could not change a line in an unreadable file either.
            let bytes = files::read(&path, MAX_BYTES).ok()??;
            let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
            let (line, value) = assigned(&text, variable)?;
            Some((line_of(env, &path, line), value))
        })
        .collect()
}

/// The value that `launchctl setenv` has set, whichever program called it.
fn session(env: &Env, launchctl: &Path, variable: &str) -> Option<Assignment> {
    let mut command = env.command(launchctl);
    let command = command.args(["getenv", variable]);
    let answer = process::run(command, Zeroizing::default(), env.limits.launchd, MAX_BYTES).ok()?;
    let value = Zeroizing::new(std::str::from_utf8(&answer.stdout).ok()?.trim_end().to_owned());
    let shown = format!("launchd (`launchctl unsetenv {variable}` removes it)");
    let found = SetIn { path: Path::new("launchd").to_owned(), line: 0, shown, unset: None };
    (answer.status.success() && !value.is_empty()).then_some((found, Some(value)))
}

/// The line that names the variable, and its value: the `<string>` after the name, or the word after the name in a
/// command.
fn assigned(text: &str, variable: &str) -> Option<(usize, Option<Zeroizing<String>>)> {
    let at = text.find(variable)?;
    let line = text[..at].matches('\n').count() + 1;
    let rest = &text[at + variable.len()..];
    let value = match rest.strip_prefix([' ', '=']) {
        Some(command) => command.split(['<', ' ', ';', '&', '"', '\'']).next(),
        None => rest.split_once("<string>").and_then(|(_, value)| value.split('<').next()),
    };
    Some((line, value.filter(|value| !value.is_empty()).map(|value| Zeroizing::new(value.to_owned()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "HEROKU_API_KEY";

    #[test]
    fn finds_the_agent_that_sets_it() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        let folder = home.path().join("Library/LaunchAgents");
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let head = "<plist>\n<dict>\n";
        write("a.plist", &format!("{head}<key>Label</key><string>other</string>\n"));
        write("b.txt", &format!("{head}<key>{KEY}</key><string>fake</string>\n"));
        write("c.plist", &format!("{head}<key>{KEY}</key>\n  <string>HRKU-fake-one</string>\n"));
        write(
            "d.plist",
            &format!("{head}<string>setenv</string>\n<string>{KEY}</string>\n<string>fake-two</string>\n"),
        );
        write("e.plist", &format!("<string>launchctl setenv {KEY} fake-three; x</string>\n"));
        let found = agents(&env, &[folder], KEY);
        let found: Vec<_> = found
            .iter()
            .map(|(place, value)| {
                (place.shown.as_str(), value.as_deref().map(String::as_str).unwrap_or_default())
            })
            .collect();
        let expected = [
            ("~/Library/LaunchAgents/c.plist:3", "HRKU-fake-one"),
            ("~/Library/LaunchAgents/d.plist:4", "fake-two"),
            ("~/Library/LaunchAgents/e.plist:1", "fake-three"),
        ];
        assert_eq!(found, expected);
    }

    /// With `tests/stand-in/launchctl`.
    #[test]
    fn asks_launchd_for_what_any_program_has_set() {
        let folder = tempfile::tempdir().unwrap();
        let env = Env::new([
            ("PATH", std::env::var_os("PATH").unwrap()),
            ("LAUNCHCTL_STAND_IN", folder.path().as_os_str().to_owned()),
        ]);
        let launchctl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stand-in/launchctl");
        let run = |words: &[&str]| assert!(env.command(&launchctl).args(words).status().unwrap().success());
        assert!(session(&env, &launchctl, KEY).is_none());
        run(&["setenv", KEY, "HRKU-fake-one"]);
        let (place, value) = session(&env, &launchctl, KEY).unwrap();
        assert_eq!(value.as_deref().map(String::as_str), Some("HRKU-fake-one"));
        assert!(place.unset.is_none() && place.shown.contains(&format!("launchctl unsetenv {KEY}")));
        run(&["setenv", KEY, ""]);
        assert!(session(&env, &launchctl, KEY).is_none(), "an empty value sets nothing");
        run(&["unsetenv", KEY]);
        assert!(session(&env, &launchctl, KEY).is_none());
        assert!(session(&env, &folder.path().join("missing"), KEY).is_none());
    }

    #[test]
    fn finds_nothing_without_launchd() {
        assert!(cfg!(target_os = "macos") || set_in(&Env::new([("HOME", "/nonexistent")]), KEY).is_empty());
    }
}
