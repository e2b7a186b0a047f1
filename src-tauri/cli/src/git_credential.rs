//! git's credential protocol (git-credential(1), "INPUT/OUTPUT FORMAT"): `name=value` lines in, the same out.

use std::io::{self, BufRead, Read, Write};

use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Env, Result, Token};

use crate::Failure;
use crate::args::Operation;
use crate::terminal::say;

/// More than git ever sends.
const LARGEST_QUESTION: u64 = 64 << 10;

pub(crate) fn run(env: &Env, operation: Operation) -> Result<(), Failure> {
    let host = env.hosts().git;
    let found = answer(operation, &host, io::stdin().lock(), io::stdout().lock(), || {
        Ok(lookup::token_in_use(env, Unlock::Ask)?.map(|found| found.token))
    });
    match found {
        // git shows what a helper says and asks the next one, or the person.
        Err(Failure::Herokey(error)) => {
            say(&format!("herokey: {error}"));
            Ok(())
        }
        other => other,
    }
}

/// Answers `get` for Heroku's git host over https with what `token` finds, and nothing to anything else.
fn answer(
    operation: Operation,
    git_host: &str,
    question: impl Read,
    mut answer: impl Write,
    token: impl FnOnce() -> Result<Option<Token>>,
) -> Result<(), Failure> {
    let question = Question::read(question)?;
    if operation != Operation::Get || question.protocol != "https" || question.host != git_host {
        return Ok(());
    }
    if let Some(token) = token()? {
        let token = token.expose();
        writeln!(answer, "protocol=https\nhost={git_host}\nusername=heroku\npassword={token}")?;
    }
    Ok(())
}

#[derive(Default)]
struct Question {
    protocol: String,
    host: String,
}

impl Question {
    /// Reads to the empty line or the end, whichever comes first.
    fn read(input: impl Read) -> io::Result<Self> {
        let mut question = Self::default();
        for line in io::BufReader::new(input.take(LARGEST_QUESTION)).lines() {
            match line?.split_once('=') {
                Some(("protocol", value)) => value.clone_into(&mut question.protocol),
                Some(("host", value)) => value.clone_into(&mut question.host),
                Some(_) => {}
                None => break,
            }
        }
        Ok(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(operation: Operation, question: &str, token: Option<&str>) -> String {
        let mut out = Vec::new();
        let found = || Ok(token.and_then(Token::parse));
        assert!(answer(operation, "git.heroku.com", question.as_bytes(), &mut out, found).is_ok());
        String::from_utf8(out).unwrap()
    }

    const HEROKU: &str =
        "protocol=https\nhost=git.heroku.com\npath=app.git\n\nignored=after the empty line\n";

    #[test]
    fn answers_for_herokus_git_host() {
        let answer = "protocol=https\nhost=git.heroku.com\nusername=heroku\npassword=HRKU-fake-token\n";
        assert_eq!(ask(Operation::Get, HEROKU, Some("HRKU-fake-token")), answer);
        assert_eq!(ask(Operation::Get, HEROKU, None), "");
    }

    #[test]
    fn says_nothing_to_anybody_else() {
        for question in [
            "protocol=https\nhost=github.com\n\n",
            "protocol=http\nhost=git.heroku.com\n\n",
            "protocol=https\nhost=git.heroku.com.evil.example\n\n",
            "protocol=https\n\nhost=git.heroku.com\n",
            "",
        ] {
            assert_eq!(ask(Operation::Get, question, Some("HRKU-fake-token")), "", "{question}");
        }
        assert_eq!(ask(Operation::Store, HEROKU, Some("HRKU-fake-token")), "");
        assert_eq!(ask(Operation::Erase, HEROKU, Some("HRKU-fake-token")), "");
    }
}
