//! The programs, besides heroku, git and curl, that are found on this machine and read Heroku's credentials.

use std::path::PathBuf;

use crate::base::error::Error;
use crate::base::token::Trace;
use crate::insight::facts::{NetrcReading, Observed};

/// A program that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Which one.
    pub kind: ProgramKind,
    /// What it finds in the netrc file that it reads; `None` if it reads none.
    pub netrc: Option<ProgramNetrc>,
}

/// Which program it is.
#[derive(Clone, Debug, PartialEq)]
pub enum ProgramKind {
    /// Heroku's extension.
    VsCode {
        /// The editor that has it: "VS Code", "Cursor".
        editor: &'static str,
    },
    /// Terraform or OpenTofu, with Heroku's provider.
    Terraform {
        /// "Terraform", "OpenTofu".
        name: &'static str,
    },
    /// Docker.
    Docker,
    /// A server that an AI assistant starts.
    McpServer(McpServer),
    /// Python's package `requests`, and what is made with it.
    Python,
    /// Heroku's plug-in for Maven.
    Jvm,
    /// 1Password's shell plugin, which runs `heroku`.
    OnePassword,
    /// A plugin of the Heroku CLI with a library from before the keychain.
    CliPlugin {
        /// The plugin's name.
        name: String,
    },
}

/// What a program finds in netrc.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramNetrc {
    /// The file as users write it.
    pub shown: String,
    /// What it finds there for Heroku's API.
    pub reading: Observed<NetrcReading>,
}

/// A server in the configuration of an AI assistant that names `HEROKU_API_KEY` or runs Heroku's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpServer {
    /// The assistant: "Claude Code", "Cursor".
    pub client: &'static str,
    /// The server's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The file as users write it.
    pub shown: String,
    /// The names that lead to its entry in the file.
    pub entry: Vec<String>,
    /// The line of the key, or else of the entry, counted from 1.
    pub line: usize,
    /// The key.
    pub key: McpKey,
    /// `herokey exec` starts it.
    pub is_lent: bool,
    /// `herokey exec` can start it: a command does, and `herokey` is found where commands are.
    pub can_be_lent: bool,
}

/// A configuration of an assistant that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadConfiguration {
    /// The assistant.
    pub client: &'static str,
    /// Why.
    pub error: Error,
}

/// The value of `HEROKU_API_KEY` in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum McpKey {
    /// A token.
    Token(Trace),
    /// The name of a variable, or a prompt.
    Reference,
    /// There is none: the server gets what the assistant has.
    None,
}
