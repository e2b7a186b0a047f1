//! The files that git's configuration outside a repository is made of (git-config(1), "FILES", "Includes").

use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::files;

/// Far above any real configuration.
const LARGEST: u64 = 4 << 20;
/// Files that include each other are not followed further than this.
const MOST: usize = 64;

/// Where git looks, whether there is a file or not, and what those files include under whatever condition.
pub fn config_files(env: &Env) -> Vec<PathBuf> {
    let mut files = match env.os("GIT_CONFIG_GLOBAL") {
        Some(path) => vec![PathBuf::from(path)],
        None => vec![env.home().join(".gitconfig"), env.config_home().join("git/config")],
    };
    if cfg!(unix) && env.os("GIT_CONFIG_NOSYSTEM").is_none() {
        files.push("/etc/gitconfig".into());
    }
    let mut read = 0;
    while let Some(path) = files.get(read).filter(|_| read < MOST) {
        // What cannot be read includes nothing.
        let bytes = files::read(path, LARGEST).ok().flatten().unwrap_or_default();
        let included = included(env, path, &String::from_utf8_lossy(&bytes));
        let new: Vec<_> = included.into_iter().filter(|path| !files.contains(path)).collect();
        files.extend(new);
        read += 1;
    }
    files
}

fn included(env: &Env, by: &Path, text: &str) -> Vec<PathBuf> {
    let mut includes = false;
    let mut paths = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let name = section.split([' ', '\t', ']', '"']).next().unwrap_or_default();
            includes = name.eq_ignore_ascii_case("include") || name.eq_ignore_ascii_case("includeIf");
        }
        let Some((key, value)) = line.rsplit(']').next().unwrap_or_default().split_once('=') else {
            continue;
        };
        if !includes || !key.trim().eq_ignore_ascii_case("path") {
            continue;
        }
        let value = value.split([';', '#']).next().unwrap_or_default().trim().trim_matches('"');
        let path =
            value.strip_prefix("~/").map_or_else(|| PathBuf::from(value), |rest| env.home().join(rest));
        // A relative one counts from the file's own folder.
        paths.push(by.parent().unwrap_or(Path::new("/")).join(path));
    }
    paths
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_followed_once() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
        write(
            ".gitconfig",
            "[user]\n\tpath = no\n[include]\n\tpath = ~/one ; mine\n[includeIf \"gitdir:~/work/\"]\n\tpath = two\n",
        );
        write("one", "[Include] path = \"three\"\n[include]\npath = .gitconfig\n");
        let env = Env::new([("HOME", home.path().as_os_str()), ("GIT_CONFIG_NOSYSTEM", "1".as_ref())]);
        let expected = [".gitconfig", ".config/git/config", "one", "two", "three"];
        assert_eq!(config_files(&env), expected.map(|name| home.path().join(name)));
    }
}
