//! Herokey as the helper of git and Docker.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use super::machine::folder;
use crate::help::examples;

#[derive(Debug, Subcommand)]
pub(crate) enum Git {
    /// Set git's helpers: Herokey first, the Heroku CLI's own last
    #[command(after_help = examples(["herokey git install"]))]
    Install,
    /// Remove Herokey from git's helpers
    #[command(after_help = examples(["herokey git remove"]))]
    Remove,
    /// Show which helpers git uses for Heroku
    #[command(after_help = examples(["herokey git status --test"]))]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Ask git which password a push would use
        #[arg(long, conflicts_with = "json")]
        test: bool,
        /// Look at the repository in this folder
        #[arg(long = "in", value_name = "FOLDER", value_parser = OsStringValueParser::new().try_map(folder))]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Docker {
    /// Let Docker ask Herokey for registry.heroku.com, instead of keeping a token in plain text
    #[command(after_help = examples(["herokey docker install"]))]
    Install,
    /// Take Herokey out of Docker's configuration
    #[command(after_help = examples(["herokey docker remove"]))]
    Remove,
    /// Show what Docker uses for registry.heroku.com
    #[command(after_help = examples(["herokey docker status"]))]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GitCredential {
    /// What git wants
    #[arg(value_enum)]
    pub(crate) operation: Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// Print the password
    Get,
    /// Save a password; Herokey ignores this
    Store,
    /// Remove a password; Herokey ignores this
    Erase,
}
