//! Prompts on the terminal, and the answers piped to standard input when there is no terminal.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::mpsc;
use std::time::Duration;

use herokey_core::base::person::{Confirmation, Nobody, Person};
use herokey_core::{Code, Env, Error, Result};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::terminal::say;
use crate::{hidden_input, input, progress_line};

/// More than an email, a password and a two-factor code need, or a token.
const MAX_BYTES: usize = 16 << 10;

/// Prompts the user on the terminal. Without a terminal, only the answers given in advance are available.
pub(crate) struct Prompter {
    /// Answers yes to every confirmation (`--yes`).
    pub(crate) assume_yes: bool,
    /// A two-factor code that was piped after the password. It is used once.
    pub(crate) two_factor_code: RefCell<Option<SecretString>>,
    /// How long to wait for an answer to a prompt that an action makes.
    pub(crate) timeout: Duration,
}

impl Prompter {
    pub(crate) fn new(env: &Env) -> Self {
        Self { assume_yes: false, two_factor_code: RefCell::default(), timeout: env.limits.login }
    }
}

impl Person for Prompter {
    fn second_factor(&self, again: bool) -> Result<SecretString> {
        if let Some(code) = self.two_factor_code.take() {
            return Ok(code);
        }
        if !io::stdin().is_terminal() {
            return Nobody.second_factor(again);
        }
        if again {
            say("Heroku did not accept this code.");
        }
        let code = read_line("Two-factor code: ", self.timeout)?;
        Ok(SecretString::from(code.as_str()))
    }

    fn confirm(&self, question: &Confirmation) -> Result<()> {
        if self.assume_yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Nobody
                .confirm(question)
                .map_err(|error| error.next_step("Run the command in a terminal, or with `--yes`."));
        }
        say(&format!("{} {}", question.ask, question.means));
        let answer = read_line(&format!("Type yes to {}: ", question.yes.to_lowercase()), self.timeout)?;
        if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Error::new(Code::Cancelled, "Cancelled.").means("Nothing was changed."))
    }
}

/// Prompts for a line and echoes it. Gives up after `timeout`, since other actions wait for the one that prompts.
fn read_line(prompt: &str, timeout: Duration) -> Result<Zeroizing<String>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    show_prompt(prompt);
    std::thread::spawn(move || {
        let mut line = Zeroizing::new(String::new());
        let read = io::stdin().lock().take(MAX_BYTES as u64).read_line(&mut line);
        // After the timeout nobody receives the line.
        let _ = sender.send(read.map(|_| line));
    });
    match receiver.recv_timeout(timeout) {
        Ok(Ok(line)) if !line.trim().is_empty() => Ok(Zeroizing::new(line.trim().to_owned())),
        Ok(Ok(_)) => Err(Error::new(Code::Cancelled, "Nothing was typed.").means("Nothing was changed.")),
        Ok(Err(error)) => Err(unreadable(&error)),
        Err(_) => Err(Error::new(Code::Cancelled, "There was no answer within the time limit.")
            .means("Nothing was changed.")
            .next_step("Try again.")),
    }
}

/// Prompts for an email and a password. Without a terminal, reads them as two lines of standard input; a third line is
/// the two-factor code.
pub(crate) fn email_and_password(prompter: &Prompter) -> Result<(String, SecretString)> {
    if io::stdin().is_terminal() {
        let email = read_line("Email: ", Duration::MAX)?;
        let password = hidden_line("Password: ")?;
        return Ok((email.to_string(), password));
    }
    let input = read_input()?;
    let mut lines = input.lines();
    let (email, password) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if email.is_empty() || password.is_empty() {
        return Err(Error::new(
            Code::WrongUsage,
            "Standard input must contain two lines: email and password.",
        )
        .means("Nothing was sent to Heroku.")
        .next_step("Add the two-factor code as a third line if your account needs one."));
    }
    let code = lines.next().filter(|code| !code.is_empty());
    prompter.two_factor_code.replace(code.map(SecretString::from));
    Ok((email.to_owned(), SecretString::from(password)))
}

/// Prompts for a secret without echoing it. Without a terminal, reads all of standard input.
pub(crate) fn secret(prompt: &str) -> Result<SecretString> {
    if io::stdin().is_terminal() {
        return hidden_line(prompt);
    }
    Ok(SecretString::from(read_input()?.trim()))
}

fn hidden_line(prompt: &str) -> Result<SecretString> {
    match hidden_input::read_line(prompt) {
        Ok(typed) if !typed.is_empty() => Ok(SecretString::from(typed.as_str())),
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(unreadable(&error)),
        _ => Err(Error::new(Code::Cancelled, "Nothing was typed.").means("Nothing was changed.")),
    }
}

fn read_input() -> Result<Zeroizing<String>> {
    input::read(MAX_BYTES).map_err(|error| unreadable(&error))
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(Code::WrongUsage, "Could not read your input.")
        .means("Nothing was changed.")
        .next_step("Run the command in a terminal and type it, or pipe it as text.")
        .detail(error)
}

fn show_prompt(prompt: &str) {
    use std::io::Write;
    let mut out = anstream::stderr();
    let _removed = progress_line::removed();
    // If standard error is closed, nobody is reading.
    let _ = write!(out, "{prompt}").and_then(|()| out.flush());
}
