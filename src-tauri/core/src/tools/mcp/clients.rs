//! Which MCP clients there are, and where they keep their configuration.

use std::path::{Path, PathBuf};

use super::{Format, McpFile};
use crate::base::env::Env;

/// The folders in which VS Code and its siblings keep the user's settings (`product.json`, `nameShort`).
const CODES: [(&str, &str); 3] =
    [("VS Code", "Code"), ("VS Code Insiders", "Code - Insiders"), ("VSCodium", "VSCodium")];
/// Where older versions of Cline keep their file, below one of these; newer ones copy it from there
/// (`mcp-settings-legacy-migration.ts` of cline/cline).
const CLINE: &str = "globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json";

/// What decides where programs keep their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    /// macOS: `~/Library/Application Support`.
    MacOs,
    /// Windows: `%APPDATA%`.
    Windows,
    /// Linux and others: `$XDG_CONFIG_HOME`.
    Linux,
}

/// The configuration files of every known client, and those in a project's folder. They need not exist.
pub(crate) fn files(env: &Env, folder: Option<&Path>) -> Vec<McpFile> {
    let system = if cfg!(windows) {
        System::Windows
    } else if cfg!(target_os = "macos") {
        System::MacOs
    } else {
        System::Linux
    };
    files_on(system, env, folder)
}

/// The same for a given system.
fn files_on(system: System, env: &Env, folder: Option<&Path>) -> Vec<McpFile> {
    let mut found = of_user(&Folders::of(system, env), env);
    let own = folder.map(of_project).unwrap_or_default();
    // The home folder may be a project.
    let own: Vec<_> =
        own.into_iter().filter(|file| found.iter().all(|known| known.path != file.path)).collect();
    found.extend(own);
    found
}

/// The files of the user.
///
/// VS Code's further profiles are not among them: their files are in folders with random names.
fn of_user(folders: &Folders, env: &Env) -> Vec<McpFile> {
    use Format::{ClaudeCode, Codex, McpServers, VsCode, Zed};
    let Folders { home, settings, .. } = folders;
    let variable = |name: &str| env.os(name).map(PathBuf::from);
    // "Connect to local MCP servers", modelcontextprotocol.io.
    let mut found =
        vec![file("Claude Desktop", settings.join("Claude/claude_desktop_config.json"), McpServers)];
    // "MCP installation scopes", code.claude.com/docs/en/mcp. For the variable: anthropics/claude-code#42217.
    let claude = variable("CLAUDE_CONFIG_DIR").unwrap_or_else(|| home.clone());
    found.push(file("Claude Code", claude.join(".claude.json"), ClaudeCode));
    // "Configuration locations", cursor.com/docs/mcp.
    found.push(file("Cursor", home.join(".cursor/mcp.json"), McpServers));
    // "MCP configuration reference", code.visualstudio.com/docs, which also names the file of Copilot CLI.
    let codes = CODES.map(|(title, name)| (title, settings.join(name).join("User")));
    found.extend(codes.iter().map(|(title, user)| file(title, user.join("mcp.json"), VsCode)));
    let copilot = variable("COPILOT_HOME").unwrap_or_else(|| home.join(".copilot"));
    found.push(file("Copilot CLI", copilot.join("mcp-config.json"), McpServers));
    // "Cascade MCP integration", docs.windsurf.com.
    found.push(file("Windsurf", home.join(".codeium/windsurf/mcp_config.json"), McpServers));
    // `packages/core/src/config/storage.ts` and `utils/paths.ts` of google-gemini/gemini-cli.
    let gemini = variable("GEMINI_CLI_HOME").unwrap_or_else(|| home.clone());
    found.push(file("Gemini CLI", gemini.join(".gemini/settings.json"), McpServers));
    // `codex-rs/config/src/mcp_types.rs` of openai/codex and its documentation.
    let codex = variable("CODEX_HOME").unwrap_or_else(|| home.join(".codex"));
    found.push(file("Codex CLI", codex.join("config.toml"), Codex));
    // `sdk/packages/shared/src/storage/paths.ts` of cline/cline.
    let cline = variable("CLINE_DIR").unwrap_or_else(|| home.join(".cline"));
    let cline = variable("CLINE_DATA_DIR").unwrap_or_else(|| cline.join("data"));
    let cline = cline.join("settings/cline_mcp_settings.json");
    found.push(file("Cline", variable("CLINE_MCP_SETTINGS_PATH").unwrap_or(cline), McpServers));
    found.extend(codes.iter().map(|(_, user)| file("Cline", user.join(CLINE), McpServers)));
    // `crates/paths/src/paths.rs` of zed-industries/zed.
    found.push(file("Zed", folders.zed.join("settings.json"), Zed));
    found
}

