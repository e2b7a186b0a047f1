//! What a new terminal of this person has, which a tray started by the desktop does not inherit: the login shell is
//! run once, with a limit, and only Heroku's variables are read.

mod files;

pub use files::{SetIn, Stamp, set_in, stamp, watched};
pub(crate) use files::{envrc, folder_sets};

use std::fmt;
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use crate::env::Env;
use crate::error::{Code, Error, Result};
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

/// Runs the login shell as a terminal would, without a terminal: its start-up files are read, its noise is not, and
/// whatever it waits for, it and all that it started are ended after the limit.
///
/// On Windows there is nothing to run: a new terminal has what the system gives every program.
#[cfg(unix)]
pub fn ask(env: &Env) -> Result<Terminal> {
    use crate::process;

    let shell = env.text("SHELL").filter(|path| path.starts_with('/')).unwrap_or("/bin/sh");
    let mut command = env.of_start().command(shell);
    command.args(arguments(name_of_shell(env), shell)).current_dir(env.home());
    // Themes and plug-ins do less for a terminal that can do nothing.
    command.env("TERM", "dumb").env("DISABLE_AUTO_UPDATE", "true").env_remove("BASH_ENV");
    let printed =
        process::until_said(&mut command, END.as_bytes(), env.limits.shell, LARGEST).map_err(|error| {
            Error::new(Code::ShellFailed, format!("{shell} did not say what it sets."))
                .means("What it sets in its start-up files is not known; all else is.")
                .fix("Look at what a new terminal waits for, or print `env | grep HEROKU` there.")
                .detail(error)
        })?;
    Ok(read(&printed))
}

/// See above.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub fn ask(env: &Env) -> Result<Terminal> {
    let set = |name: &'static str| env.text(name).map(|value| (name, Zeroizing::new(value.to_owned())));
    Ok(Terminal { variables: VARIABLES.into_iter().filter_map(set).collect(), alias: None })
}

/// Asks direnv what it sets in a folder that has an `.envrc`. It runs that file only where the person has allowed it,
/// as it does whenever a terminal goes there; here it ends at the limit, with all that it started.
#[cfg(unix)]
pub(crate) fn ask_direnv(env: &Env, folder: &Path) -> Result<(Direnv, Option<Terminal>)> {
    use crate::process;

    let Some(direnv) = env.find_program("direnv") else { return Ok((Direnv::Missing, None)) };
    let mut command = env.of_start().command("/bin/sh");
    let script = format!(r#""$0" exec . /bin/sh -c "$1" 2>&1; printf '{END}'"#);
    command.args(["-c".as_ref(), script.as_ref(), direnv.as_os_str(), SCRIPT.as_ref()]).current_dir(folder);
    let failed = |detail: &dyn fmt::Display| {
        Error::new(Code::ShellFailed, format!("direnv did not say what it sets in {}.", env.tilde(folder)))
            .means("What it sets there is not known; all else is.")
            .fix("Run `direnv export bash` there, and look at what it says.")
            .detail(detail)
    };
    let said = process::until_said(&mut command, END.as_bytes(), env.limits.shell, LARGEST)
        .map_err(|error| failed(&error))?;
    let contains = |text: &str| said.windows(text.len()).any(|part| part == text.as_bytes());
    if contains(BEGIN) {
        Ok((Direnv::Loaded, Some(read(&said))))
    } else if contains("is blocked") {
        Ok((Direnv::Blocked, None))
    } else {
        // What it says may have a secret in it.
        Err(failed(&"it failed"))
    }
}

/// There is no direnv here.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(crate) fn ask_direnv(_env: &Env, _folder: &Path) -> Result<(Direnv, Option<Terminal>)> {
    Ok((Direnv::Missing, None))
}

/// More than any start-up file says.
#[cfg(unix)]
const LARGEST: u64 = 4 << 20;
/// Between these is what was asked for; all else that the start-up files print is noise.
const BEGIN: &str = "\x01herokey-begin\x02";
const MIDDLE: &str = "\x01herokey-middle\x02";
#[cfg(unix)]
const END: &str = "\x01herokey-end\x02";
/// After each variable.
const SEPARATOR: char = '\x03';

/// Prints what is exported, whichever shell runs it, and what the name `heroku` means.
#[cfg(unix)]
const SCRIPT: &str = r#"/usr/bin/env awk 'BEGIN { printf "\001herokey-begin\002"; for (name in ENVIRON) if (name ~ /^HEROKU_/) printf "%s=%s\003", name, ENVIRON[name]; printf "\001herokey-middle\002" }'; type heroku 2>/dev/null; /usr/bin/env awk 'BEGIN { printf "\001herokey-end\002" }'"#;

#[cfg(unix)]
fn arguments(name: &str, shell: &str) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match name {
        // A login bash reads no ~/.bashrc, and a terminal's bash is no login shell everywhere: a session is both.
        "bash" => words(&["-l", "-c", r#"exec "$0" -i -c "$1""#, shell, SCRIPT]),
        "zsh" | "fish" => words(&["-l", "-i", "-c", SCRIPT]),
        "pwsh" => words(&["-NoLogo", "-Login", "-Command", SCRIPT]),
        "csh" | "tcsh" => words(&["-c", SCRIPT]),
        _ => words(&["-l", "-c", SCRIPT]),
    }
}

fn read(printed: &[u8]) -> Terminal {
    let text = Zeroizing::new(String::from_utf8_lossy(printed).into_owned());
    let asked = text.rsplit_once(BEGIN).map_or("", |(_, rest)| rest);
    let (variables, meaning) = asked.split_once(MIDDLE).unwrap_or((asked, ""));
    let set = |name: &'static str| {
        let entry = variables.split(SEPARATOR).find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
        entry.filter(|value| !value.is_empty()).map(|value| (name, Zeroizing::new(value.to_owned())))
    };
    let first = meaning.lines().next().unwrap_or_default();
    // "heroku is /usr/bin/heroku", "heroku is hashed (…)": a program; anything else is told as it stands.
    let other = ["alias", "function", "builtin"].iter().any(|word| first.contains(word));
    Terminal {
        variables: VARIABLES.into_iter().filter_map(set).collect(),
        alias: other.then(|| first.chars().take(200).collect()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn noise_and_other_variables_are_passed_by() {
        let printed = "motd\nHEROKU_API_KEY=noise\x01herokey-begin\x02HEROKU_API_KEY=HRKU-fake-one\x03HEROKU_SECRET=x\x03\
                       HEROKU_NETRC_WRITE=\x03\x01herokey-middle\x02heroku is aliased to `sudo heroku'\nmore\n";
        let terminal = read(printed.as_bytes());
        assert_eq!(terminal.variables().collect::<Vec<_>>(), [("HEROKU_API_KEY", "HRKU-fake-one")]);
        assert_eq!(terminal.alias.as_deref(), Some("heroku is aliased to `sudo heroku'"));
        assert_eq!(format!("{terminal:?}"), "{\"HEROKU_API_KEY\"}");
        assert_eq!(read(b"").variables().count(), 0);
    }
}
