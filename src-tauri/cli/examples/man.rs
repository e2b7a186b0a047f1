//! `cargo run -p herokey --example man -- FOLDER` writes a man page for `herokey` and for each of its commands.
//!
//! This is an example, so that `herokey` itself does not contain the code that generates the pages.

use std::path::Path;

use clap::CommandFactory;

#[path = "../src/args.rs"]
#[allow(dead_code, unreachable_pub, reason = "the example uses only clap's definition of the commands")]
mod args;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "target/man".into());
    std::fs::create_dir_all(&folder)?;
    clap_mangen::generate_to(args::Cli::command(), Path::new(&folder))
}
