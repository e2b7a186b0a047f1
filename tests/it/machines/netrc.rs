//! Generates netrc files.

use std::fmt::Write;

use super::chance::Chance;
use super::machine::Hosts;

/// A netrc file in one of the many forms that users and programs write.
pub(super) fn file(chance: &mut Chance, hosts: &Hosts) -> String {
    let mut text = String::new();
    let mut hosts = vec![hosts.api.clone(), hosts.git.clone(), "ftp.example.com".to_owned()];
    if chance.one_in(4) {
        let again = chance.of(&[0, 1]);
        hosts.push(hosts[again].clone());
    }
    chance.shuffle(&mut hosts);
    for (number, host) in hosts.iter().enumerate() {
        if chance.one_in(3) {
            continue;
        }
        if chance.one_in(6) {
            text +=
                chance.of(&["# a comment\n", "#machine api.heroku.com\n", "\n", "macdef init\ncd /tmp\n\n"]);
        }
        record(chance, &mut text, host, number);
    }
    if chance.one_in(6) {
        text += chance.of(&[
            "default login any password HRKU-fake-default-0001\n",
            "default\n  login any\n  password HRKU-fake-default-0001\n",
        ]);
    }
    if chance.one_in(10) {
        text.truncate(text.trim_end().len());
    }
    if chance.one_in(8) { text.replace('\n', "\r\n") } else { text }
}

fn record(chance: &mut Chance, text: &mut String, host: &str, number: usize) {
    let token = format!("HRKU-fake-netrc-{number:04}");
    let login = "me@example.com";
    let shape = chance.weighted(&[
        (0, 6),
        (1, 2),
        (2, 3),
        (3, 2),
        (4, 1),
        (5, 1),
        (6, 1),
        (7, 1),
        (8, 1),
        (9, 1),
        (10, 1),
        (11, 1),
    ]);
    // Writing to a string cannot fail.
    let _ = match shape {
        0 => writeln!(text, "machine {host}\n  login {login}\n  password {token}"),
        1 => writeln!(text, "machine {host}\n\tlogin {login}\n\tpassword {token}"),
        2 => writeln!(text, "machine {host} login {login} password {token}"),
        3 => writeln!(text, "machine {host}\nlogin {login}\npassword {token}"),
        4 => writeln!(text, "machine {host}\n  login \"{login}\"\n  password \"{token}\""),
        5 => writeln!(text, "machine {host}\n  # mine\n  login {login}\n  password {token}"),
        6 => writeln!(text, "machine {host}\n\n  login {login}\n  password {token}"),
        7 => writeln!(text, "machine {host}\n  password {token}\n  login {login}\n  account work"),
        8 => writeln!(text, "machine {host}\n  login {login}"),
        9 => writeln!(text, "machine {host}\n  password {token}"),
        10 => writeln!(text, "machine\t{host}\tlogin\t{login}\tpassword\t{token}"),
        _ => writeln!(
            text,
            "  machine {}\n    login {login} # mine\n    password {token} # mine",
            host.to_uppercase()
        ),
    };
}
