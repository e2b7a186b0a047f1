//! How other programs on this machine are configured.

pub(crate) mod curl;
pub mod git;
pub mod shell;
