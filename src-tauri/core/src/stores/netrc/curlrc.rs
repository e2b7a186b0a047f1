//! `~/.curlrc`, as far as it decides which login `curl -n` sends (INTEROP.md, "curl").

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::files;

const MAX_BYTES: u64 = 1 << 20;

/// What curl's configuration says about logins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Curlrc {
    /// The configuration's path.
    pub path: PathBuf,
    /// The netrc file that it names, as it is written there.
    pub netrc_file: Option<PathBuf>,
    /// An option with a login of its own, or with a file of further options: what curl then sends is not known.
    pub unclear: Option<&'static str>,
}

/// A version of curl: the first two numbers.
pub(crate) type Version = (u32, u32);

/// Every version.
const ALL: Range<Version> = (0, 0)..(u32::MAX, 0);
/// The first version that looks for `.config/curlrc`.
const READS_CONFIG_FOLDER: Version = (7, 82);
/// The first version that looks for `curlrc` instead of `.curlrc` in `XDG_CONFIG_HOME`.
const DROPS_THE_DOT: Version = (8, 10);

/// A place of a configuration, and the versions of curl that look there.
pub(crate) struct Candidate {
    /// Its path.
    pub path: PathBuf,
    versions: Range<Version>,
}

impl Candidate {
    /// Whether a curl looks for it; `version` is asked only if that depends on it, and may not know.
    pub(crate) fn is_read(&self, version: impl FnOnce() -> Option<Version>) -> Option<bool> {
        if self.versions == ALL { Some(true) } else { Some(self.versions.contains(&version()?)) }
    }

    /// What it says; `None` if it cannot be read.
    pub(crate) fn read(&self) -> Option<Curlrc> {
        let bytes = files::read(&self.path, MAX_BYTES).ok()??;
        let mut found = Curlrc { path: self.path.clone(), ..Curlrc::default() };
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((option, value)) = option(line) else { continue };
            match option {
                "netrc-file" => {
                    found.netrc_file = Some(PathBuf::from(value)).filter(|path| !path.as_os_str().is_empty());
                }
                "user" => found.unclear = Some("user"),
                "oauth2-bearer" => found.unclear = Some("oauth2-bearer"),
                "config" => found.unclear = Some("config"),
                "header" if value.trim_start().to_ascii_lowercase().starts_with("authorization") => {
                    found.unclear = Some("header");
                }
                _ => {}
            }
        }
        Some(found)
    }
}

/// The configurations that are there, in the order in which curl looks for them; it reads the first.
pub(crate) fn candidates(env: &Env) -> Vec<Candidate> {
    places(env).into_iter().filter(|place| is_readable(&place.path)).collect()
}

/// The places where versions of curl look for a configuration, in their order (curl's `tool_findfile.c`).
pub(crate) fn places(env: &Env) -> Vec<Candidate> {
    let variable = |name: &str| env.os(name).map(PathBuf::from);
    let (own, config) = (variable("CURL_HOME"), variable("XDG_CONFIG_HOME"));
    let home = env.home();
    let names: &[&str] = if cfg!(windows) { &[".curlrc", "_curlrc"] } else { &[".curlrc"] };
    let named = |folder: PathBuf| names.iter().map(move |name| (folder.join(name), ALL)).collect::<Vec<_>>();
    let mut tried = own.clone().map(named).unwrap_or_default();
    if let Some(config) = &config {
        tried.push((config.join(".curlrc"), ALL.start..DROPS_THE_DOT));
        tried.push((config.join("curlrc"), DROPS_THE_DOT..ALL.end));
    }
    tried.extend(named(home.clone()));
    if config.is_none() {
        // Of these two, curl tries only the first whose variable is set.
        tried.push((own.unwrap_or(home).join(".config/curlrc"), READS_CONFIG_FOLDER..ALL.end));
    }
    tried.into_iter().map(|(path, versions)| Candidate { path, versions }).collect()
}

fn is_readable(path: &Path) -> bool {
    path.is_file() && std::fs::File::open(path).is_ok()
}

/// The name and the value of a line, in curl's syntax: `name value`, `name = "value"`, `--name value` or `-n value`.
fn option(line: &str) -> Option<(&str, String)> {
    let line = line.trim_start_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let is_dashed = line.starts_with('-');
    let is_end = |c: char| matches!(c, ' ' | '\t') || !is_dashed && matches!(c, '=' | ':');
    let (name, rest) = line.split_once(is_end).unwrap_or((line, ""));
    let rest = rest.trim_start_matches(is_end);
    let value = match rest.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => rest.split_whitespace().next().unwrap_or_default().to_owned(),
    };
    Some(match name {
        "-u" => ("user", value),
        "-H" => ("header", value),
        "-K" => ("config", value),
        _ => (name.strip_prefix("--").unwrap_or(name), value),
    })
}

fn unquoted(text: &str) -> String {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next().map(|escaped| match escaped {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'v' => '\u{b}',
                other => other,
            })),
            other => value.push(other),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn versions_look_in_different_places() {
        let read_by = |version: Version, variables: &[(&str, &str)]| -> Vec<PathBuf> {
            let env = Env::new([("HOME", "/home/me")].iter().chain(variables).copied());
            let read = |place: &Candidate| place.is_read(|| Some(version)) == Some(true);
            places(&env).into_iter().filter(read).map(|place| place.path).collect()
        };
        let home = PathBuf::from("/home/me");
        let config = [("XDG_CONFIG_HOME", "/config")];
        assert!(!read_by((7, 81), &[]).contains(&home.join(".config/curlrc")));
        assert!(read_by((7, 82), &[]).ends_with(&[home.join(".config/curlrc")]));
        assert_eq!(read_by((8, 9), &config)[0], Path::new("/config/.curlrc"));
        assert_eq!(read_by((8, 10), &config)[0], Path::new("/config/curlrc"));
        assert!(!read_by((8, 10), &config).contains(&home.join(".config/curlrc")));
        let unknown = places(&Env::new(config))[0].is_read(|| None);
        assert_eq!(unknown, None);
    }

    #[test]
    fn options_are_read_as_curl_reads_them() {
        let value = |line: &str| option(line).map(|(name, value)| format!("{name}|{value}"));
        for (line, expected) in [
            ("netrc-file = /a/b", "netrc-file|/a/b"),
            ("netrc-file=/a/b # mine", "netrc-file|/a/b"),
            ("  netrc-file: \"/a b\\\"c\"", "netrc-file|/a b\"c"),
            ("--netrc-file /a", "netrc-file|/a"),
            ("--netrc-file=/a", "netrc-file=/a|"),
            ("-u me:x", "user|me:x"),
            ("netrc", "netrc|"),
        ] {
            assert_eq!(value(line).as_deref(), Some(expected), "{line}");
        }
        assert_eq!((value(""), value(" # netrc-file /a")), (None, None));
    }
}
