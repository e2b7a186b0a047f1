//! Herokey, and what it must get on with, from the outside.
#![cfg(target_os = "linux")]

mod access;
mod git;
mod heroku_cli;
mod login;
mod logout;
mod lookup;
mod move_token;
mod oauth;
mod regenerate;
mod renew;
mod secrets;
mod storage;
mod tray;
mod ways_in;
mod window;
mod world;
