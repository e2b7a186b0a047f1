//! Questions that an action asks the user. Each program asks them in its own way.

use secrecy::SecretString;

use crate::base::error::{Code, Error, Result};

/// The user, as an action asks them. Every call blocks until they answer or cancel ([`Code::Cancelled`]).
pub trait Person {
    /// Asks for the current code of the second factor. With `again`, Heroku did not accept the last one.
    fn second_factor(&self, again: bool) -> Result<SecretString>;

    /// Asks for a yes, and fails without one.
    fn confirm(&self, question: &Confirmation) -> Result<()>;
}

/// A question that the user answers with yes or no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The question, such as "Revoke this machine's own token?"
    pub ask: String,
    /// What happens after a yes, in one sentence.
    pub means: String,
    /// The label for yes, such as "Revoke".
    pub yes: String,
}

/// A user who has already said yes to every question.
pub struct AlreadyConfirmed<'a>(pub &'a dyn Person);

impl Person for AlreadyConfirmed<'_> {
    fn second_factor(&self, again: bool) -> Result<SecretString> {
        self.0.second_factor(again)
    }

    fn confirm(&self, _: &Confirmation) -> Result<()> {
        Ok(())
    }
}

/// No user to ask: every question fails.
pub struct Nobody;

impl Person for Nobody {
    fn second_factor(&self, _: bool) -> Result<SecretString> {
        Err(Error::new(Code::SecondFactorNeeded, "Heroku asks for a two-factor code.")
            .means("Nothing was done.")
            .next_step("Try again in a terminal or in Herokey's window, where you can enter it."))
    }

    fn confirm(&self, question: &Confirmation) -> Result<()> {
        Err(Error::new(Code::PersonNeeded, question.ask.clone())
            .means(format!("{} Nothing was done.", question.means))
            .next_step("Run it in a terminal, where you can answer."))
    }
}
