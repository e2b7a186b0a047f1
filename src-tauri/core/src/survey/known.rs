//! What is known of the tokens that a survey comes upon.

use std::sync::{Mutex, PoisonError};

use crate::base::env::Env;
use crate::base::token::{Token, Trace};
use crate::insight::facts::KnownToken;
use crate::ledger::known_tokens::Lives;

/// The tokens that a survey comes upon: of each a trace, and what is known of its life.
pub(super) struct Seen<'a> {
    env: &'a Env,
    lives: Lives,
    known: Mutex<Vec<KnownToken>>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(env: &'a Env) -> Self {
        Self { env, lives: Lives::read(env), known: Mutex::default() }
    }

    pub(super) fn trace(&self, token: &Token) -> Trace {
        let trace = token.trace();
        if let Some(found) = self.lives.of(token) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.iter().all(|known| known.trace != trace) {
                known.push(KnownToken::of(trace.clone(), found, self.env.now()));
            }
        }
        trace
    }

    /// In an order that does not depend on which look was faster.
    pub(super) fn into_known(self) -> Vec<KnownToken> {
        let mut known = self.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        known.sort_by(|one, other| one.name.cmp(&other.name));
        known
    }
}
