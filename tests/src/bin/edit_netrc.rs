//! `edit_netrc HOST TIMES FILE`: writes one token after another for a host in `~/.netrc`, at least `TIMES` tokens, and
//! continues until `FILE` exists. So its last edit comes after those of all other programs.

#![allow(clippy::expect_used, reason = "a tool for tests panics with the reason if it cannot continue")]

#[cfg(target_os = "linux")]
fn main() {
    use std::path::Path;
    use std::time::Duration;

    use herokey_core::stores::netrc::NetrcFile;
    use herokey_core::{Env, Token};

    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("usage: edit_netrc HOST TIMES FILE");
    let (host, times, file) = (argument(), argument(), argument());
    let times: usize = times.parse().expect("TIMES is a number");
    let mut env = Env::of_process();
    // On a busy machine the other programs may be stopped for long.
    env.limits.netrc_lock = Duration::from_mins(1);
    env.limits.netrc_pause = Duration::from_secs(5);
    env.limits.netrc_writer = Duration::from_mins(1);
    let edit = |number: usize| {
        let token = Token::parse(&format!("HRKU-fake-{number}")).expect("a token");
        NetrcFile::locate(&env).set(&env, &[&host], "me@example.com", &token).expect("an edit succeeds");
    };
    let mut number = 0;
    while number < times || !Path::new(&file).exists() {
        edit(number);
        number += 1;
    }
    edit(times);
}

#[cfg(not(target_os = "linux"))]
fn main() {}
