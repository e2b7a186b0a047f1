//! The places where tokens end up: shell histories, start-up files, `.env` files, the settings and transcripts of editors
//! and assistants, and what git and the Heroku CLI write.

use std::path::PathBuf;

use crate::base::env::Env;
use crate::tools::{git, shell};

/// What shells and other programs with a prompt remember, in the home folder.
const HISTORIES: &[&str] = &[
    ".bash_history",
    ".bash_sessions",
    ".zsh_history",
    ".zsh_sessions",
    ".zhistory",
    ".histfile",
    ".history",
    ".sh_history",
    ".ksh_history",
    ".tcsh_history",
    ".local/share/fish/fish_history",
    ".local/share/powershell/PSReadLine",
    ".config/nushell",
    ".local/share/atuin",
    ".python_history",
    ".node_repl_history",
    ".irb_history",
    ".pry_history",
    ".psql_history",
    ".lesshst",
    ".wget-hsts",
    ".viminfo",
    ".local/state/nvim/shada",
    ".local/share/nvim/shada",
];

/// Files and folders of assistants, MCP clients and editors, in the home folder.
const ASSISTANTS: &[&str] = &[
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".copilot",
    ".continue",
    ".aider.conf.yml",
    ".aider.chat.history.md",
    ".aider.input.history",
    ".codeium/windsurf/mcp_config.json",
    ".cursor/mcp.json",
    ".cursor/projects",
    ".vscode/argv.json",
    ".vscode/mcp.json",
    ".vscode-server/data/User",
    ".cursor-server/data/User",
    ".mcp.json",
    ".aws/amazonq",
    ".kiro/settings",
    ".local/share/zed",
    ".local/share/opencode",
    ".config/zed",
    ".config/mcp",
];

/// Folders of editors and assistants, in the folder for the settings of desktop programs.
const SETTINGS: &[&str] = &[
    "Code/User",
    "Code - Insiders/User",
    "Code - OSS/User",
    "VSCodium/User",
    "Cursor/User",
    "Windsurf/User",
    "Positron/User",
    "Trae/User",
    "Zed",
    "Claude",
    "JetBrains",
    "github-copilot",
    "goose",
    "opencode",
];

/// What the Heroku CLI, git and HTTP clients write or read, in the home folder.
const TOOLS: &[&str] = &[
    ".local/share/heroku",
    ".cache/heroku",
    "Library/Caches/heroku",
    "Library/Application Support/heroku",
    ".git-credentials",
    ".config/git/credentials",
    ".curlrc",
    ".wgetrc",
    ".npmrc",
    ".ssh/config",
    ".ssh/environment",
    ".config/httpie",
    ".terraformrc",
    ".docker/config.json",
];

/// Every well-known place, whether it exists or not.
pub(super) fn well_known(env: &Env) -> Vec<PathBuf> {
    let home = env.home();
    let in_home = [HISTORIES, ASSISTANTS, TOOLS].concat().into_iter().map(|name| home.join(name));
    let mut places: Vec<PathBuf> = in_home.collect();
    places.extend(env.os("HISTFILE").map(PathBuf::from).filter(|path| path.is_absolute()));
    places.extend(
        settings_folders(env).iter().flat_map(|folder| SETTINGS.iter().map(|name| folder.join(name))),
    );
    if let Some(roaming) = env.os("APPDATA").filter(|_| cfg!(windows)) {
        places.push(PathBuf::from(roaming).join(r"Microsoft\Windows\PowerShell\PSReadLine"));
    }
    places.push(env.heroku_data_dir());
    places.extend(dotenv_files(&home));
    places.extend(shell::startup_files(env));
    places.extend(git::config_files(env));
    places
}

/// The folders in which desktop programs keep their settings.
fn settings_folders(env: &Env) -> Vec<PathBuf> {
    let mut folders = vec![env.config_home()];
    if cfg!(target_os = "macos") {
        folders.push(env.home().join("Library/Application Support"));
    }
    if cfg!(windows) {
        folders.extend(
            ["APPDATA", "LOCALAPPDATA"].into_iter().filter_map(|name| env.os(name)).map(PathBuf::from),
        );
    }
    folders
}

/// The files in the home folder that begin with `.env`.
fn dotenv_files(home: &std::path::Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(home) else { return Vec::new() };
    let names = entries.flatten().filter(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_symlink());
        is_file && entry.file_name().to_string_lossy().starts_with(".env")
    });
    names.map(|entry| entry.path()).collect()
}
