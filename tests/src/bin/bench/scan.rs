//! `herokey scan` next to ripgrep, which looks for the same pattern in the same files, and next to git for its objects.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints figures, and panics with the reason if it cannot continue"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use herokey_tests::{ME, Program, World, herokey_path, plant};
use heroku_sandbox::Grant;

use crate::linux::{RUNS, median};

const FILES: usize = 200_000;
const LARGE_FILE: u64 = 1 << 30;
const COMMITS: usize = 300;
/// What `herokey scan` recognizes by its shape, without the Base64 and the tokens that this machine holds.
const PATTERN: &str = "HRKU-[0-9A-Za-z_-]{20,200}";

pub(crate) fn run(world: &World) {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).expect("an account");
    world.store_as_cli(ME, &token);
    let ripgrep = std::env::var("HEROKEY_BENCH_RIPGREP").ok().filter(|path| Path::new(path).is_file());
    if ripgrep.is_none() {
        println!("ripgrep is not installed, so only grep is measured");
    }
    println!("{:<26} {:<18} {:>8} {:>8} {:>24}", "scan", "program", "ms", "MiB", "herokey scan / this");
    let folder = world.home().join("files");
    let planted = plant(&folder, FILES, &token);
    check(world, &planted);
    compare(world, "200,000 files", &others(ripgrep.as_deref(), "files"), "files");
    write_large_file(&world.home().join("log"), &token);
    compare(world, "a file of 1 GiB", &others(ripgrep.as_deref(), "log"), "log");
    write_repository(world, &token);
    let search = ripgrep.unwrap_or_else(|| "grep".to_owned());
    let cat_file = format!(
        "git -C app cat-file --batch-all-objects --batch --unordered | '{search}' --text -c 'HRKU-' >/dev/null"
    );
    compare(
        world,
        "the objects of a repository",
        &[("git | ripgrep", vec!["sh", "-c", &cat_file])],
        "app/.git",
    );
}

/// Every token that is planted is found, and nothing else.
fn check(world: &World, planted: &[(PathBuf, u64)]) {
    let told = herokey(world, "files").run();
    let report: serde_json::Value = serde_json::from_str(&told.stdout).expect("the report is JSON");
    let findings = report["findings"].as_array().expect("a list");
    let found: BTreeSet<(PathBuf, u64)> = findings
        .iter()
        .map(|finding| {
            let file = finding["file"].as_str().expect("a file");
            (PathBuf::from(file), finding["line"].as_u64().expect("a line"))
        })
        .collect();
    let expected: BTreeSet<_> = planted.iter().cloned().collect();
    let (missed, wrong) = (expected.difference(&found).count(), found.difference(&expected).count());
    println!("{} tokens in {FILES} files: {missed} missed, {wrong} wrong", expected.len());
}

fn others<'a>(ripgrep: Option<&'a str>, place: &'a str) -> Vec<(&'static str, Vec<&'a str>)> {
    // Everything that `herokey scan` searches: hidden and ignored files, and binary ones.
    let options = [
        "--no-config",
        "--no-ignore",
        "--hidden",
        "--text",
        "--no-messages",
        "--line-number",
        "--only-matching",
    ];
    let ripgrep = ripgrep.map(|program| ("ripgrep", [&[program], &options[..], &[PATTERN, place]].concat()));
    let grep = vec!["grep", "-raonE", "HRKU-[0-9A-Za-z_-]{20,}", place];
    ripgrep.into_iter().chain([("grep -raE", grep)]).collect()
}

fn herokey(world: &World, place: &str) -> Program {
    let program = herokey_path("herokey").display().to_string();
    world.program(&program).args(["scan", "--json", place]).timeout(Duration::from_mins(5))
}

/// Measures with everything in the page cache, one program after the other.
fn compare(world: &World, what: &str, others: &[(&'static str, Vec<&str>)], place: &str) {
    let mut programs = vec![("herokey scan", herokey(world, place))];
    for (name, command) in others {
        let program = world.program(command[0]).args(command[1..].iter().copied());
        programs.push((name, program.timeout(Duration::from_mins(5))));
    }
    let mut figures: Vec<(Vec<f64>, f64)> = programs.iter().map(|_| (Vec::new(), 0.0)).collect();
    for _ in 0..RUNS {
        for ((_, program), (times, peak)) in programs.iter().zip(&mut figures) {
            let started = Instant::now();
            let running = program.clone().start();
            let memory = running.peak_memory();
            times.push(started.elapsed().as_secs_f64() * 1000.0);
            *peak = f64::max(*peak, memory);
        }
    }
    let mut herokey = None;
    for ((name, _), (times, peak)) in programs.iter().zip(&mut figures) {
        let time = median(times);
        let (herokey_time, herokey_peak) = *herokey.get_or_insert((time, *peak));
        // Of a pipe only the shell's memory is measured.
        let memory =
            if name.contains('|') { String::new() } else { format!(", {:.2} memory", herokey_peak / *peak) };
        let ratio = format!("{:.2} time{memory}", herokey_time / time);
        println!("{what:<26} {name:<18} {time:>8.0} {peak:>8.1} {ratio:>24}");
    }
}

fn write_large_file(path: &Path, token: &str) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).expect("a new file"));
    let lines = "2026-11-28T00:00:00Z fake line of a log in which somebody deploys to Heroku\n".repeat(1000);
    for _ in 0..LARGE_FILE / lines.len() as u64 {
        file.write_all(lines.as_bytes()).expect("the file can be written");
    }
    writeln!(file, "{token}").expect("the file can be written");
}

/// A packed repository whose files change a little with every commit.
fn write_repository(world: &World, token: &str) {
    let git = |arguments: &[&str]| {
        let who = ["-C", "app", "-c", "user.name=Me", "-c", "user.email=me@example.com"];
        let all = [&who, arguments].concat();
        world.program("git").args(all).timeout(Duration::from_mins(5)).run().ok();
    };
    world.git(["init", "--quiet", "app"]).ok();
    plant(&world.home().join("app"), 2000, token);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Fake"]);
    let mut lines: Vec<String> = (0..20_000).map(|line| format!("fake line {line} of a file\n")).collect();
    for commit in 0..COMMITS {
        lines[commit * 61] = format!("changed in commit {commit}\n");
        world.write_file("app/large.txt", &lines.concat());
        git(&["add", "large.txt"]);
        git(&["commit", "--quiet", "--message", "Fake"]);
    }
    git(&["gc", "--quiet"]);
}
