//! Conclusions from facts. Pure: nothing here reads the environment or files, or runs programs.

pub mod accounts;
pub mod diagnose;
pub mod facts;
pub mod readers;
pub mod remedy;
pub mod report;
#[cfg(test)]
mod snapshots;
