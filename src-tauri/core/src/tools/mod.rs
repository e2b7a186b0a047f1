//! What other programs on this machine are configured to do.

pub mod git;
pub mod shell;
