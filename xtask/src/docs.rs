//! Tests that the docs name only commands and tests that exist, and the code only sections of INTEROP.md that exist.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use clap::Parser;

use crate::command_line::CommandLine;
use crate::root;

struct Source {
    path: PathBuf,
    text: String,
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn all_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["src-tauri", "tests", "xtask"] {
        add_sources(&root().join(folder), &mut sources);
    }
    sources
}

fn add_sources(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
            add_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source { text: fs::read_to_string(&path).unwrap(), path });
        }
    }
}

#[test]
fn xtask_accepts_every_command_in_the_docs() {
    let docs = [
        "README.md",
        "CONTRIBUTING.md",
        "docs/releasing.md",
        ".ci/run",
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
    ];
    for doc in docs {
        for rest in read(doc).split("cargo xtask ").skip(1) {
            let command = rest.split(['`', '#', '\n']).next().unwrap_or_default();
            let words = command.split_whitespace().map(|word| if word == "N" { "1" } else { word });
            if let Err(error) = CommandLine::try_parse_from(iter::once("xtask").chain(words)) {
                panic!("{doc} names `cargo xtask {command}`: {error}");
            }
        }
    }
}

#[test]
fn every_test_that_the_docs_name_exists() {
    let sources = all_sources();
    // `a::b::tests::name` is in `a/b.rs` or below `a/b/`.
    let exists = |test: &str| {
        let (modules, name) = test.rsplit_once("::").unwrap_or_default();
        let modules = modules.split("::").filter(|module| *module != "tests").collect::<Vec<_>>().join("/");
        sources.iter().any(|source| {
            let path = source.path.to_string_lossy();
            let is_there = path.contains(&format!("/{modules}.rs")) || path.contains(&format!("/{modules}/"));
            let has = |what: &str| {
                ["(", " ", ";"].iter().any(|end| source.text.contains(&format!("{what} {name}{end}")))
            };
            is_there && (has("fn") || has("mod"))
        })
    };
    let docs = read("INTEROP.md") + &read("SECURITY.md");
    let is_path = |text: &&str| {
        text.contains("::")
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b':'))
    };
    let tests = docs.split('`').skip(1).step_by(2).filter(is_path);
    let missing: Vec<_> = tests.filter(|test| !exists(test)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_section_of_interop_that_the_code_names_exists() {
    let interop = read("INTEROP.md");
    let titles = interop.lines().filter(|line| line.starts_with("##"));
    let titles: Vec<_> = titles.map(|line| line.trim_start_matches(['#', ' '])).collect();
    for Source { path, text } in all_sources() {
        // Joins comments, since a reference may span two lines.
        let text: String =
            text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!'])).collect();
        for rest in text.split("INTEROP.md, \"").skip(1) {
            let title = rest.split('"').next().unwrap_or_default();
            assert!(titles.contains(&title), "{} names the section {title:?}", path.display());
        }
    }
}

#[test]
fn a_job_with_secrets_builds_and_tests_nothing() {
    let release = read(".github/workflows/release.yml");
    let (_, jobs) = release.split_once("\njobs:\n").unwrap();
    let mut texts = vec![String::new()];
    for line in jobs.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let is_name = line.starts_with("  ") && !line.starts_with("   ");
        if is_name {
            texts.push(String::new());
        }
        texts.last_mut().unwrap().push_str(line);
    }
    let has_secrets = |text: &&String| text.contains("environment:") || text.contains("secrets.");
    let secret: Vec<_> = texts.iter().filter(has_secrets).collect();
    assert_eq!(secret.len(), 1, "{texts:?}");
    assert!(!secret[0].contains("cargo"), "{}", secret[0]);
}
