//! What users read, one file a problem and one a machine, so that a change of wording is reviewed as a diff.
//!
//! `UPDATE_EXPECT=1 cargo test -p herokey-core snapshots` rewrites the files.

mod problems;
mod readers;
