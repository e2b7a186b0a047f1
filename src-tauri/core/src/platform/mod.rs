//! Heroku's platform over HTTP (INTEROP.md, "Platform").

pub mod account;
pub mod authorizations;
mod client;
pub mod login;
pub mod sessions;

pub use client::{Cancel, Heroku};
