//! A large folder full of what looks a little like tokens, with some real ones planted in it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// One of so many files has a token.
const ONE_IN: usize = 200;
/// How many files a folder has.
const PER_FOLDER: usize = 100;

/// Writes `files` files below a folder, about 2 KB each: identifiers, lock files, hashes and Base64. Returns where a token
/// is planted, with the line counted from 1: `held`, one that only its shape tells, or one of them in Base64.
///
/// # Panics
/// If a file cannot be written.
pub fn plant(folder: &Path, files: usize, held: &str) -> Vec<(PathBuf, u64)> {
    let mut random = Random(0x5eed);
    let mut planted = Vec::new();
    for number in 0..files {
        let below = folder.join(format!("{}/{}", number / PER_FOLDER % 97, number / PER_FOLDER));
        if number % PER_FOLDER == 0 {
            fs::create_dir_all(&below).expect("a new folder");
        }
        let (name, mut lines) = corpus(number, &mut random);
        let path = below.join(name);
        if number % ONE_IN == ONE_IN / 2 {
            let at = random.below(lines.len() + 1);
            lines.insert(at, with_token(number / ONE_IN, held, &mut random));
            planted.push((path.clone(), at as u64 + 1));
        }
        fs::write(path, lines.join("\n") + "\n").expect("a new file");
    }
    planted
}

/// A token that no store has.
pub fn unknown_token(number: usize) -> String {
    let digits = Random(number as u64 + 1).hexadecimal(50);
    format!("HRKU-fake-{digits}-{:04}", number % 10_000)
}

fn with_token(number: usize, held: &str, random: &mut Random) -> String {
    let unknown = unknown_token(number);
    let token = if number.is_multiple_of(2) { held } else { &unknown };
    match number % 4 {
        0 | 1 => format!("export HEROKU_API_KEY=\"{token}\" # {}", random.uuid()),
        _ => format!("Authorization: Basic {}", BASE64_STANDARD.encode(format!("me@example.com:{token}"))),
    }
}

/// A file without a token: its name and its lines.
fn corpus(number: usize, random: &mut Random) -> (String, Vec<String>) {
    let lines = 30;
    let line = |random: &mut Random| match number % 5 {
        0 => format!("{},heroku,{}", random.uuid(), random.uuid()),
        1 => format!("\"resolved\": \"https://example.com/a.tgz#{}\",", random.hexadecimal(40)),
        2 => format!("\"integrity\": \"sha512-{}\",", random.base64(64)),
        3 => format!("checksum = \"{}\"", random.hexadecimal(64)),
        _ => format!("HEROKU_API_KEY=HRKU-xxxx, HRKU-… or {}; HRKU-your-token-here", random.hexadecimal(20)),
    };
    let name = match number % 5 {
        0 => format!("{number}.csv"),
        1 => format!("package-lock-{number}.json"),
        2 => format!("yarn-{number}.lock"),
        3 => format!("Cargo-{number}.lock"),
        _ => format!(".env.{number}"),
    };
    (name, (0..lines).map(|_| line(random)).collect())
}

/// The same numbers in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % limit
    }

    fn hexadecimal(&mut self, length: usize) -> String {
        let mut digits = String::new();
        while digits.len() < length {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{:016x}", self.next());
        }
        digits.truncate(length);
        digits
    }

    fn uuid(&mut self) -> String {
        let digits = self.hexadecimal(32);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }

    fn base64(&mut self, length: usize) -> String {
        let bytes: Vec<u8> = (0..length).map(|_| self.next().to_le_bytes()[7]).collect();
        BASE64_STANDARD.encode(bytes)
    }
}
