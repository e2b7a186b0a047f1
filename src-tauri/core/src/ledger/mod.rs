//! What Herokey records about its own work: the journal, how to undo changes, and what Heroku said about tokens.

pub mod damaged;
pub mod folders;
pub mod journal;
pub mod known_tokens;
pub mod leases;
pub mod undo;
