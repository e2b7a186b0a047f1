//! Commands that look at this machine.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap_complete::ArgValueCandidates;

use crate::complete;

#[derive(Debug, Default, Args)]
pub(crate) struct Status {
    /// Do not use the network
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print JSON (schema 1)
    #[arg(long)]
    pub(crate) json: bool,
    /// Show what the tools use in FOLDER, with its git configuration and what direnv sets there
    #[arg(long = "in", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder))]
    pub(crate) folder: Option<PathBuf>,
}

/// Parses an existing folder into an absolute path. Resolves links, except on Windows, where git does not accept the
/// resolved form (`\\?\C:\…`).
pub(super) fn folder(path: OsString) -> Result<PathBuf, String> {
    let absolute = if cfg!(windows) { std::path::absolute(path) } else { std::fs::canonicalize(path) };
    match absolute {
        Ok(path) if path.is_dir() => Ok(path),
        Ok(_) => Err("it is not a folder".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line switch")]
pub(crate) struct Doctor {
    /// Fix every problem that needs no decision and loses nothing; with CODE, fix only that problem
    #[arg(long, value_name = "CODE", num_args = 0..=1, conflicts_with_all = ["undo", "report"], add = ArgValueCandidates::new(complete::problems))]
    #[expect(clippy::option_option, reason = "how clap represents a switch with an optional value")]
    pub(crate) fix: Option<Option<String>>,
    /// Undo the last fix
    #[arg(long, conflicts_with_all = ["report", "json", "offline"])]
    pub(crate) undo: bool,
    /// Print a diagnosis to attach to a bug report, without tokens or emails
    #[arg(long, conflicts_with = "json")]
    pub(crate) report: bool,
    /// Do not use the network, except for a fix that needs Heroku
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Find problems for tools that run in FOLDER
    #[arg(long = "in", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder), conflicts_with = "undo")]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Folders and files to search
    #[arg(value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(existing))]
    pub(crate) folders: Vec<PathBuf>,
    /// Also count UUIDs and runs of 40 hexadecimal digits beside the word `heroku`, which may be old tokens
    #[arg(long)]
    pub(crate) unsure: bool,
    /// Print JSON (schema 1)
    #[arg(long)]
    pub(crate) json: bool,
}

/// Parses the path of something that exists into an absolute path. Keeps links.
fn existing(path: OsString) -> Result<PathBuf, String> {
    let absolute = std::path::absolute(path).and_then(|path| std::fs::metadata(&path).map(|_| path));
    absolute.map_err(|error| error.to_string())
}
