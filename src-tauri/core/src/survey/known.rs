//! What is known of the tokens that a survey comes upon.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::env::Env;
use crate::expiry::{Expiry, Stage};
use crate::store::lives::{Known, Lives};
use crate::token::{Token, Trace};

/// A token that Heroku has said something about.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownToken {
    /// Which.
    pub trace: Trace,
    /// Its name in the file of [`lives`](crate::store::lives).
    pub name: String,
    /// The email of the account that it acts as, as Heroku said it.
    pub account: Option<String>,
    /// When it ends.
    pub expiry: Expiry,
    /// The same in words, as of the moment of the look.
    pub words: String,
    /// How near the end was then.
    pub stage: Option<Stage>,
    /// What a person must be told of.
    pub due: Option<Stage>,
    /// Heroku refuses it.
    pub refused: bool,
    /// When it is to be renewed, if it renews itself.
    pub renews_at: Option<Timestamp>,
    /// When the words or what is due will change.
    pub next: Option<Timestamp>,
}

impl KnownToken {
    pub(crate) fn of(trace: Trace, known: &Known, now: Timestamp) -> Self {
        let life = &known.life;
        Self {
            trace,
            name: known.name.clone(),
            account: known.account.clone(),
            expiry: life.expiry,
            words: life.words(now),
            stage: life.stage(now),
            due: life.due(now),
            refused: life.refused_at.is_some(),
            renews_at: life.renews_at(),
            next: life.next(now),
        }
    }
}

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
