//! `edit_netrc HOST TIMES FILE`: gives a host in `~/.netrc` one token after the other, `TIMES` times and on until
//! `FILE` exists, so that the last edit is one that follows everybody else's.

#![allow(clippy::expect_used, reason = "a test's tool that cannot go on ends here, and says why")]

#[cfg(target_os = "linux")]
fn main() {
    use std::path::Path;

    use herokey_core::stores::netrc::NetrcFile;
    use herokey_core::{Env, Token};

    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("edit_netrc HOST TIMES FILE");
    let (host, times, last) = (argument(), argument(), argument());
    let times: usize = times.parse().expect("TIMES is a number");
    let env = Env::of_process();
    let edit = |number: usize| {
        let token = Token::parse(&format!("HRKU-fake-{number}")).expect("a token");
        NetrcFile::locate(&env).set(&env, &[&host], "me@example.com", &token).expect("an edit succeeds");
    };
    let mut number = 0;
    while number < times || !Path::new(&last).exists() {
        edit(number);
        number += 1;
    }
    edit(times);
}

#[cfg(not(target_os = "linux"))]
fn main() {}
