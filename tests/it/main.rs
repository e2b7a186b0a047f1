//! Herokey, and what it must get on with, from the outside.
#![cfg(target_os = "linux")]

mod demo;
mod git;
mod heroku_cli;
mod login;
mod logout;
mod lookup;
mod secrets;
mod storage;
mod tray;
mod window;
mod world;
