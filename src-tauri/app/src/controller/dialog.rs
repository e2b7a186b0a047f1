//! The user at the window: a question becomes part of the state and waits there for an answer.

use std::sync::mpsc::Receiver;

use secrecy::SecretString;

use super::{Controller, lock};
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::person::{Confirmation, Person};

/// What a running action asks the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A yes-or-no question.
    Confirm(Confirmation),
    /// The two-factor code.
    SecondFactor {
        /// True if Heroku did not accept the last code.
        again: bool,
    },
}

pub(super) enum Answer {
    Yes,
    No,
    Code(SecretString),
}

/// Asks through the controller's state.
pub(super) struct Dialog {
    pub(super) controller: Controller,
    pub(super) answers: Receiver<Answer>,
}

impl Dialog {
    fn ask(&self, asked: Asked) -> Result<Answer> {
        // An answer to an earlier question does not count.
        while self.answers.try_recv().is_ok() {}
        self.controller.change(|state| state.asked = Some(asked));
        let answer = self.answers.recv();
        self.controller.change(|state| state.asked = None);
        match answer {
            Ok(Answer::No) | Err(_) => {
                Err(Error::new(Code::Cancelled, "Cancelled.").means("Nothing more was done."))
            }
            Ok(answer) => Ok(answer),
        }
    }
}

impl Person for Dialog {
    fn second_factor(&self, again: bool) -> Result<SecretString> {
        loop {
            if let Answer::Code(code) = self.ask(Asked::SecondFactor { again })? {
                return Ok(code);
            }
        }
    }

    fn confirm(&self, question: &Confirmation) -> Result<()> {
        self.ask(Asked::Confirm(question.clone())).map(drop)
    }
}

impl Controller {
    /// Answers the running action's question. Without one, nothing happens.
    pub(super) fn answer(&self, answer: Answer) {
        if let Some(answers) = lock(&self.shared.answers).as_ref() {
            // The action may have ended.
            let _ = answers.send(answer);
        }
    }
}
