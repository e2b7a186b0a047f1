//! Runs the login shell, with a time limit, and reads only Heroku's variables.

use std::fmt::Display;
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::files::Assignment;
use super::shell_name;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::process;
use crate::base::terminal::{Direnv, Terminal};
use crate::base::text::shown;

/// Runs the login shell as a terminal would, but without one. The shell reads its start-up files; what they print is
/// ignored. At the time limit the shell and everything it started are killed.
pub(super) fn ask(env: &Env) -> Result<Terminal> {
    let shell = env.text("SHELL").filter(|path| path.starts_with('/')).unwrap_or("/bin/sh");
    // A new terminal inherits all of them, and a start-up file may depend on any.
    let mut command = env.at_start().command_with(shell, |_| true);
    command.args(arguments(shell_name(env), shell)).current_dir(env.home());
    // Themes and plug-ins do less in a dumb terminal.
    command.env("TERM", "dumb").env("DISABLE_AUTO_UPDATE", "true").env_remove("BASH_ENV");
    let printed = process::run_until_output(&mut command, END.as_bytes(), env.limits.shell, MAX_BYTES)
        .map_err(|error| {
            Error::new(Code::ShellFailed, format!("{shell} did not answer which variables it sets."))
                .means("The variables in its start-up files are unknown; everything else is known.")
                .next_step("Open a new terminal, check what it waits for, and run `env | grep HEROKU` there.")
                .detail(error)
        })?;
    Ok(read(&printed))
}

/// Runs direnv. At the time limit it is killed with everything it started.
pub(super) fn ask_direnv(env: &Env, folder: &Path) -> Result<(Direnv, Option<Terminal>)> {
    let Some(direnv) = env.find_program("direnv") else { return Ok((Direnv::Missing, None)) };
    // An `.envrc` may depend on any of them.
    let mut command = env.at_start().command_with("/bin/sh", |_| true);
    let script = format!(r#""$0" exec . /bin/sh -c "$1" 2>&1; printf '{END}'"#);
    command.args(["-c".as_ref(), script.as_ref(), direnv.as_os_str(), SCRIPT.as_ref()]).current_dir(folder);
    let failed = |detail: &dyn Display| {
        Error::new(
            Code::ShellFailed,
            format!("direnv did not answer which variables it sets in {}.", env.tilde(folder)),
        )
        .means("The variables it sets there are unknown; everything else is known.")
        .next_step("Run `direnv export bash` there and check what it prints.")
        .detail(detail)
    };
    let printed = process::run_until_output(&mut command, END.as_bytes(), env.limits.shell, MAX_BYTES)
        .map_err(|error| failed(&error))?;
    let contains = |text: &str| printed.windows(text.len()).any(|part| part == text.as_bytes());
    if contains(BEGIN) {
        Ok((Direnv::Loaded, Some(read(&printed))))
    } else if contains("is blocked") {
        Ok((Direnv::Blocked, None))
    } else {
        // Its output may contain a secret.
        Err(failed(&"it failed"))
    }
}

/// Where else than in start-up files a variable is set: on macOS, in launchd.
pub(super) fn set_in(env: &Env, variable: &str) -> Vec<Assignment> {
    #[cfg(target_os = "macos")]
    return super::launchd::set_in(env, variable);
    #[cfg(not(target_os = "macos"))]
    {
        let _ = (env, variable);
        Vec::new()
    }
}

/// More than start-up files ever print.
const MAX_BYTES: u64 = 4 << 20;
/// These enclose the answer; everything else that the start-up files print is noise.
const BEGIN: &str = "\x01herokey-begin\x02";
const MIDDLE: &str = "\x01herokey-middle\x02";
const END: &str = "\x01herokey-end\x02";
/// Ends each variable.
const SEPARATOR: char = '\x03';

/// Prints the exported variables in any shell, and what the name `heroku` means there.
const SCRIPT: &str = r#"/usr/bin/env awk 'BEGIN { printf "\001herokey-begin\002"; for (name in ENVIRON) if (name ~ /^HEROKU_/) printf "%s=%s\003", name, ENVIRON[name]; printf "\001herokey-middle\002" }'; type heroku 2>/dev/null; /usr/bin/env awk 'BEGIN { printf "\001herokey-end\002" }'"#;

fn arguments(name: &str, shell: &str) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match name {
        // A login bash does not read ~/.bashrc, and bash in a terminal is not always a login shell. So this runs both.
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
    let value = |name: &str| {
        let entry = variables.split(SEPARATOR).find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
        entry.map(|value| Zeroizing::new(value.to_owned()))
    };
    let first = meaning.lines().next().unwrap_or_default();
    // "heroku is /usr/bin/heroku" and "heroku is hashed (…)" are programs; anything else is reported as printed.
    let other = ["alias", "function", "builtin"].iter().any(|word| first.contains(word));
    Terminal::new(value, other.then(|| shown(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_noise_and_other_variables() {
        let printed = "motd\nHEROKU_API_KEY=noise\x01herokey-begin\x02HEROKU_API_KEY=HRKU-fake-one\x03HEROKU_SECRET=x\x03\
                       HEROKU_NETRC_WRITE=\x03\x01herokey-middle\x02heroku is aliased to `sudo heroku'\nmore\n";
        let terminal = read(printed.as_bytes());
        assert_eq!(terminal.variables().collect::<Vec<_>>(), [("HEROKU_API_KEY", "HRKU-fake-one")]);
        assert_eq!(terminal.alias.as_deref(), Some("heroku is aliased to `sudo heroku'"));
        assert_eq!(format!("{terminal:?}"), "{\"HEROKU_API_KEY\"}");
        assert_eq!(read(b"").variables().count(), 0);
    }
}
