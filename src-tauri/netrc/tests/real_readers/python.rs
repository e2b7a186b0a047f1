//! Python's real `netrc` module.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Answer;
use crate::heroku_cli::{bytes, hex};

/// The first version whose `netrc` module this crate models.
const MIN_VERSION: [u32; 2] = [3, 11];

/// What Python's `requests` uses for each host, from each file, or `None` if no Python can tell.
pub(crate) fn answers(hosts: &[&str], files: &[&[u8]]) -> Option<Vec<Vec<Answer>>> {
    if !is_installed() {
        return None;
    }
    let scratch = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for file in files {
        write!(lines, "{}", hex(file)).unwrap();
        for host in hosts {
            write!(lines, " {}", hex(host.as_bytes())).unwrap();
        }
        lines.push('\n');
    }
    let mut python = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_readers/python.py"))
        .arg(scratch.path().join("netrc"))
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "python3: {}", output.status);
    let answers: Vec<Answer> = str::from_utf8(&output.stdout).unwrap().lines().map(answer).collect();
    assert_eq!(answers.len(), hosts.len() * files.len());
    Some(answers.chunks(hosts.len()).map(<[Answer]>::to_vec).collect())
}

fn answer(line: &str) -> Answer {
    match line.split_once(' ') {
        Some((login, password)) => Answer::Found { login: bytes(login), password: bytes(password) },
        None if line == "refused" => Answer::Refused,
        None => Answer::Nothing,
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn is_installed() -> bool {
    let output = Command::new("python3").arg("--version").output();
    let version =
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut numbers =
        version.trim_start_matches("Python ").split('.').map_while(|number| number.parse().ok());
    let is_new_enough = [numbers.next(), numbers.next()].map(Option::unwrap_or_default) >= MIN_VERSION;
    if !is_new_enough {
        eprintln!("SKIPPED: python3 3.11 or newer is not installed ({})", version.trim_end());
    }
    is_new_enough
}
