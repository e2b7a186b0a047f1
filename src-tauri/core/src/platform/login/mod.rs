//! Ways to get a token. Each has a file.

pub mod browser;
pub mod password;
