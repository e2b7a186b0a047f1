//! Asks git which credential it would use for Heroku.

use secrecy::zeroize::Zeroizing;

use super::{failed, git_with};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::process;
use crate::base::text::shown;
use crate::base::token::{Token, Trace};

/// Room for a user name and a password.
const MAX_BYTES: u64 = 64 << 10;

/// What git's helpers answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Credential {
    /// The user name.
    pub(crate) account: String,
    /// The password's mask and fingerprint.
    pub(crate) trace: Trace,
}

/// Asks git for the password of an address with `git credential fill`, as `git push` does if netrc has none. Never prompts:
/// `None` if git would have to prompt the user.
pub(crate) fn fill_credential(env: &Env, address: &str) -> Result<Option<Credential>> {
    let request = format!("url={address}\n\n");
    // The helpers answer with `HEROKU_API_KEY` if it is set, and may ask Heroku through a proxy.
    let mut command = git_with(env, |_| true);
    command.args(["-c", "core.askPass=", "credential", "fill"]);
    // No prompt on the terminal and none in a window (git(1), gitcredentials(7); GCM is Git Credential Manager).
    command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never").env("LC_ALL", "C");
    command.env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
    let request = Zeroizing::new(request.into_bytes());
    let answer = process::run(&mut command, request, env.limits.git_helpers, MAX_BYTES)
        .map_err(|error| failed("ask", &error.to_string()))?;
    if !answer.status.success() {
        // git prints this if it may not prompt; a broken configuration gives another message.
        let would_prompt = answer.stderr.contains("terminal prompts disabled");
        return if would_prompt { Ok(None) } else { Err(failed("ask", &answer.stderr)) };
    }
    let text = std::str::from_utf8(&answer.stdout).unwrap_or_default();
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let credential = |password: &str| {
        let trace = Token::parse(password).map_or_else(|| Trace::of(password), |token| token.trace());
        Credential { account: shown(value("username").unwrap_or_default()), trace }
    };
    Ok(value("password").map(credential))
}
