//! Looks for the other programs that read Heroku's credentials, and reads the netrc file of each as it does.

use std::fs;
use std::path::{Path, PathBuf};

use netrc_edit::{Credential, Netrc, ParseError};
use serde::Deserialize;

use super::known::FoundTokens;
use super::password;
use crate::base::env::Env;
use crate::base::error::{Code, Error};
use crate::base::files;
use crate::base::text::shown;
use crate::insight::facts::{NetrcReading, Observed};
use crate::insight::programs::{McpKey, McpServer, Program, ProgramKind, ProgramNetrc, UnreadConfiguration};
use crate::stores::docker;
use crate::stores::keychain::Unlock;
use crate::stores::netrc::{NetrcFile, login_of};
use crate::tools::mcp::McpValue;
use crate::tools::{extensions, mcp};

/// More than any `package.json`.
const MAX_BYTES: u64 = 1 << 20;
/// The host that programs ask which do not know `HEROKU_HOST`.
const API: &str = "api.heroku.com";
/// The first `@heroku-cli/command` that reads the keychain.
const READS_KEYCHAIN: (u64, u64) = (12, 4);

/// The programs that are found, in the order in which they are shown.
pub(super) fn find(env: &Env, tokens: &FoundTokens<'_>) -> (Vec<Program>, Vec<UnreadConfiguration>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let mut add = |kind, netrc| found.push(Program { kind, netrc });
    let located = NetrcFile::locate(env);
    let read = |file: &NetrcFile, parser: Parser| Some(read_as(env, file, parser, tokens));
    for editor in extensions::editors(env) {
        add(ProgramKind::VsCode { editor }, read(&located, |netrc, _| Ok(netrc.vscode(API))));
    }
    for (program, name) in [("terraform", "Terraform"), ("tofu", "OpenTofu")] {
        if env.find_program(program).is_some() {
            add(ProgramKind::Terraform { name }, read(&netrc_of_terraform(env), |netrc, _| netrc.go(API)));
        }
    }
    if env.find_program("docker").is_some() || docker::config_path(env).exists() {
        add(ProgramKind::Docker, None);
    }
    let herokey_is_found = env.find_program("herokey").is_some();
    for file in mcp::files(env, env.folder.as_deref()) {
        match mcp::read(env, &file) {
            Ok(servers) => {
                for server in servers {
                    add(mcp_server(server, herokey_is_found, tokens), None);
                }
            }
            Err(error) => unread.push(UnreadConfiguration { client: file.client, error }),
        }
    }
    if has_requests(env) {
        add(ProgramKind::Python, netrc_of_python(env).and_then(|file| read(&file, Netrc::python)));
    }
    if env.home().join(".m2/repository/com/heroku/sdk").is_dir() {
        add(ProgramKind::Jvm, read(&NetrcFile::plain(env), |netrc, _| Ok(netrc.jgit(API))));
    }
    if has_one_password(env) {
        add(ProgramKind::OnePassword, None);
    }
    for name in old_plugins(&env.heroku_data_dir()) {
        add(ProgramKind::CliPlugin { name }, read(&located, |netrc, host| Ok(netrc.heroku_cli(host))));
    }
    (found, unread)
}

fn mcp_server(server: mcp::McpServer, herokey_is_found: bool, tokens: &FoundTokens<'_>) -> ProgramKind {
    ProgramKind::McpServer(McpServer {
        client: server.client,
        name: server.name.into(),
        path: server.path,
        shown: server.shown,
        entry: server.entry,
        line: server.line,
        key: match &server.value {
            Some(McpValue::Token(token)) => McpKey::Token(tokens.trace(token)),
            Some(McpValue::Reference) => McpKey::Reference,
            Some(McpValue::Other) | None => McpKey::None,
        },
        is_lent: server.starts_with_herokey,
        can_be_lent: server.has_command && herokey_is_found,
    })
}

/// A program's own reading of netrc for a host, which is the API's.
type Parser = fn(&Netrc, &str) -> Result<Option<Credential>, ParseError>;

