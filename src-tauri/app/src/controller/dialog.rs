//! The person at the window: what an action asks becomes part of the state and waits there for an answer.

use std::sync::mpsc::Receiver;

use secrecy::SecretString;

use super::{Controller, lock};
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::person::{Person, Question};

/// What an action of this program's waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A yes or a no.
    Confirm(Question),
    /// The code of the second factor; `again`: the last one was not accepted.
    SecondFactor {
        /// True from the second time on.
        again: bool,
    },
}

pub(super) enum Answer {
    Yes,
    No,
    Code(SecretString),
}

/// Asks through the state of a controller.
pub(super) struct Dialog {
    pub(super) controller: Controller,
    pub(super) answers: Receiver<Answer>,
}

impl Dialog {
    fn ask(&self, asked: Asked) -> Result<Answer> {
        // What was answered to an earlier question is no answer to this one.
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

    fn confirm(&self, question: &Question) -> Result<()> {
        self.ask(Asked::Confirm(question.clone())).map(drop)
    }
}

impl Controller {
    /// Answers the question of the action under way; without one, nothing happens.
    pub(super) fn answer(&self, answer: Answer) {
        if let Some(answers) = lock(&self.shared.answers).as_ref() {
            // An action that has come to its end asks nothing any more.
            let _ = answers.send(answer);
        }
    }
}
