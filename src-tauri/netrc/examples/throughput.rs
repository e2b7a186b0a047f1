//! Measures how fast netrc files of several sizes are edited, compared with reading them from the page cache.
//!
//! `cargo run --release -p netrc-edit --example throughput`
#![allow(clippy::print_stdout, reason = "the example prints a table")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use netrc_edit::Netrc;

const HOST: &str = "api.heroku.com";
/// How long to repeat the measurement of each size, at least.
const MIN_TIME: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::temp_dir().join(format!("netrc-throughput-{}", std::process::id()));
    println!("{:>10} {:>12} {:>12} {:>10}", "bytes", "read MB/s", "edit MB/s", "edit/read");
    for size in [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] {
        let file = generate(size);
        fs::write(&path, &file)?;
        let mut read = Duration::MAX;
        let mut edit = Duration::MAX;
        let began = Instant::now();
        // The minimum of many runs is what other programs on the machine disturb least.
        while began.elapsed() < MIN_TIME || edit == Duration::MAX {
            let start = Instant::now();
            let bytes = fs::read(&path)?;
            read = read.min(start.elapsed());
            let start = Instant::now();
            let mut netrc = Netrc::parse(bytes);
            netrc.set(HOST, "me@example.com", "HRKU-fake-new")?;
            let edited = black_box(netrc.into_bytes());
            edit = edit.min(start.elapsed());
            drop(edited);
        }
        #[expect(clippy::cast_precision_loss, reason = "no file is that large")]
        let rate = |time: Duration| file.len() as f64 / time.as_secs_f64() / 1e6;
        let ratio = edit.as_secs_f64() / read.as_secs_f64();
        println!("{:>10} {:>12.0} {:>12.0} {ratio:>10.1}", file.len(), rate(read), rate(edit));
    }
    fs::remove_file(&path)?;
    Ok(())
}

/// A file of about `size` bytes with records and macros in several layouts, the Heroku record in the middle and
/// `default` at the end.
fn generate(size: usize) -> String {
    let mut file = String::with_capacity(size + 500);
    let mut number = 0;
    let mut has_heroku = false;
    while file.len() < size {
        number += 1;
        if !has_heroku && file.len() >= size / 2 {
            has_heroku = true;
            file.push_str("machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-old\n");
        }
        let record = match number % 4 {
            0 => format!("machine host{number}.example login user{number} password fake-{number}\n"),
            1 => format!("\nmachine host{number}.example\n  login user{number}\n  password fake-{number}\n"),
            2 => format!(
                "# account {number}\nmachine host{number}.example\n\tlogin \"user {number}\"\n\tpassword \"fake\\\"{number}\"\n"
            ),
            _ => format!("macdef m{number}\ncd /pub/{number}\nput machine\n\n"),
        };
        file.push_str(&record);
    }
    file.push_str("default login anonymous password guest@example.com\n");
    file
}
