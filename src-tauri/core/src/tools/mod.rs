//! How other programs on this machine are configured.

pub(crate) mod curl;
pub(crate) mod extensions;
pub mod git;
pub(crate) mod mcp;
pub mod shell;