/// The files in a project's folder.
fn of_project(folder: &Path) -> Vec<McpFile> {
    [
        // Copilot CLI reads this one and the next too ("MCP configuration reference", code.visualstudio.com/docs).
        ("Claude Code", ".mcp.json", Format::McpServers),
        ("Copilot CLI", ".github/mcp.json", Format::McpServers),
        ("Cursor", ".cursor/mcp.json", Format::McpServers),
        ("VS Code", ".vscode/mcp.json", Format::VsCode),
        ("Gemini CLI", ".gemini/settings.json", Format::McpServers),
        ("Codex CLI", ".codex/config.toml", Format::Codex),
        ("Zed", ".zed/settings.json", Format::Zed),
    ]
    .map(|(client, name, format)| file(client, folder.join(name), format))
    .into()
}

fn file(client: &'static str, path: PathBuf, format: Format) -> McpFile {
    McpFile { path, client, format }
}

/// The folders that clients start from.
struct Folders {
    /// The home folder, as Node.js finds it (`os.homedir()`).
    home: PathBuf,
    /// The folder for settings, as Electron finds it (`app.getPath("appData")`).
    settings: PathBuf,
    /// Zed's own folder.
    zed: PathBuf,
}

impl Folders {
    fn of(system: System, env: &Env) -> Self {
        let variable = |name: &str| env.os(name).map(PathBuf::from);
        match system {
            System::MacOs => {
                let home = env.home();
                Self {
                    settings: home.join("Library/Application Support"),
                    zed: home.join(".config/zed"),
                    home,
                }
            }
            System::Windows => {
                let home = variable("USERPROFILE").unwrap_or_else(|| env.home());
                let settings = variable("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"));
                Self { zed: settings.join("Zed"), settings, home }
            }
            System::Linux => {
                let settings = env.config_home();
                let zed = variable("FLATPAK_XDG_CONFIG_HOME").unwrap_or_else(|| settings.clone());
                Self { home: env.home(), zed: zed.join("zed"), settings }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect_file;

    use super::*;

    #[test]
    #[cfg_attr(windows, ignore = "the paths of the other systems are not absolute there")]
    fn every_client_has_its_place() {
        let paths = |system, env: &Env, folder: Option<&str>| {
            let files = files_on(system, env, folder.map(Path::new));
            let lines = files.iter().map(|file| {
                format!("{}: {} ({:?})", file.client, file.path.display(), file.format).replace('\\', "/")
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        let env = Env::new([
            ("HOME", "/home/me"),
            ("USERPROFILE", "C:/Users/me"),
            ("APPDATA", "C:/Users/me/AppData/Roaming"),
        ]);
        let mut shown = String::new();
        for system in [System::Linux, System::MacOs, System::Windows] {
            writeln!(shown, "{system:?}\n{}\n", paths(system, &env, None)).unwrap();
        }
        let own = Env::new([
            ("HOME", "/home/me"),
            ("XDG_CONFIG_HOME", "/xdg"),
            ("CLAUDE_CONFIG_DIR", "/claude"),
            ("COPILOT_HOME", "/copilot"),
            ("GEMINI_CLI_HOME", "/gemini"),
            ("CODEX_HOME", "/codex"),
            ("CLINE_DATA_DIR", "/cline"),
        ]);
        writeln!(shown, "With variables, in a project\n{}", paths(System::Linux, &own, Some("/home/me/app")))
            .unwrap();
        expect_file!["corpus/places.txt"].assert_eq(&shown);
        let home = files_on(System::Linux, &env, Some(Path::new("/home/me")));
        let mut paths: Vec<PathBuf> = home.iter().map(|file| file.path.clone()).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), home.len(), "no file comes twice");
    }
}
