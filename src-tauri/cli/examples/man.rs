//! `cargo run -p herokey --example man -- FOLDER` writes a man page for `herokey` and for each of its commands.
//!
//! This is an example, so that `herokey` itself does not contain the code that generates the pages.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

#[path = "../src/args/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the example uses only clap's definition of the commands"
)]
mod args;
#[path = "../src/complete.rs"]
#[allow(dead_code, reason = "the example completes nothing")]
mod complete;
#[path = "../src/help.rs"]
mod help;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "target/man".into());
    fs::create_dir_all(&folder)?;
    let mut herokey = help::command().disable_help_subcommand(true);
    herokey.build();
    write_pages(&herokey, Path::new(&folder))
}

/// Writes the pages of a command and of those below it.
fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_pages(below, folder)?;
    }
    let man = Man::new(command.clone());
    fs::write(folder.join(man.get_filename()), page(command, &man)?)
}

fn page(command: &Command, man: &Man) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_name() == "herokey" {
        groups(command).to_writer(&mut page)?;
    } else if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    examples(command).to_writer(&mut page)?;
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    Ok(page)
}

fn groups(herokey: &Command) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["COMMANDS"]);
    for (title, names) in help::GROUPS {
        section.control("SS", [title]);
        for name in names {
            let about = herokey.find_subcommand(name).and_then(Command::get_about);
            section.control("TP", []);
            section.text([roman(format!("herokey-{name}(1)"))]);
            section.text([roman(about.map(ToString::to_string).unwrap_or_default())]);
        }
    }
    section
}

/// The examples as they stand in the help. clap's own section would join the lines.
fn examples(command: &Command) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]);
    section.control("nf", []);
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for line in examples.lines().skip(1) {
        section.text([roman(line.trim_start())]);
    }
    section.control("fi", []);
    section
}
