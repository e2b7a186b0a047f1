//! Snapshots of what `herokey COMMAND --help` prints, one file a command in `tests/help/`.
//! `UPDATE_EXPECT=1 cargo test -p herokey` rewrites them.
//!
//! Not on Windows, where a checkout may end lines in CR LF; the texts are the same there.

#![cfg(not(windows))]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use expect_test::expect_file;

#[path = "../src/args.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use only clap's definition of the commands")]
mod args;

/// `herokey` and each command below it, as the name of its snapshot and its help.
fn helps() -> Vec<(String, String)> {
    fn collect(command: &mut Command, name: &str, helps: &mut Vec<(String, String)>) {
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        helps.push((name.to_owned(), lines.join("\n") + "\n"));
        for subcommand in command.get_subcommands_mut().filter(|subcommand| subcommand.get_name() != "help") {
            let name = match name {
                "herokey" => subcommand.get_name().to_owned(),
                _ => format!("{name}-{}", subcommand.get_name()),
            };
            collect(subcommand, &name, helps);
        }
    }
    let mut herokey = args::Cli::command();
    herokey.build();
    let mut helps = Vec::new();
    collect(&mut herokey, "herokey", &mut helps);
    helps
}

#[test]
fn each_command_matches_its_snapshot_and_each_snapshot_has_a_command() {
    let helps = helps();
    for (name, help) in &helps {
        expect_file![format!("help/{name}.txt")].assert_eq(help);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let files: BTreeSet<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    let commands: BTreeSet<_> = helps.iter().map(|(name, _)| OsString::from(format!("{name}.txt"))).collect();
    assert_eq!(files, commands);
}
