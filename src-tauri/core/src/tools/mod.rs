//! How other programs on this machine are configured.

pub mod git;
pub mod shell;
