//! git's own answer to what it would log in with at Heroku.

use secrecy::zeroize::Zeroizing;

use super::{failed, git};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::process;
use crate::base::token::{Token, Trace};

/// More than a user name and a password.
const LARGEST: u64 = 64 << 10;

/// What git's helpers answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// The user name.
    pub account: String,
    /// The password.
    pub trace: Trace,
}

/// Asks git itself for Heroku's password, with `git credential fill`, as `git push` would where netrc has none.
/// Nobody is asked anything: `None` where git would have to ask the person.
pub fn test(env: &Env) -> Result<Option<Login>> {
    let question = format!("protocol=https\nhost={}\n\n", env.hosts().git);
    let mut command = git(env);
    command.args(["-c", "core.askPass=", "credential", "fill"]);
    // Neither on a terminal nor in a window (git(1), gitcredentials(7); the last is Git Credential Manager's).
    command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never").env("LC_ALL", "C");
    command.env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
    let question = Zeroizing::new(question.into_bytes());
    let answer = process::run(&mut command, question, env.limits.git_helpers, LARGEST)
        .map_err(|error| failed("ask", &error.to_string()))?;
    if !answer.status.success() {
        // What git says where it may not ask; a broken configuration says something else.
        let would_ask = answer.stderr.contains("terminal prompts disabled");
        return if would_ask { Ok(None) } else { Err(failed("ask", &answer.stderr)) };
    }
    let text = std::str::from_utf8(&answer.stdout).unwrap_or_default();
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let login = |password: &str| {
        let trace = Token::parse(password).map_or_else(|| Trace::of(password), |token| token.trace());
        Login { account: value("username").unwrap_or_default().to_owned(), trace }
    };
    Ok(value("password").map(login))
}
