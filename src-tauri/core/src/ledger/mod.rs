//! What Herokey records about its own work: the journal, how to undo changes, what Heroku said about
//! tokens and who can act as the account.

pub mod damaged;
pub mod folders;
pub mod journal;
pub mod known_tokens;
pub mod leases;
pub mod seen_access;
pub mod undo;
