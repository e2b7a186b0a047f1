//! Compares this crate with the real readers on random files.

use netrc_edit::Netrc;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::files::file;
use crate::invariants::{HOST, OTHERS};
use crate::{Answer, curl, heroku_cli, python};

const HOSTS: [&str; 4] = [HOST, OTHERS[0], OTHERS[1], OTHERS[2]];

/// The number of files, unless `NETRC_EDIT_FILES` sets another one.
const FILES: u64 = 2500;

/// Random files, each with its seed. `NETRC_EDIT_SEED` sets the seed of the first one.
fn generated() -> Vec<(u64, Vec<u8>)> {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("the variable is a number"))
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
fn predicts_what_the_heroku_cli_reads() {
    let files = generated();
    let answers = heroku_cli::answers(&HOSTS, &contents(&files));
    for ((seed, file), answers) in files.iter().zip(answers) {
        let netrc = Netrc::parse(file.as_slice());
        for (host, answer) in HOSTS.iter().zip(answers) {
            let predicted = Answer::predicted_for_cli(&netrc, host);
            assert_eq!(answer, predicted, "{host}, seed {seed}: {}", file.escape_ascii());
        }
    }
}

#[test]
fn predicts_what_python_reads() {
    let mut files = generated();
    // Python does not notice a byte that is not UTF-8 far behind a `""`, which ends the file for it.
    files.retain(|(_, file)| str::from_utf8(file).is_ok() || !file.windows(2).any(|pair| pair == b"\"\""));
    let Some(answers) = python::answers(&HOSTS, &contents(&files)) else { return };
    for ((seed, file), answers) in files.iter().zip(answers) {
        let netrc = Netrc::parse(file.as_slice());
        for (host, answer) in HOSTS.iter().zip(answers) {
            let predicted = Answer::predicted_for_python(&netrc, host);
            assert_eq!(answer, predicted, "{host}, seed {seed}: {}", file.escape_ascii());
        }
    }
}

#[test]
fn predicts_what_curl_reads() {
    let files = generated();
    let answers = curl::answers(&HOSTS, &contents(&files));
    for ((seed, file), answers) in files.iter().zip(answers) {
        let netrc = Netrc::parse(file.as_slice());
        for (host, answer) in HOSTS.iter().zip(answers) {
            let predicted = Answer::predicted_for_curl(&netrc, host);
            assert_eq!(answer, predicted, "{host}, seed {seed}: {}", file.escape_ascii());
        }
    }
}

#[test]
fn setting_changes_only_the_host() {
    let mut before = generated();
    let mut after = Vec::new();
    before.retain(|(_, file)| {
        let mut netrc = Netrc::parse(file.as_slice());
        let is_set = netrc.set(HOST, "me", "HRKU-fake").is_ok();
        after.extend(is_set.then(|| netrc.into_bytes()));
        is_set
    });
    let [before_bytes, after_bytes] = [contents(&before), after.iter().map(|file| &file[..]).collect()];
    let cli = heroku_cli::answers(&[HOST], &after_bytes);
    let [curl_before, curl_after] = [&before_bytes, &after_bytes].map(|files| curl::answers(&HOSTS, files));
    let [old_before, old_after] =
        [&before_bytes, &after_bytes].map(|files| curl::installed_answers(&HOSTS, files));
    for (index, (seed, file)) in before.iter().enumerate() {
        let shown = format!("seed {seed}\n{}\n{}", file.escape_ascii(), after[index].escape_ascii());
        assert_eq!([&cli[index][0], &curl_after[index][0]], [&Answer::new("me", "HRKU-fake"); 2], "{shown}");
        assert_eq!(curl_before[index][1..], curl_after[index][1..], "{shown}");
        // An older curl must not change its answer either, unless it already read the file differently.
        for number in 1..HOSTS.len() {
            if is_valid_for_old_curl(file) && old_before[index][number] == curl_before[index][number] {
                assert_eq!(old_before[index][number], old_after[index][number], "{}: {shown}", HOSTS[number]);
            }
        }
    }
}

#[test]
fn removing_changes_only_the_host() {
    let mut before = generated();
    let remove = |(_, file): &(u64, Vec<u8>)| {
        let mut netrc = Netrc::parse(file.as_slice());
        netrc.remove(HOST);
        netrc.into_bytes()
    };
    // Removing a record can reveal to curl what a NUL inside it had hidden.
    before.retain(|file| !file.1.contains(&0) && !curl::crashes(&remove(file)));
    let after: Vec<Vec<u8>> = before.iter().map(remove).collect();
    let [before_bytes, after_bytes] = [contents(&before), after.iter().map(|file| &file[..]).collect()];
    let absent = curl::answers(&["absent.example"], &after_bytes);
    let [curl_before, curl_after] = [&before_bytes, &after_bytes].map(|files| curl::answers(&HOSTS, files));
    for (index, (seed, file)) in before.iter().enumerate() {
        let shown = format!("seed {seed}\n{}\n{}", file.escape_ascii(), after[index].escape_ascii());
        assert_eq!(curl_before[index][1..], curl_after[index][1..], "{shown}");
        assert_eq!(curl_after[index][0], absent[index][0], "{shown}");
    }
}

/// Whether the file avoids what the grammar of an older curl lacks: NULs and quoted words over several lines.
fn is_valid_for_old_curl(file: &[u8]) -> bool {
    !file.contains(&0)
        && file.split(|&byte| byte == b'\n').all(|line| line.split(|&byte| byte == b'"').count() % 2 == 1)
}

fn contents(files: &[(u64, Vec<u8>)]) -> Vec<&[u8]> {
    files.iter().map(|(_, file)| &file[..]).collect()
}
