//! Herokey, and what it must get on with, from the outside.
#![cfg(target_os = "linux")]

mod git;
mod heroku_cli;
mod login;
mod logout;
mod lookup;
mod move_token;
mod secrets;
mod storage;
mod tray;
mod window;
mod world;
