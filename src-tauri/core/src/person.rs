//! The person, where an action cannot go on without one: each program asks in its own way.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::error::{Code, Error, Result};
use crate::token::Token;

/// Someone to ask. Every call blocks until there is an answer; [`Code::Cancelled`] is one of them.
pub trait Person {
    /// The code that the second factor shows now; `again`: the last one was not accepted.
    fn second_factor(&self, again: bool) -> Result<SecretString>;

    /// The token that a page in the browser shows.
    fn pasted_token(&self, page: &Page) -> Result<Token>;

    /// Whether to go on.
    fn confirm(&self, question: &Question) -> Result<()>;
}

/// A page that has been opened in the browser, as far as one could be started.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its address.
    pub address: String,
    /// When waiting ends.
    pub ends_at: Timestamp,
    /// False: no browser could be started.
    pub opened: bool,
}

/// A question to be answered by yes or no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question: "Revoke this machine's own token?"
    pub ask: String,
    /// What yes means, in a sentence.
    pub means: String,
    /// What yes is called: "Revoke".
    pub yes: String,
}

/// Someone who has said yes already.
pub struct Agreed<'a>(pub &'a dyn Person);

impl Person for Agreed<'_> {
    fn second_factor(&self, again: bool) -> Result<SecretString> {
        self.0.second_factor(again)
    }

    fn pasted_token(&self, page: &Page) -> Result<Token> {
        self.0.pasted_token(page)
    }

    fn confirm(&self, _: &Question) -> Result<()> {
        Ok(())
    }
}

/// Nobody is there: what needs a person fails with [`Code::PersonNeeded`].
pub struct Nobody;

impl Person for Nobody {
    fn second_factor(&self, _: bool) -> Result<SecretString> {
        Err(Error::new(Code::SecondFactorNeeded, "Heroku asks for the code of your second factor.")
            .means("Nothing was done.")
            .fix("Try again where you can be asked for it: in a terminal, or in Herokey's window."))
    }

    fn pasted_token(&self, page: &Page) -> Result<Token> {
        Err(needed(&format!("The token that {} shows must be pasted.", page.address)))
    }

    fn confirm(&self, question: &Question) -> Result<()> {
        Err(needed(&question.ask).means(format!("{} Nothing was done.", question.means)))
    }
}

fn needed(what: &str) -> Error {
    Error::new(Code::PersonNeeded, what)
        .means("Nothing was done.")
        .fix("Run it in a terminal, where you can answer.")
}
