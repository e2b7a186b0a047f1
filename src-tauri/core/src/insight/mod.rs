//! Conclusions from facts. Pure: nothing here reads the environment or files, or runs programs.

pub mod accounts;
pub mod diagnose;
pub mod facts;
pub mod readers;
pub mod remedy;
pub mod report;
// How to unlock or start a keychain differs between systems.
#[cfg(all(test, target_os = "linux"))]
mod snapshots;
