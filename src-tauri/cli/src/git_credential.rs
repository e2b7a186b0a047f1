//! `herokey git-credential`: git's credential protocol (git-credential(1), "INPUT/OUTPUT FORMAT"). Git sends `name=value`
//! lines and reads the same format back.

use std::io::{self, BufRead, Read, Write};

use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Env, Result, Token};

use crate::Failure;
use crate::args::Operation;
use crate::terminal::say;

/// More than git ever sends.
const MAX_BYTES: u64 = 64 << 10;

pub(crate) fn run(env: &Env, operation: Operation) -> Result<(), Failure> {
    let hosts = env.hosts();
    let found = answer(operation, &hosts.git, io::stdin().lock(), io::stdout().lock(), || {
        hosts.require_allowed()?;
        Ok(lookup::token_in_use(env, Unlock::Ask)?.map(|found| found.token))
    });
    match found {
        // git shows the message and asks the next helper, or prompts the user.
        Err(Failure::Herokey(error)) => {
            say(&format!("herokey: {error}"));
            Ok(())
        }
        other => other,
    }
}

/// Answers `get` for Heroku's git host over https with the token that `token` finds. Answers nothing else.
fn answer(
    operation: Operation,
    git_host: &str,
    request: impl Read,
    mut answer: impl Write,
    token: impl FnOnce() -> Result<Option<Token>>,
) -> Result<(), Failure> {
    let request = CredentialRequest::read(request)?;
    if operation != Operation::Get || request.protocol != "https" || request.host != git_host {
        return Ok(());
    }
    if let Some(token) = token()? {
        let token = token.expose();
        writeln!(answer, "protocol=https\nhost={git_host}\nusername=heroku\npassword={token}")?;
    }
    Ok(())
}

/// What git asks for.
#[derive(Default)]
struct CredentialRequest {
    protocol: String,
    host: String,
}

impl CredentialRequest {
    /// Reads up to an empty line or the end of the input.
    fn read(input: impl Read) -> io::Result<Self> {
        let mut request = Self::default();
        for line in io::BufReader::new(input.take(MAX_BYTES)).lines() {
            match line?.split_once('=') {
                Some(("protocol", value)) => value.clone_into(&mut request.protocol),
                Some(("host", value)) => value.clone_into(&mut request.host),
                Some(_) => {}
                None => break,
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(operation: Operation, request: &str, token: Option<&str>) -> String {
        let mut out = Vec::new();
        let find_token = || Ok(token.and_then(Token::parse));
        assert!(answer(operation, "git.heroku.com", request.as_bytes(), &mut out, find_token).is_ok());
        String::from_utf8(out).unwrap()
    }

    const HEROKU: &str =
        "protocol=https\nhost=git.heroku.com\npath=app.git\n\nignored=after the empty line\n";

    #[test]
    fn answers_for_herokus_git_host() {
        let answer = "protocol=https\nhost=git.heroku.com\nusername=heroku\npassword=HRKU-fake-token\n";
        assert_eq!(answer_to(Operation::Get, HEROKU, Some("HRKU-fake-token")), answer);
        assert_eq!(answer_to(Operation::Get, HEROKU, None), "");
    }

    #[test]
    fn answers_nothing_else() {
        for request in [
            "protocol=https\nhost=github.com\n\n",
            "protocol=http\nhost=git.heroku.com\n\n",
            "protocol=https\nhost=git.heroku.com.evil.example\n\n",
            "protocol=https\n\nhost=git.heroku.com\n",
            "",
        ] {
            assert_eq!(answer_to(Operation::Get, request, Some("HRKU-fake-token")), "", "{request}");
        }
        assert_eq!(answer_to(Operation::Store, HEROKU, Some("HRKU-fake-token")), "");
        assert_eq!(answer_to(Operation::Erase, HEROKU, Some("HRKU-fake-token")), "");
    }
}
