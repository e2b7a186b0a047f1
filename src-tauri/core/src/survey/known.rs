//! What Heroku has said about the tokens that a survey finds.

use std::sync::{Mutex, PoisonError};

use crate::base::env::Env;
use crate::base::token::{Token, Trace};
use crate::insight::facts::KnownToken;
use crate::ledger::known_tokens::KnownTokens;

/// Collects what is known about each token that a survey finds.
pub(super) struct FoundTokens<'a> {
    env: &'a Env,
    lives: KnownTokens,
    known: Mutex<Vec<KnownToken>>,
}

impl<'a> FoundTokens<'a> {
    pub(super) fn new(env: &'a Env) -> Self {
        Self { env, lives: KnownTokens::read(env), known: Mutex::default() }
    }

    /// The trace of a token; what is known about the token is collected.
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

    /// What was collected, in an order that does not depend on which thread was faster.
    pub(super) fn into_known(self) -> Vec<KnownToken> {
        let mut known = self.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        known.sort_by(|one, other| one.name.cmp(&other.name));
        known
    }
}
