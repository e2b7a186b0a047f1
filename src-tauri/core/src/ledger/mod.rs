//! What Herokey writes down about its own work: the journal, how to undo, and what Heroku said about tokens.

pub mod journal;
pub mod known_tokens;
pub mod undo;
