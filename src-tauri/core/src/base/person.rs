//! The person, where an action cannot go on without one: each program asks in its own way.

use secrecy::SecretString;

use crate::base::error::{Code, Error, Result};

/// Someone to ask. Every call blocks until there is an answer; [`Code::Cancelled`] is one of them.
pub trait Person {
    /// The code that the second factor shows now; `again`: the last one was not accepted.
    fn second_factor(&self, again: bool) -> Result<SecretString>;

    /// Whether to go on.
    fn confirm(&self, question: &Question) -> Result<()>;
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
            .next_step("Try again where you can be asked for it: in a terminal, or in Herokey's window."))
    }

    fn confirm(&self, question: &Question) -> Result<()> {
        Err(Error::new(Code::PersonNeeded, question.ask.clone())
            .means(format!("{} Nothing was done.", question.means))
            .next_step("Run it where you can answer."))
    }
}