fn read_as(env: &Env, file: &NetrcFile, parser: Parser, tokens: &FoundTokens<'_>) -> ProgramNetrc {
    let host = &env.hosts().api;
    let shown = env.tilde(&file.path);
    if !file.path.is_absolute() {
        let what = format!("{shown} is relative to the folder in which the program runs.");
        return ProgramNetrc { shown, reading: Observed::Unknown(Error::new(Code::NetrcFailed, what)) };
    }
    let reading = match file.read(env, Unlock::Never) {
        Err(error) => Observed::Unknown(error),
        Ok(None) => Observed::Absent,
        Ok(Some(netrc)) => match parser(&netrc, host) {
            Ok(Some(found)) => Observed::Present(NetrcReading {
                trace: password(&found, tokens),
                login: login_of(&found),
                versions_differ: false,
            }),
            Ok(None) => Observed::Absent,
            Err(error) => {
                let what = format!("It stops at line {} of {shown}, and reads nothing of it.", error.line);
                Observed::Unknown(Error::new(Code::NetrcFailed, what))
            }
        },
    };
    ProgramNetrc { shown, reading }
}

/// `NETRC_PATH` is a file, and `NETRC` a folder (`heroku/config.go` of the provider).
fn netrc_of_terraform(env: &Env) -> NetrcFile {
    let home = NetrcFile::plain(env);
    if let Some(path) = env.os("NETRC_PATH") {
        return NetrcFile { path: PathBuf::from(path), encrypted: false };
    }
    match (env.os("NETRC"), home.path.file_name()) {
        (Some(folder), Some(name)) => NetrcFile { path: Path::new(folder).join(name), encrypted: false },
        _ => home,
    }
}

/// The file `NETRC`, which an empty value turns off, else the first that exists (`get_netrc_auth` in `requests/utils.py`).
fn netrc_of_python(env: &Env) -> Option<NetrcFile> {
    if env.is_set("NETRC") {
        return env.os("NETRC").map(PathBuf::from).map(|path| {
            // Python expands it (`os.path.expanduser`).
            let path = path.strip_prefix("~").map_or_else(|_| path.clone(), |below| env.home().join(below));
            NetrcFile { path, encrypted: false }
        });
    }
    let files = [".netrc", "_netrc"].map(|name| env.home().join(name));
    let path = files.iter().find(|path| path.exists()).unwrap_or(&files[0]);
    Some(NetrcFile { path: path.clone(), encrypted: false })
}

/// Whether there is a Python, and one of the user's, of the system or of the active environment has the package `requests`.
fn has_requests(env: &Env) -> bool {
    if env.find_program("python3").is_none() {
        return false;
    }
    let home = env.home();
    let mut roots: Vec<PathBuf> = vec![home.join(".local"), "/usr".into(), "/usr/local".into()];
    roots.extend(env.os("VIRTUAL_ENV").map(PathBuf::from));
    roots.extend(folders_in(&home.join(".pyenv/versions")));
    let libraries =
        roots.iter().flat_map(|root| fs::read_dir(root.join("lib")).into_iter().flatten().flatten());
    libraries
        .filter(|library| library.file_name().to_string_lossy().starts_with("python3"))
        .flat_map(|library| {
            ["site-packages", "dist-packages"].map(|name| library.path().join(name).join("requests"))
        })
        .any(|package| package.is_dir())
}

/// `op plugin init heroku` writes an alias into this file, which start-up files read (1Password's documentation).
fn has_one_password(env: &Env) -> bool {
    let file = env.config_home().join("op/plugins.sh");
    let Ok(Some(text)) = files::read(&file, MAX_BYTES) else { return false };
    String::from_utf8_lossy(&text).lines().any(|line| line.trim().starts_with("alias heroku="))
}

/// The plugins of the Heroku CLI whose library does not read the keychain.
fn old_plugins(data: &Path) -> Vec<String> {
    #[derive(Default, Deserialize)]
    struct Package {
        #[serde(default)]
        version: String,
        #[serde(default)]
        dependencies: serde_json::Map<String, serde_json::Value>,
    }
    let package = |folder: &Path| -> Option<Package> {
        let bytes = files::read(&folder.join("package.json"), MAX_BYTES).ok()??;
        serde_json::from_slice(&bytes).ok()
    };
    let modules = data.join("node_modules");
    let installed = package(data).unwrap_or_default().dependencies;
    let is_old = |name: &&String| {
        let library = "node_modules/@heroku-cli/command";
        let own =
            package(&modules.join(name.as_str()).join(library)).or_else(|| package(&data.join(library)));
        own.is_some_and(|library| {
            let mut numbers = library.version.split('.').map_while(|number| number.parse().ok());
            numbers.next().zip(numbers.next()).is_some_and(|version: (u64, u64)| version < READS_KEYCHAIN)
        })
    };
    installed.keys().filter(is_old).map(|name| shown(name)).collect()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
