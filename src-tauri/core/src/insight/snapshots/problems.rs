//! Every problem, as users read it, in `problems/CODE.txt`.

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::expect_file;

use super::cases::cases;
use crate::insight::diagnose::{NextStep, Problem, diagnose};
use crate::insight::readers::resolve;

#[test]
fn every_problem_matches_its_file() {
    for (code, machines) in cases() {
        let mut text = String::new();
        for (machine, facts) in machines {
            let problems = diagnose(&facts, &resolve(&facts));
            let found = problems.iter().find(|problem| problem.code == code);
            let found = found.unwrap_or_else(|| panic!("{code} not found ({machine}): {problems:?}"));
            write!(text, "## {machine}\n\n{}\n", shown(found)).unwrap();
        }
        expect_file![format!("problems/{code}.txt")].assert_eq(&text);
    }
}

#[test]
fn every_code_in_the_source_has_a_file() {
    let (sources, modules) = sources();
    let listed: BTreeSet<&str> = sources.iter().map(|(name, _)| *name).collect();
    assert_eq!(modules, listed, "`sources` lists every module of `diagnose`");
    let codes: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| codes(text)).collect();
    assert_eq!(codes, cases().iter().map(|(code, _)| *code).collect());
}

/// The source of each module of `diagnose`, and the names of the modules that its `mod.rs` declares.
fn sources() -> ([(&'static str, &'static str); 12], BTreeSet<&'static str>) {
    const ROOT: &str = include_str!("../diagnose/mod.rs");
    let declared = ROOT.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let sources = [
        ("mod", ROOT),
        ("copies", include_str!("../diagnose/copies.rs")),
        ("environment", include_str!("../diagnose/environment.rs")),
        ("git", include_str!("../diagnose/git.rs")),
        ("git_routes", include_str!("../diagnose/git_routes.rs")),
        ("hidden", include_str!("../diagnose/hidden.rs")),
        ("keychain", include_str!("../diagnose/keychain.rs")),
        ("named_netrc", include_str!("../diagnose/named_netrc.rs")),
        ("netrc", include_str!("../diagnose/netrc.rs")),
        ("programs", include_str!("../diagnose/programs.rs")),
        ("records", include_str!("../diagnose/records.rs")),
        ("unfinished", include_str!("../diagnose/unfinished.rs")),
    ];
    (sources, declared.filter(|name| *name != "tests").chain(["mod"]).collect())
}

/// The string literals that look like a problem's code.
fn codes(source: &str) -> impl Iterator<Item = &str> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let lines = source.lines().filter(|line| !line.starts_with("#["));
    lines
        .flat_map(|line| line.split('"'))
        .filter(move |text| text.contains('-') && text.split('-').all(is_word))
}

fn shown(problem: &Problem) -> String {
    let Problem { code: _, severity, title, message, next_step, remedy, effect, keep_as_is, safe } = problem;
    let next_step = match next_step {
        NextStep::Command(command) => format!("`{command}`"),
        NextStep::Words(words) => words.clone(),
    };
    let mut text = format!("{severity:?}: {title}\n{message}\nNext step: {next_step}\n");
    if let Some(remedy) = remedy {
        let safe = if *safe { ", safe" } else { "" };
        writeln!(text, "Remedy: {remedy:?}{safe}\nEffect: {effect}").unwrap();
    }
    if let Some(remedy) = keep_as_is {
        writeln!(text, "Keep as is: {remedy:?}").unwrap();
    }
    text
}
