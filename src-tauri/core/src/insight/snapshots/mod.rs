//! What users read, one file per problem and one per machine, so that a change of wording is reviewed as a diff.
//! `UPDATE_EXPECT=1 cargo test -p herokey-core snapshots` rewrites the files.

#![cfg(target_os = "linux")] // Advice about the keychain differs between systems.

mod cases;
mod problems;
mod readers;
