//! Herokey, and what it must get on with, from the outside.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on ends, and what it leaves out it says"
)]

mod git;
mod heroku_cli;
mod kill;
mod login;
mod logout;
mod lookup;
mod machines;
mod move_token;
mod netrc_file;
mod secrets;
mod storage;
mod survey;
mod tray;
mod window;
mod world;
