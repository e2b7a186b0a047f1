//! The one rule of core's folders: each may use only those in earlier layers, and folders of one layer do not know each
//! other. `insight` is pure besides.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

/// From the ground up.
const LAYERS: &[&[&str]] = &[
    &["base"],
    &["stores"],
    &["tools"],
    &["desktop", "ledger"],
    &["heroku"],
    &["insight"],
    &["survey", "watch", "scan"],
    &["action"],
];
const PURE: &str = "insight";
/// What a pure folder must not name.
const IMPURE: [&str; 3] = ["Env", "std::fs", "std::process"];

#[test]
fn no_folder_uses_a_later_one() {
    assert_eq!(violations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")), Vec::<String>::new());
}

#[test]
fn each_broken_rule_is_named() {
    let tree = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "base/env.rs",
        "use crate::base::host::Hosts;\n//! see `crate::action`\nuse crate::stores::Store;\n",
    );
    write("desktop/open.rs", "fn f() {\n    crate::ledger::journal::path();\n}\n");
    write(
        "insight/facts.rs",
        "use crate::{base::token::Trace, action::Plan};\nuse std::fs;\nfn f(env: &Env) {}\n",
    );
    write("newcomer/mod.rs", "");
    let expected = [
        "base/env.rs:3: base uses stores",
        "desktop/open.rs:2: desktop uses ledger",
        "insight/facts.rs:1: insight uses action",
        "insight/facts.rs:2: insight is pure and names std::fs",
        "insight/facts.rs:3: insight is pure and names Env",
        "newcomer: is in no layer",
    ];
    assert_eq!(violations(tree.path()), expected);
}

/// Every violation below a folder of sources, with file and line.
fn violations(src: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for folder in sorted(src).filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        match LAYERS.iter().position(|layer| layer.contains(&name)) {
            Some(layer) => check(src, &folder, (name, layer), &mut found),
            None => found.push(format!("{name}: is in no layer")),
        }
    }
    found
}

fn check(src: &Path, path: &Path, (name, layer): (&str, usize), found: &mut Vec<String>) {
    if path.is_dir() {
        return sorted(path).for_each(|path| check(src, &path, (name, layer), found));
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    for (number, line) in code {
        let file = path.strip_prefix(src).unwrap().display().to_string().replace('\\', "/");
        let place = format!("{file}:{}", number + 1);
        let is_forbidden =
            |other: &&&str| **other != name && LAYERS[..layer].iter().all(|earlier| !earlier.contains(other));
        for other in LAYERS.iter().copied().flatten().filter(is_forbidden).filter(|other| uses(line, other)) {
            found.push(format!("{place}: {name} uses {other}"));
        }
        for word in IMPURE.iter().filter(|word| name == PURE && names(line, word)) {
            found.push(format!("{place}: {name} is pure and names {word}"));
        }
    }
}

/// True for `crate::FOLDER`, alone or in braces.
fn uses(line: &str, folder: &str) -> bool {
    line.match_indices("crate::").any(|(at, start)| {
        let path = &line[at + start.len()..];
        let listed =
            path.strip_prefix('{').map(|list| list.split([',', '}']).map(str::trim).collect::<Vec<_>>());
        listed
            .unwrap_or_else(|| vec![path])
            .iter()
            .any(|path| path.split(|c: char| !is_name(c)).next() == Some(folder))
    })
}

/// True if the line names the word, and not only a part of a longer one.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_name) && !line[at + word.len()..].starts_with(is_name))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn sorted(folder: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter()
}
