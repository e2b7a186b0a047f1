//! The editors that have Heroku's extension (INTEROP.md, "Other programs").

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::files;

/// The extension's identifier, `Heroku-Dev-Tools.heroku`, as the names of its folders begin.
const EXTENSION: &str = "heroku-dev-tools.heroku-";
/// More than an editor's list of removed extensions.
const MAX_BYTES: u64 = 1 << 20;

/// Each editor's name, and the folder below the home folder in which it keeps extensions.
const EDITORS: [(&str, &str); 6] = [
    ("VS Code", ".vscode/extensions"),
    ("VS Code Insiders", ".vscode-insiders/extensions"),
    ("VS Code Server", ".vscode-server/extensions"),
    ("VSCodium", ".vscode-oss/extensions"),
    ("Cursor", ".cursor/extensions"),
    ("Windsurf", ".windsurf/extensions"),
];

/// The names of the editors that have the extension.
pub(crate) fn editors(env: &Env) -> Vec<&'static str> {
    let found = EDITORS.into_iter().zip(folders(env)).filter(|(_, folder)| has_extension(folder));
    found.map(|((name, _), _)| name).collect()
}

/// The folders in which editors keep extensions, whether they exist or not.
pub(crate) fn folders(env: &Env) -> impl Iterator<Item = PathBuf> {
    let home = env.home();
    EDITORS.into_iter().map(move |(_, folder)| home.join(folder))
}

fn has_extension(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let removed = removed(folder);
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().to_ascii_lowercase());
    names.filter(|name| name.starts_with(EXTENSION)).any(|name| !removed.contains(&name))
}

/// The folders of extensions that were removed while the editor ran: it deletes them at its next start.
fn removed(folder: &Path) -> Vec<String> {
    let Ok(Some(bytes)) = files::read(&folder.join(".obsolete"), MAX_BYTES) else { return Vec::new() };
    let listed: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes).unwrap_or_default();
    let is_removed = |value: &serde_json::Value| value.as_bool() == Some(true);
    listed
        .into_iter()
        .filter(|(_, value)| is_removed(value))
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_counts_until_it_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        let folder = home.path().join(".cursor/extensions");
        fs::create_dir_all(folder.join("heroku-dev-tools.heroku-1.0.7-universal")).unwrap();
        fs::create_dir_all(home.path().join(".vscode/extensions/heroku.other-1.0.0")).unwrap();
        assert_eq!(editors(&env), ["Cursor"]);
        fs::write(folder.join(".obsolete"), r#"{"heroku-dev-tools.heroku-1.0.7-universal":true}"#).unwrap();
        assert_eq!(editors(&env), [""; 0]);
        fs::create_dir(folder.join("heroku-dev-tools.heroku-1.0.8")).unwrap();
        assert_eq!(editors(&env), ["Cursor"]);
    }
}
