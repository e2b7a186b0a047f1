//! What the window, the tray and the terminal companion share: tokens, stores, Heroku's API, the configuration of other
//! programs, and actions.
//!
//! The modules form layers. Each may use only those before it in this list, which `tests/layers.rs` checks:
//! [`base`] → [`stores`] → [`tools`] → [`desktop`], [`ledger`] → [`heroku`] → [`insight`] → [`survey`], [`watch`],
//! [`scan`] → [`action`].
//!
//! For a login, [`heroku::login`] gets the token, `action::log_in` runs the steps and [`stores`] keep the token. For a
//! question such as "which token does git use?", [`survey`] collects the facts and [`insight`] draws the conclusions.

pub mod action;
pub mod base;
pub mod desktop;
#[cfg(any(test, feature = "test-support"))]
pub mod fixture;
pub mod heroku;
pub mod insight;
pub mod ledger;
pub mod scan;
pub mod stores;
pub mod survey;
pub mod tools;
pub mod watch;

pub use base::env::Env;
pub use base::error::{Code, Error, Result};
pub use base::token::Token;
