//! `herokey git-credential`: git's credential protocol (git-credential(1), "INPUT/OUTPUT FORMAT"). Git sends `name=value`
//! lines, in bytes, and reads the same format back.

use std::io::{self, BufRead, BufReader, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::tools::git::names_account;
use herokey_core::{Code, Env, Error, Result, Token};
use secrecy::zeroize::Zeroizing;

use crate::Failure;
use crate::args::Operation;
use crate::terminal::say;

/// More than git ever sends.
const MAX_BYTES: usize = 64 << 10;

pub(crate) fn run(env: &Env, operation: Operation) -> Result<(), Failure> {
    // Git sends a password to `store` and `erase`, which Herokey does not read.
    if operation != Operation::Get {
        return Ok(());
    }
    let hosts = env.hosts();
    let found = answer(&hosts.git, io::stdin().lock(), io::stdout().lock(), |username| {
        hosts.require_allowed()?;
        match username.filter(|name| names_account(env, name)) {
            Some(account) => {
                lookup::account_token(env, Some(account), Unlock::Ask).map(|(_, token)| Some(token))
            }
            None => Ok(lookup::token_to_print(env, Unlock::Ask)?.map(|found| found.token)),
        }
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

/// Answers a request for Heroku's git host over https with the token that `token` finds for the user name that git asks
/// for. If git asks for an account without a token here, makes git stop. Answers nothing else.
fn answer(
    git_host: &str,
    request: impl Read,
    mut answer: impl Write,
    token: impl FnOnce(Option<&str>) -> Result<Option<Token>>,
) -> Result<(), Failure> {
    let request = CredentialRequest::read(request)?;
    if request.protocol != b"https" || request.host != git_host.as_bytes() {
        return Ok(());
    }
    let username = std::str::from_utf8(&request.username).ok().filter(|name| !name.is_empty());
    let token = match token(username) {
        Ok(Some(token)) => token,
        Ok(None) => return Ok(()),
        Err(error) => {
            if error.code == Code::NotLoggedIn {
                // Another helper would answer with another account's token.
                writeln!(answer, "quit=true")?;
            }
            return Err(error.into());
        }
    };
    let login = format!("protocol=https\nhost={git_host}\nusername={}", username.unwrap_or("heroku"));
    let token = token.expose();
    if request.knows_authtype {
        // git passes a password on to every helper, and one that does not know `ephemeral` keeps it: git's own `store`, for
        // example. In the value of a header they find nothing to keep.
        let user = Zeroizing::new(format!("{}:{token}", username.unwrap_or("heroku")));
        let value = Zeroizing::new(STANDARD.encode(user.as_bytes()));
        let value = value.as_str();
        writeln!(
            answer,
            "capability[]=authtype\n{login}\nauthtype=Basic\ncredential={value}\nephemeral=true"
        )?;
    } else {
        writeln!(answer, "{login}\npassword={token}")?;
    }
    Ok(())
}

/// What git asks for. The values are bytes, as git's are.
#[derive(Default)]
struct CredentialRequest {
    protocol: Vec<u8>,
    host: Vec<u8>,
    username: Vec<u8>,
    /// git 2.46 or newer asks, which also takes the value of an `Authorization` header, and one that no helper may keep.
    knows_authtype: bool,
}

impl CredentialRequest {
    /// Reads up to an empty line or the end of the input. Refuses what git never sends: a program that understands such a
    /// request differently from Herokey could lead the token to another host.
    fn read(input: impl Read) -> Result<Self> {
        let mut request = Self::default();
        let mut length = 0;
        for line in BufReader::new(input.take(MAX_BYTES as u64 + 1)).split(b'\n') {
            let line = line.map_err(|error| refused("it cannot be read").detail(error))?;
            length += line.len() + 1;
            if length > MAX_BYTES {
                return Err(refused("it is too long"));
            }
            if line.is_empty() {
                break;
            }
            let mut parts = line.splitn(2, |byte| *byte == b'=');
            let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
                return Err(refused("a line has no `=`"));
            };
            match name {
                b"protocol" => request.protocol = plain(value)?,
                b"host" => request.host = plain(value)?,
                b"username" => request.username = plain(value)?,
                b"capability[]" if value == b"authtype" => request.knows_authtype = true,
                _ => {}
            }
        }
        Ok(request)
    }
}

/// A value without carriage returns and NULs, at which some programs end a line or a text.
fn plain(value: &[u8]) -> Result<Vec<u8>> {
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\0')) {
        return Err(refused("a value contains a control character"));
    }
    Ok(value.to_vec())
}

fn refused(why: &str) -> Error {
    Error::new(
        Code::WrongUsage,
        format!("Herokey did not answer a request in git's credential protocol: {why}."),
    )
    .means("The token was not read.")
    .next_step("If git sent it, run `git remote -v` and check the address.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(request: &[u8], token: Option<&str>) -> Result<String, Failure> {
        let mut out = Vec::new();
        let find_token = |_: Option<&str>| Ok(token.and_then(Token::parse));
        answer("git.heroku.com", request, &mut out, find_token)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[track_caller]
    fn assert_answers(request: &[u8], token: Option<&str>, expected: &str) {
        assert!(
            answer_to(request, token).is_ok_and(|answer| answer == expected),
            "{}",
            request.escape_ascii()
        );
    }

    const TOKEN: Option<&str> = Some("HRKU-fake-token");
    const ANSWER: &str = "protocol=https\nhost=git.heroku.com\nusername=heroku\npassword=HRKU-fake-token\n";

    #[test]
    fn answers_for_herokus_git_host() {
        let request = b"protocol=https\nhost=git.heroku.com\npath=app.git\n\nignored after the empty line\n";
        assert_answers(request, TOKEN, ANSWER);
        assert_answers(request, None, "");
        assert_answers(b"protocol=https\nhost=git.heroku.com\npath=p\xe9 \r\0.git\n\n", TOKEN, ANSWER);
        assert_answers(b"protocol=https\nhost=git.heroku.com", TOKEN, ANSWER);
    }

    #[test]
    fn lets_no_other_helper_keep_the_token_where_git_knows_how() {
        let request = b"capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.heroku.com\n\n";
        let answer = "capability[]=authtype\nprotocol=https\nhost=git.heroku.com\nusername=heroku\nauthtype=Basic\n\
                      credential=aGVyb2t1OkhSS1UtZmFrZS10b2tlbg==\nephemeral=true\n";
        assert_answers(request, TOKEN, answer);
        assert_answers(request, None, "");
        assert_answers(b"capability[]=state\nprotocol=https\nhost=git.heroku.com\n\n", TOKEN, ANSWER);
    }

    #[test]
    fn answers_nothing_else() {
        for request in [
            "protocol=https\nhost=github.com\n\n",
            "protocol=http\nhost=git.heroku.com\n\n",
            "protocol=https\nhost=git.heroku.com.evil.example\n\n",
            "protocol=https\nhost =git.heroku.com\n\n",
            "protocol=https\nhost=git.heroku.com\nhost=evil.example\n\n",
            "protocol=https\n\nhost=git.heroku.com\n",
            "",
        ] {
            assert_answers(request.as_bytes(), TOKEN, "");
        }
    }

    #[test]
    fn refuses_what_git_never_sends() {
        let cut = format!("protocol=https\npath={}\nhost=git.heroku.com", "x".repeat(MAX_BYTES - 40));
        for request in [
            "protocol=https\r\nhost=git.heroku.com\r\n\r\n",
            "protocol=https\nhost=git.heroku.com\r\n\n",
            "protocol=https\nhost=git.heroku.com\0.evil.example\n\n",
            "protocol=https\nhost=evil.example\rhost=git.heroku.com\n\n",
            "protocol=https\nhost=git.heroku.com\nno value\nhost=evil.example\n\n",
            &format!("{cut}.evil.example\n\n"),
        ] {
            assert!(answer_to(request.as_bytes(), TOKEN).is_err(), "{}", request.escape_debug());
        }
    }
}
