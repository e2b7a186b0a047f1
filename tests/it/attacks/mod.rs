//! Attacks on Herokey, one file for each kind; SECURITY.md lists the threats. `cargo xtask test attacks` replays them all.

mod callback;
mod children;
mod claims;
mod echoes;
mod files;
mod hosts;
mod process;
mod records;
mod signals;
mod texts;
