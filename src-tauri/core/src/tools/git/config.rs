//! The files of git's configuration outside a repository (git-config(1), "FILES", "Includes").

use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::files;

/// Far larger than any real configuration.
const MAX_BYTES: u64 = 4 << 20;
/// Stops files that include each other from going on forever.
const MAX_FILES: usize = 64;

/// The paths that git reads, whether the files exist or not, and all files that they include under any condition.
pub(crate) fn config_files(env: &Env) -> Vec<PathBuf> {
    let mut files = match env.os("GIT_CONFIG_GLOBAL") {
        Some(path) => vec![PathBuf::from(path)],
        None => vec![env.home().join(".gitconfig"), env.config_home().join("git/config")],
    };
    files.extend(system_files(env));
    let mut read = 0;
    while let Some(path) = files.get(read).filter(|_| read < MAX_FILES) {
        // An unreadable file includes nothing.
        let bytes = files::read(path, MAX_BYTES).ok().flatten().unwrap_or_default();
        let included = included(env, path, &String::from_utf8_lossy(&bytes));
        let new: Vec<_> = included.into_iter().filter(|path| !files.contains(path)).collect();
        files.extend(new);
        read += 1;
    }
    files
}

/// The configuration for all users. Where it is depends on how git was built: in `/etc` for a git in `/usr`, else beside
/// git's own `bin`.
fn system_files(env: &Env) -> Vec<PathBuf> {
    if is_true(env.text("GIT_CONFIG_NOSYSTEM")) {
        return Vec::new();
    }
    if let Some(path) = env.os("GIT_CONFIG_SYSTEM") {
        return vec![path.into()];
    }
    let git = super::program(env);
    let prefix = git.as_deref().and_then(Path::parent).and_then(Path::parent);
    let beside =
        prefix.filter(|prefix| *prefix != Path::new("/usr")).map(|prefix| prefix.join("etc/gitconfig"));
    let usual = cfg!(unix).then(|| PathBuf::from("/etc/gitconfig"));
    usual.into_iter().chain(beside).collect()
}

/// True unless a variable is not set or says no (git-config(1), "Values"). A number other than 0 says yes.
fn is_true(value: Option<&str>) -> bool {
    let says_no = |value: &str| ["false", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no));
    value.is_some_and(|value| !says_no(value) && value.parse() != Ok(0))
}

fn included(env: &Env, included_by: &Path, text: &str) -> Vec<PathBuf> {
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
        // A relative path starts at the folder of the including file.
        paths.push(included_by.parent().unwrap_or(Path::new("/")).join(path));
    }
    paths
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn follows_each_include_once() {
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

    #[test]
    fn finds_the_files_for_all_users() {
        let folder = tempfile::tempdir().unwrap();
        let system = |vars: &[(&str, &str)]| system_files(&Env::new(vars.iter().copied()));
        let usual = PathBuf::from("/etc/gitconfig");
        assert_eq!(system(&[]), [usual.as_path()]);
        assert_eq!(system(&[("GIT_CONFIG_NOSYSTEM", "0")]), [usual.as_path()]);
        assert!(system(&[("GIT_CONFIG_NOSYSTEM", "True"), ("GIT_CONFIG_SYSTEM", "/own")]).is_empty());
        assert_eq!(
            system(&[("GIT_CONFIG_NOSYSTEM", "0"), ("GIT_CONFIG_SYSTEM", "/own")]),
            [Path::new("/own")]
        );
        let git = folder.path().join("bin/git");
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::write(&git, "").unwrap();
        std::fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = folder.path().join("bin");
        let beside = folder.path().join("etc/gitconfig");
        assert_eq!(system(&[("PATH", path.to_str().unwrap())]), [usual, beside]);
    }
}
