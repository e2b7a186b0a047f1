//! The readers, compared with the programs on files made by chance.

use netrc_edit::Netrc;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::files::file;
use crate::invariants::{HOST, OTHERS};
use crate::{Answer, curl, heroku_cli};

const HOSTS: [&str; 4] = [HOST, OTHERS[0], OTHERS[1], OTHERS[2]];

/// How many files, unless `NETRC_EDIT_FILES` says another number.
const FILES: u64 = 2500;

/// Files with the seed that makes each.
fn generated() -> Vec<(u64, Vec<u8>)> {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("the variable is a number"))
    };
    let first = number("NETRC_EDIT_SEED", 0);
    let seeds = first..first + number("NETRC_EDIT_FILES", FILES);
    let files = seeds.map(|seed| (seed, from_seed(seed)));
    files.filter(|(_, file)| !curl::crashes(file) && !heroku_cli::hangs(file)).collect()
}

fn from_seed(seed: u64) -> Vec<u8> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    file().new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

#[test]
fn the_heroku_cli_reads_what_is_foretold() {
    let files = generated();
    let answers = heroku_cli::ask(&HOSTS, &contents(&files));
    for ((seed, file), answers) in files.iter().zip(answers) {
        let netrc = Netrc::parse(file.as_slice());
        for (host, answer) in HOSTS.iter().zip(answers) {
            assert_eq!(answer, Answer::of_cli(&netrc, host), "{host}, seed {seed}: {}", file.escape_ascii());
        }
    }
}

#[test]
fn curl_reads_what_is_foretold() {
    let files = generated();
    let answers = curl::ask(&HOSTS, &contents(&files));
    for ((seed, file), answers) in files.iter().zip(answers) {
        let netrc = Netrc::parse(file.as_slice());
        for (host, answer) in HOSTS.iter().zip(answers) {
            assert_eq!(answer, Answer::of_curl(&netrc, host), "{host}, seed {seed}: {}", file.escape_ascii());
        }
    }
}

#[test]
fn what_is_set_is_read_and_nothing_else_changes() {
    let mut before = generated();
    let mut after = Vec::new();
    before.retain(|(_, file)| {
        let mut netrc = Netrc::parse(file.as_slice());
        let is_set = netrc.set(HOST, "me", "HRKU-fake").is_ok();
        after.extend(is_set.then(|| netrc.into_bytes()));
        is_set
    });
    let [before_bytes, after_bytes] = [contents(&before), after.iter().map(|file| &file[..]).collect()];
    let cli = heroku_cli::ask(&[HOST], &after_bytes);
    let [curl_before, curl_after] = [&before_bytes, &after_bytes].map(|files| curl::ask(&HOSTS, files));
    let [old_before, old_after] =
        [&before_bytes, &after_bytes].map(|files| curl::ask_installed(&HOSTS, files));
    for (at, (seed, file)) in before.iter().enumerate() {
        let shown = format!("seed {seed}\n{}\n{}", file.escape_ascii(), after[at].escape_ascii());
        assert_eq!([&cli[at][0], &curl_after[at][0]], [&Answer::new("me", "HRKU-fake"); 2], "{shown}");
        assert_eq!(curl_before[at][1..], curl_after[at][1..], "{shown}");
        // An older curl, where it took the file for the same as this one.
        for number in 1..HOSTS.len() {
            if is_old(file) && old_before[at][number] == curl_before[at][number] {
                assert_eq!(old_before[at][number], old_after[at][number], "{}: {shown}", HOSTS[number]);
            }
        }
    }
}

#[test]
fn what_is_removed_is_gone_and_nothing_else_changes() {
    let mut before = generated();
    let remove = |(_, file): &(u64, Vec<u8>)| {
        let mut netrc = Netrc::parse(file.as_slice());
        netrc.remove(HOST);
        netrc.into_bytes()
    };
    // What a NUL in a record hides from curl may come to light without it.
    before.retain(|file| !file.1.contains(&0) && !curl::crashes(&remove(file)));
    let after: Vec<Vec<u8>> = before.iter().map(remove).collect();
    let [before_bytes, after_bytes] = [contents(&before), after.iter().map(|file| &file[..]).collect()];
    let absent = curl::ask(&["absent.example"], &after_bytes);
    let [curl_before, curl_after] = [&before_bytes, &after_bytes].map(|files| curl::ask(&HOSTS, files));
    for (at, (seed, file)) in before.iter().enumerate() {
        let shown = format!("seed {seed}\n{}\n{}", file.escape_ascii(), after[at].escape_ascii());
        assert_eq!(curl_before[at][1..], curl_after[at][1..], "{shown}");
        assert_eq!(curl_after[at][0], absent[at][0], "{shown}");
    }
}

/// Whether the grammar of an older curl has all that is in this file: no NUL, no quoted word over several lines.
fn is_old(file: &[u8]) -> bool {
    !file.contains(&0)
        && file.split(|&byte| byte == b'\n').all(|line| line.split(|&byte| byte == b'"').count() % 2 == 1)
}

fn contents(files: &[(u64, Vec<u8>)]) -> Vec<&[u8]> {
    files.iter().map(|(_, file)| &file[..]).collect()
}
