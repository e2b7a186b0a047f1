//! Conclusions from facts. Pure: nothing here reads the environment or files, or runs programs.

pub mod accounts;
pub mod affected;
pub mod diagnose;
pub mod facts;
pub mod programs;
pub mod readers;
pub mod remedy;
pub mod report;
#[cfg(test)]
mod snapshots;
