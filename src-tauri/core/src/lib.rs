//! Everything that is true without a face: tokens, stores, Heroku's platform, other programs' configuration, actions.
//!
//! Layers, from the ground up; each may use only those before it (`tests/layers.rs` checks that):
//! [`base`] → [`stores`] → [`tools`] → [`desktop`], [`ledger`] → [`heroku`] → [`insight`] → [`survey`], [`watch`] →
//! [`action`].
//!
//! Follow a token: [`heroku::login`] gets it, [`action::log_in`] runs the steps, [`stores`] keep it. Follow a question:
//! [`survey`] collects facts, [`insight`] draws conclusions.

pub mod action;
pub mod base;
pub mod desktop;
#[cfg(any(test, feature = "test-support"))]
pub mod fixture;
pub mod heroku;
pub mod insight;
pub mod ledger;
pub mod stores;
pub mod survey;
pub mod tools;
pub mod watch;

pub use base::env::Env;
pub use base::error::{Code, Error, Result};
pub use base::token::Token;
