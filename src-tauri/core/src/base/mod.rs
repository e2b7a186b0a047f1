//! What all other layers use: errors, tokens, hosts, the environment, files and processes.

pub mod alarm;
pub mod api_key;
pub mod env;
pub mod error;
pub mod expiry;
pub mod files;
pub mod host;
pub mod log;
pub(crate) mod masking;
pub mod memory;
pub mod person;
pub(crate) mod process;
pub(crate) mod secrets;
#[cfg(target_os = "linux")]
pub mod session_bus;
pub mod state_folder;
pub mod terminal;
pub mod text;
pub mod token;
pub mod waits;
