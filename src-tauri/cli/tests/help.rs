//! Snapshots of what `herokey COMMAND --help` prints, one file a command in `tests/help/`.
//! `UPDATE_EXPECT=1 cargo test -p herokey` rewrites them.
//!
//! Not on Windows, where a checkout may end lines in CR LF; the texts are the same there.

#![cfg(not(windows))]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::Command;
use expect_test::expect_file;

#[path = "../src/args/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the tests use only clap's definition of the commands"
)]
mod args;
#[path = "../src/complete.rs"]
#[allow(dead_code, reason = "the tests complete nothing")]
mod complete;
#[path = "../src/help.rs"]
mod help;

/// `herokey` and each command below it, as its full name and its help.
fn helps() -> Vec<(String, String)> {
    fn collect(command: &mut Command, helps: &mut Vec<(String, String)>) {
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
        helps.push((name, lines.join("\n") + "\n"));
        for subcommand in command.get_subcommands_mut().filter(|subcommand| subcommand.get_name() != "help") {
            collect(subcommand, helps);
        }
    }
    let mut herokey = help::command();
    herokey.build();
    let mut helps = Vec::new();
    collect(&mut herokey, &mut helps);
    helps
}

/// The name of a command's snapshot: `git-install.txt`.
fn file_name(command: &str) -> String {
    format!("{}.txt", command.strip_prefix("herokey ").unwrap_or(command).replace(' ', "-"))
}

#[test]
fn each_command_matches_its_snapshot_and_each_snapshot_has_a_command() {
    let helps = helps();
    for (name, help) in &helps {
        expect_file![format!("help/{}", file_name(name))].assert_eq(help);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let files: BTreeSet<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    let commands: BTreeSet<_> = helps.iter().map(|(name, _)| OsString::from(file_name(name))).collect();
    assert_eq!(files, commands);
}

#[test]
fn each_command_is_in_one_group() {
    let mut in_groups: Vec<_> = help::GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    in_groups.sort_unstable();
    let command = help::command();
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    let mut names: Vec<_> = visible.map(Command::get_name).collect();
    names.sort_unstable();
    assert_eq!(in_groups, names);
}

/// Each example is a command line of that command, which `herokey` accepts.
#[test]
fn each_help_ends_with_examples_that_work() {
    for (name, help) in helps() {
        let (title, examples) = help.rsplit_once("\n\nExample").expect(&name).1.split_once(":\n").unwrap();
        let examples: Vec<&str> = examples.lines().collect();
        assert_eq!(title, if examples.len() == 1 { "" } else { "s" }, "{name}");
        for example in examples {
            let line = &example[example.find("herokey").expect(example)..];
            let line = line.split(['#', '|', '<', ')']).next().unwrap().trim();
            assert!(line.starts_with(&name), "{name}: {example}");
            let parsed = help::command().try_get_matches_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }
}
