//! Heroku's platform, reached over HTTP (INTEROP.md, "Platform").

pub mod account;
pub mod authorizations;
mod client;
mod failure;
pub mod keys;
pub mod login;
mod pages;
mod proxy;
pub(crate) mod revocation;
pub(crate) mod sessions;
pub mod teams;
mod transport;

pub use client::{Cancel, Heroku};
pub(crate) use transport::ignored_roots;
