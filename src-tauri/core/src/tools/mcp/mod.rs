//! The configuration files of MCP clients, in which people put `HEROKU_API_KEY` for a server, such as Heroku's own.
//!
//! `clients` knows where the files are, `document` parses one into a `tree`, `entry` finds the servers in it, and `edit`
//! changes one entry with the help of `splice`; `check` compares the result with what was wanted.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::text::Text;
use crate::base::token::Token;

mod check;
mod clients;
mod document;
mod edit;
mod entry;
mod splice;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub(crate) use clients::files;
use edit::with_key;
pub(crate) use edit::{secrets, without_key};
pub(crate) use value::McpValue;

use document::{Damaged, Document};
use entry::Launch;

/// The variable that holds a token.
pub(crate) const KEY: &str = "HEROKU_API_KEY";
/// More than a configuration needs. `~/.claude.json` also keeps the history of every project, and grows.
const MAX_BYTES: u64 = 1 << 20;

/// A configuration file of an MCP client, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct McpFile {
    /// Its path.
    pub(crate) path: PathBuf,
    /// The client's name.
    pub(crate) client: &'static str,
    /// How it is written.
    pub(crate) format: Format,
}

/// How a configuration is written, and where in it the servers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON with `mcpServers`, which most clients use.
    McpServers,
    /// The same in `~/.claude.json`, where each of `projects` may have `mcpServers` too.
    ClaudeCode,
    /// JSON with `servers`, in VS Code's `mcp.json`.
    VsCode,
    /// JSON with `context_servers`, in Zed's settings.
    Zed,
    /// TOML with `mcp_servers`, in the configuration of Codex CLI.
    Codex,
}

/// The language of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    /// JSON, with comments and trailing commas.
    Json,
    Toml,
}

/// A server whose entry holds `HEROKU_API_KEY`, or that is Heroku's own.
#[derive(Debug)]
pub(crate) struct McpServer {
    /// The client's name.
    pub(crate) client: &'static str,
    /// The path of the file.
    pub(crate) path: PathBuf,
    /// The path for display.
    pub(crate) shown: String,
    /// The names that lead to the server's entry in the file, for [`without_key`] and [`with_key`].
    pub(crate) entry: Vec<String>,
    /// The server's name, for display.
    pub(crate) name: Text,
    /// The line of the variable, or else of the entry, from 1.
    pub(crate) line: usize,
    /// What the variable holds; `None` without one. Keep only the trace of a token.
    pub(crate) value: Option<McpValue>,
    /// A command starts it, so `herokey exec` can.
    pub(crate) has_command: bool,
    /// True if `herokey exec` starts the server already.
    pub(crate) starts_with_herokey: bool,
}

impl Format {
    /// The language.
    fn syntax(self) -> Syntax {
        match self {
            Self::McpServers | Self::ClaudeCode | Self::VsCode | Self::Zed => Syntax::Json,
            Self::Codex => Syntax::Toml,
        }
    }

    /// The name of the table with the servers.
    fn key(self) -> &'static str {
        match self {
            Self::McpServers | Self::ClaudeCode => "mcpServers",
            Self::VsCode => "servers",
            Self::Zed => "context_servers",
            Self::Codex => "mcp_servers",
        }
    }
}

/// The servers in a file whose entries hold `HEROKU_API_KEY`, and Heroku's own. None if there is no file.
///
/// Where a name comes twice, the last one counts, as for the clients. A variable that does not count is found if no other
/// does, because its value is in the file all the same.
pub(crate) fn read(env: &Env, file: &McpFile) -> Result<Vec<McpServer>> {
    let shown = env.tilde(&file.path);
    let bytes = match files::read(&file.path, MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Vec::new()),
        // A part of its path is a file.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(Vec::new()),
        Err(error) => return Err(failed(file, &shown).next_step(format!("Check {shown}.")).detail(error)),
    };
    let document = Document::parse(&bytes, file.format.syntax()).map_err(|Damaged { line, what }| {
        failed(file, &shown)
            .next_step(format!("Correct {shown}:{line}."))
            .detail(format!("{what} at line {line}"))
    })?;
    let servers = entry::entries(&document.root, file.format).into_iter().filter_map(|entry| {
        let (variable, launch) = (entry.variable(KEY), entry.launch());
        if variable.is_none() && !launch.as_ref().is_some_and(Launch::is_herokus) {
            return None;
        }
        let start = variable.map_or(entry.node()?.span.start, |variable| variable.key.start);
        Some(McpServer {
            client: file.client,
            path: file.path.clone(),
            shown: shown.clone(),
            name: Text::of(entry.path.last()?),
            line: document.line(start),
            value: variable.map(|held| held.node.text().map_or(McpValue::Other, McpValue::of)),
            has_command: launch.is_some(),
            starts_with_herokey: launch.is_some_and(|launch| launch.is_herokey()),
            entry: entry.path,
        })
    });
    Ok(servers.collect())
}

/// The tokens in every file of the user, and in those of the folder that `env` is about. A file that cannot be read is left
/// out; [`read`] says why.
pub(crate) fn tokens(env: &Env) -> Vec<(McpFile, McpServer, Token)> {
    let mut found = Vec::new();
    for file in files(env, env.folder.as_deref()) {
        for mut server in read(env, &file).unwrap_or_default() {
            if let Some(McpValue::Token(token)) = server.value.take() {
                found.push((file.clone(), server, token));
            }
        }
    }
    found
}

/// Replaces the token of one server, and reads it back.
pub(crate) fn replace_token(env: &Env, file: &McpFile, entry: &[String], token: &Token) -> Result<()> {
    let changed = || {
        let gone = || io::Error::other("it no longer holds that server's token");
        let before = files::read(&file.path, MAX_BYTES)?.ok_or_else(gone)?;
        let after = with_key(&before, file.format, entry, token).ok_or_else(gone)?;
        files::replace(&file.path, &before, &after)?;
        let written = files::read(&file.path, MAX_BYTES)?.unwrap_or_default();
        if written == after { Ok(()) } else { Err(io::Error::other("what was written did not read back")) }
    };
    changed().map_err(|error| {
        let shown = env.tilde(&file.path);
        Error::new(Code::McpFailed, format!("{}'s configuration {shown} could not be changed.", file.client))
            .means("It still holds the old token.")
            .next_step(format!("Check {shown}."))
            .detail(error)
    })
}

/// The format of a file, if it is a client's.
pub(crate) fn format_of(env: &Env, path: &Path) -> Option<Format> {
    let all = files(env, env.folder.as_deref()).into_iter();
    all.filter(|file| file.path == path).map(|file| file.format).next()
}

fn failed(file: &McpFile, shown: &str) -> Error {
    Error::new(Code::McpFailed, format!("{}'s configuration {shown} cannot be read.", file.client))
        .means("Herokey cannot tell whether it holds a token.")
}
