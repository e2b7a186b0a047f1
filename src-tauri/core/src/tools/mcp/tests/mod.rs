//! The corpus: configurations, what `read` finds in them, and what `without_key` makes of them. A case begins with
//! `=== title | format`. `<BOM>`, `<CR>`, `<E9>` and `<NO NEWLINE>` stand for bytes that an editor would hide.
//! `UPDATE_EXPECT=1` writes the results.

use std::fmt::Write;

use expect_test::expect_file;
use similar::{DiffOp, capture_diff_slices};

use super::*;

mod properties;

const NAMES: [(&str, Format); 5] = [
    ("mcp-servers", Format::McpServers),
    ("claude-code", Format::ClaudeCode),
    ("vs-code", Format::VsCode),
    ("zed", Format::Zed),
    ("codex", Format::Codex),
];
const CORPUS: [&str; 6] = [
    include_str!("../corpus/mcp_servers.txt"),
    include_str!("../corpus/claude_code.txt"),
    include_str!("../corpus/vs_code.txt"),
    include_str!("../corpus/zed.txt"),
    include_str!("../corpus/codex.txt"),
    include_str!("../corpus/damaged.txt"),
];

struct Case {
    heading: String,
    format: Format,
    written: String,
    bytes: Vec<u8>,
}

fn cases(corpus: &str) -> Vec<Case> {
    // git may have changed the lines on Windows.
    let corpus = corpus.replace("\r\n", "\n");
    let corpus = corpus.strip_prefix("=== ").unwrap();
    let sections = corpus.split("\n=== ").map(|section| {
        let section = section.strip_suffix('\n').unwrap_or(section);
        let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
        let written = rest.split("\n--- ").next().unwrap().to_owned();
        let name = heading.rsplit(" | ").next().unwrap();
        let format = NAMES.iter().find(|(known, _)| *known == name).unwrap().1;
        Case { heading: heading.to_owned(), format, bytes: bytes_of(&written), written }
    });
    sections.collect()
}

fn bytes_of(written: &str) -> Vec<u8> {
    let text = format!("{written}\n")
        .replace("<BOM>", "\u{feff}")
        .replace("<CR>", "\r")
        .replace("<NO NEWLINE>\n", "");
    let parts: Vec<_> = text.split("<E9>").map(str::as_bytes).collect();
    parts.join(&0xe9)
}

fn written(text: &str) -> String {
    let text = text.replace('\u{feff}', "<BOM>").replace('\r', "<CR>");
    text.strip_suffix('\n').map_or_else(|| format!("{text}<NO NEWLINE>"), str::to_owned)
}

fn read_bytes(bytes: &[u8], format: Format) -> Result<Vec<McpServer>> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config");
    std::fs::write(&path, bytes).unwrap();
    read(&Env::new([("HOME", home.path())]), &McpFile { path, client: "Client", format })
}

/// Every line of both texts: `-` removed, `+` added.
fn diff(before: &str, after: &str) -> String {
    let (before, after) = (written(before), written(after));
    let (old, new): (Vec<_>, Vec<_>) = (before.split('\n').collect(), after.split('\n').collect());
    let mut shown = String::new();
    let mut add =
        |mark: char, lines: &[&str]| lines.iter().for_each(|line| writeln!(shown, "{mark}{line}").unwrap());
    for op in capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { .. } = op {
            add(' ', &old[op.old_range()]);
        } else {
            add('-', &old[op.old_range()]);
            add('+', &new[op.new_range()]);
        }
    }
    shown
}

fn rendered(corpus: &str) -> String {
    let mut shown = String::new();
    for case in cases(corpus) {
        writeln!(shown, "=== {}\n{}", case.heading, case.written).unwrap();
        let servers = match read_bytes(&case.bytes, case.format) {
            Ok(servers) => servers,
            Err(error) => {
                writeln!(shown, "--- damaged: {}", error.detail).unwrap();
                continue;
            }
        };
        if servers.is_empty() {
            shown.push_str("--- nothing\n");
        }
        for server in servers {
            let is_herokey = if server.starts_with_herokey { ", with herokey exec" } else { "" };
            let entry = server.entry.join(" > ");
            writeln!(shown, "--- {entry}: {:?} in line {}{is_herokey}", server.value, server.line).unwrap();
            match without_key(&case.bytes, case.format, &server.entry, KEY) {
                Some(fixed) => {
                    let before = std::str::from_utf8(&case.bytes).unwrap();
                    shown.push_str(&diff(before, std::str::from_utf8(&fixed).unwrap()));
                }
                None => shown.push_str("refused\n"),
            }
        }
    }
    shown
}

#[test]
fn mcp_servers() {
    expect_file!["../corpus/mcp_servers.txt"].assert_eq(&rendered(CORPUS[0]));
}

#[test]
fn claude_code() {
    expect_file!["../corpus/claude_code.txt"].assert_eq(&rendered(CORPUS[1]));
}

#[test]
fn vs_code() {
    expect_file!["../corpus/vs_code.txt"].assert_eq(&rendered(CORPUS[2]));
}

#[test]
fn zed() {
    expect_file!["../corpus/zed.txt"].assert_eq(&rendered(CORPUS[3]));
}

#[test]
fn codex() {
    expect_file!["../corpus/codex.txt"].assert_eq(&rendered(CORPUS[4]));
}

#[test]
fn damaged() {
    expect_file!["../corpus/damaged.txt"].assert_eq(&rendered(CORPUS[5]));
}
