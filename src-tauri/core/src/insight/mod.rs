//! Conclusions from facts. Pure: nothing here reads the environment, files or other programs.

pub mod accounts;
pub mod diagnose;
pub mod facts;
pub mod readers;
pub mod remedy;
pub mod report;
// The keychain's advice depends on the system.
#[cfg(all(test, target_os = "linux"))]
mod snapshots;
