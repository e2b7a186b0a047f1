//! The suites that test Herokey and the programs it works with from the outside.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test panics if it cannot continue, and prints what it skips"
)]

mod access;
mod access_page;
mod accounts;
mod agree;
mod attacks;
mod authorize;
mod bus_address;
mod demo;
mod desktop_faults;
mod doctor;
mod environment;
mod exec;
mod expiry;
mod faults;
mod folder;
mod folder_account;
mod gallery;
mod git;
mod git_address;
mod git_helpers;
mod heroku_cli;
mod history;
mod http;
mod installers;
mod keyboard;
mod keyrings;
mod kill;
mod kill_fix;
mod kill_token;
mod live;
mod login;
mod logout;
mod lookup;
mod machines;
mod move_token;
mod netrc_file;
mod netrc_hidden;
mod netrc_place;
mod oauth;
mod package;
mod programs;
mod proxies;
mod regenerate;
mod renew;
mod scan;
mod secrets;
mod storage;
mod survey;
mod terminal;
mod tray;
mod updates;
mod ways_in;
mod window;
mod world;
