//! The netrc parser of the real Heroku CLI.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netrc_edit::{Difference, Netrc};

use crate::Answer;

/// What the pinned Heroku CLI reads for each host, in each file.
pub(crate) fn answers(hosts: &[&str], files: &[&[u8]]) -> Vec<Vec<Answer>> {
    let scratch = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for file in files {
        for host in hosts {
            writeln!(lines, "{} {}", hex(host.as_bytes()), hex(file)).unwrap();
        }
    }
    let mut node = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_readers/heroku_cli.mjs"))
        .args([parser(), scratch.path().join("netrc")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cannot run node: `cargo xtask setup` says what is missing");
    node.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node: {}", output.status);
    let answers: Vec<_> = str::from_utf8(&output.stdout).unwrap().lines().map(answer).collect();
    assert_eq!(answers.len(), hosts.len() * files.len());
    answers.chunks(hosts.len()).map(<[Answer]>::to_vec).collect()
}

/// Whether the CLI would hang on this file, so that no test may run it. If a comment after `machine` contains a
/// character that `.` does not match, the CLI's pattern tries every way to split the text before the comment into
/// words, which doubles with each character.
pub(crate) fn hangs(file: &[u8]) -> bool {
    String::from_utf8_lossy(file).split('\n').any(|line| {
        line.match_indices("machine")
            .filter_map(|(offset, _)| line[offset..].split_once('#'))
            .any(|(before, comment)| before.len() > 24 && comment.contains(['\r', '\u{2028}', '\u{2029}']))
    })
}

#[test]
fn hangs_on_a_long_line_whose_comment_ends_in_a_carriage_return() {
    let script = "
        const { parse } = await import('node:url').then(url => import(url.pathToFileURL(process.argv[1])));
        globalThis.read = () => parse(process.argv[2]);
        const { default: vm } = await import('node:vm');
        try { vm.runInThisContext('read()', { timeout: 2000 }); console.log('read') }
        catch (error) { console.log(error.code) }";
    let line = "machine api.heroku.com login me@example.com password HRKU-fake-0123456789";
    for (comment, outcome) in [("# c", "read"), ("# c\r", "ERR_SCRIPT_EXECUTION_TIMEOUT")] {
        let file = format!("{line} {comment}\n");
        let mut node = Command::new("node");
        node.args(["--input-type=module", "-e", script]).arg(parser()).arg(&file);
        let output = node.output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), outcome);
        assert_eq!(hangs(file.as_bytes()), outcome != "read");
        let difference = Netrc::parse(file).difference("api.heroku.com");
        assert_eq!(difference, (outcome != "read").then_some(Difference::CliHangs));
    }
}

fn parser() -> PathBuf {
    let file =
        "tests/heroku-cli/node_modules/@heroku-cli/command/lib/credential-manager-core/lib/netrc-parser.js";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    assert!(path.exists(), "the Heroku CLI is not installed: run `cargo xtask setup`");
    path
}

fn answer(line: &str) -> Answer {
    match line.split_once(' ').unwrap() {
        (_, "-") => Answer::Nothing,
        (login, password) => Answer::Found { login: bytes(login), password: bytes(password) },
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    if hex == "-" {
        return Vec::new();
    }
    let digits: Vec<u8> = hex.bytes().collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
