//! Herokey, and what it must get on with, from the outside.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a helper may end a test as the test itself may")]

mod access;
mod git;
mod heroku_cli;
mod login;
mod logout;
mod lookup;
mod move_token;
mod oauth;
mod secrets;
mod storage;
mod tray;
mod ways_in;
mod window;
mod world;
