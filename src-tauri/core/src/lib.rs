//! All that Herokey does, for the terminal, the tray and the window.
//!
//! Walk a token from login: [`platform::login`] → [`action::log_in`] → [`store`]. Walk a question: [`survey`] →
//! [`resolve`] and [`diagnose`] → [`view`] and [`menu`]. No step goes back up.

pub mod access;
pub mod accounts;
pub mod action;
pub mod autostart;
pub mod clipboard;
pub mod controller;
pub mod diagnose;
pub mod env;
pub mod error;
pub mod expiry;
#[cfg(test)]
mod fixture;
pub mod git;
pub mod host;
pub mod journal;
pub mod log;
mod masking;
pub mod menu;
pub mod person;
pub mod places;
pub mod platform;
mod process;
pub mod report;
pub mod resolve;
pub mod shell;
pub mod store;
pub mod survey;
pub mod text;
pub mod token;
pub mod undo;
pub mod update;
pub mod view;
pub mod watch;

pub use env::Env;
pub use error::{Code, Error, Result};
pub use token::Token;
