//! The person at the terminal, and what stands for one where there is none.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::mpsc;
use std::time::Duration;

use herokey_core::base::person::{Nobody, Person, Question};
use herokey_core::{Code, Env, Error, Result};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::hidden;
use crate::terminal::say;

/// More than an email address, a password and a code, or a token.
const LARGEST_INPUT: usize = 16 << 10;

/// Whoever can be asked here: a person at a terminal, else nobody but what was given in advance.
pub(crate) struct Here {
    /// Every question is answered by yes (`--yes`).
    pub(crate) yes: bool,
    /// A second factor's code that came with the password; good for once.
    pub(crate) code: RefCell<Option<SecretString>>,
    pub(crate) limit: Duration,
}

impl Here {
    pub(crate) fn new(env: &Env) -> Self {
        Self { yes: false, code: RefCell::default(), limit: env.limits.login }
    }
}

impl Person for Here {
    fn second_factor(&self, again: bool) -> Result<SecretString> {
        if let Some(code) = self.code.take() {
            return Ok(code);
        }
        if !io::stdin().is_terminal() {
            return Nobody.second_factor(again);
        }
        if again {
            say("Heroku does not accept this code.");
        }
        let code = line("Code of your second factor: ", self.limit)?;
        Ok(SecretString::from(code.as_str()))
    }

    fn confirm(&self, question: &Question) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Nobody
                .confirm(question)
                .map_err(|error| error.next_step("Run it in a terminal, or with `--yes`."));
        }
        say(&format!("{} {}", question.ask, question.means));
        let answer = line(&format!("Type yes to {}: ", question.yes.to_lowercase()), self.limit)?;
        if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Error::new(Code::Cancelled, "Not done.").means("Nothing was changed."))
    }
}

/// A line that the person types, in sight. Others wait for the action that asks, so the person has a limit too.
fn line(prompt: &str, limit: Duration) -> Result<Zeroizing<String>> {
    let (typed, waited) = mpsc::sync_channel(1);
    eprompt(prompt);
    std::thread::spawn(move || {
        let mut line = Zeroizing::new(String::new());
        let read = io::stdin().lock().take(LARGEST_INPUT as u64).read_line(&mut line);
        // Nobody listens any more once the limit is over.
        let _ = typed.send(read.map(|_| line));
    });
    match waited.recv_timeout(limit) {
        Ok(Ok(line)) if !line.trim().is_empty() => Ok(Zeroizing::new(line.trim().to_owned())),
        Ok(Ok(_)) => Err(Error::new(Code::Cancelled, "Nothing was typed.").means("Nothing was changed.")),
        Ok(Err(error)) => Err(unreadable(&error)),
        Err(_) => Err(Error::new(Code::Cancelled, "Nobody answered within the time limit.")
            .means("Nothing was changed.")
            .next_step("Try again.")),
    }
}

/// An email address and its password: typed, or two lines of a standard input that is no terminal. A third line there
/// is the code of a second factor.
pub(crate) fn email_and_password(here: &Here) -> Result<(String, SecretString)> {
    if io::stdin().is_terminal() {
        let email = line("Email: ", Duration::MAX)?;
        let password = hidden("Password: ")?;
        return Ok((email.to_string(), password));
    }
    let input = input()?;
    let mut lines = input.lines();
    let (email, password) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if email.is_empty() || password.is_empty() {
        return Err(Error::new(Code::WrongUsage, "Standard input must hold two lines: email and password.")
            .means("Nothing was sent to Heroku.")
            .next_step("A third line may hold the code of the second factor."));
    }
    let code = lines.next().filter(|code| !code.is_empty());
    here.code.replace(code.map(SecretString::from));
    Ok((email.to_owned(), SecretString::from(password)))
}

/// A secret that is typed unseen, or all of a standard input that is no terminal.
pub(crate) fn secret(prompt: &str) -> Result<SecretString> {
    if io::stdin().is_terminal() {
        return hidden(prompt);
    }
    Ok(SecretString::from(input()?.trim()))
}

fn hidden(prompt: &str) -> Result<SecretString> {
    match hidden::line(prompt) {
        Ok(typed) if !typed.is_empty() => Ok(SecretString::from(typed.as_str())),
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(unreadable(&error)),
        _ => Err(Error::new(Code::Cancelled, "Nothing was typed.").means("Nothing was changed.")),
    }
}

fn input() -> Result<Zeroizing<String>> {
    let mut input = Zeroizing::new(String::with_capacity(LARGEST_INPUT));
    io::stdin().take(LARGEST_INPUT as u64).read_to_string(&mut input).map_err(|error| unreadable(&error))?;
    Ok(input)
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(Code::WrongUsage, "What was typed could not be read.")
        .means("Nothing was changed.")
        .detail(error)
}

fn eprompt(prompt: &str) {
    use std::io::Write;
    let mut out = anstream::stderr();
    // With standard error gone there is nobody to tell.
    let _ = write!(out, "{prompt}").and_then(|()| out.flush());
}
