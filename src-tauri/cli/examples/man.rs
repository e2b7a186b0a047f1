//! `cargo run -p herokey --example man -- FOLDER`: a man page for `herokey` and for each of its commands.
//!
//! A program of its own, so that what makes the pages is in no program that people get.

use std::path::Path;

use clap::CommandFactory;

#[path = "../src/args.rs"]
#[allow(dead_code, unreachable_pub, reason = "only what clap makes of it is of use here")]
mod args;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "target/man".into());
    std::fs::create_dir_all(&folder)?;
    clap_mangen::generate_to(args::Cli::command(), Path::new(&folder))
}
