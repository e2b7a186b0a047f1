//! Which netrc file curl, and git with its libcurl, read (INTEROP.md, "curl").

use std::cell::LazyCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::git;
use crate::base::env::Env;
use crate::base::files;
use crate::base::process;
use crate::stores::netrc::NetrcFile;
use crate::stores::netrc::curlrc::{self, Version};

/// More than libcurl is, with all that may be linked into it.
const MAX_LIBRARY_BYTES: u64 = 64 << 20;
/// More than a program says about its version.
const MAX_BYTES: u64 = 64 << 10;
/// The first libcurl that reads the file that `NETRC` names.
const READS_VARIABLE: Version = (8, 16);

/// The netrc file that a program reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WhichNetrc {
    /// The plain one in the home folder.
    Home,
    /// Another one.
    Named {
        /// Its path.
        path: PathBuf,
        /// What names it: a variable, or the path of a configuration.
        by: String,
    },
    /// Herokey cannot tell, for this reason.
    Unknown(String),
}

/// The file that `curl -n` reads.
pub(crate) fn netrc_of_curl(env: &Env) -> WhichNetrc {
    let Some(curl) = env.find_program("curl") else { return WhichNetrc::Home };
    let version = LazyCell::new(|| version_of(env, &curl));
    for candidate in curlrc::candidates(env) {
        let shown = env.tilde(&candidate.path);
        match candidate.is_read(|| *version) {
            Some(true) => {}
            Some(false) => continue,
            None => {
                let why =
                    format!("Some versions of curl read {shown}. Which version is installed is not known.");
                return WhichNetrc::Unknown(why);
            }
        }
        let Some(curlrc) = candidate.read() else { break };
        return match (curlrc.unclear, curlrc.netrc_file) {
            (Some(option), _) => WhichNetrc::Unknown(format!(
                "{shown} has the option `{option}`, so curl may send another login."
            )),
            (None, Some(path)) => named(env, path, shown),
            (None, None) => by_variable(env, || *version),
        };
    }
    by_variable(env, || *version)
}

/// The file that git reads. It does not read curl's configuration.
pub(crate) fn netrc_of_git(env: &Env) -> WhichNetrc {
    let Some(git) = git::program(env) else { return WhichNetrc::Home };
    by_variable(env, || library_of(env, &git).or_else(|| build_of(env, &git)))
}

fn by_variable(env: &Env, version: impl FnOnce() -> Option<Version>) -> WhichNetrc {
    let Some(value) = env.os("NETRC") else { return WhichNetrc::Home };
    match version() {
        Some(version) if version < READS_VARIABLE => WhichNetrc::Home,
        Some(_) => named(env, PathBuf::from(value), "NETRC".to_owned()),
        None => WhichNetrc::Unknown(
            "NETRC is set, which libcurl reads since 8.16. Which version this program has is not known."
                .to_owned(),
        ),
    }
}

fn named(env: &Env, path: PathBuf, by: String) -> WhichNetrc {
    if !path.is_absolute() {
        return WhichNetrc::Unknown(format!(
            "{by} names a file relative to the folder in which the program runs."
        ));
    }
    if path == NetrcFile::plain(env).path { WhichNetrc::Home } else { WhichNetrc::Named { path, by } }
}

/// The libcurl of the program `curl`, as it says itself.
fn version_of(env: &Env, curl: &Path) -> Option<Version> {
    // Without `-q` it would read its configuration first.
    said(env, curl, ["-q", "--version"]).and_then(|said| version_in(&said))
}

/// The libcurl that git was built with.
fn build_of(env: &Env, git: &Path) -> Option<Version> {
    let said = said(env, git, ["version", "--build-options"])?;
    let text = String::from_utf8_lossy(&said).into_owned();
    parsed(text.lines().find_map(|line| line.strip_prefix("libcurl: "))?)
}

/// The libcurl that git's program for HTTP loads. glibc's loader says which file that is (ld.so(8)), and the file which
/// version it has.
fn library_of(env: &Env, git: &Path) -> Option<Version> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let folder = said(env, git, ["--exec-path"])?;
    let program = Path::new(String::from_utf8_lossy(&folder).trim()).join("git-remote-https");
    let mut loader = env.command(&program);
    loader.env("LD_TRACE_LOADED_OBJECTS", "1");
    let loaded = process::run(&mut loader, Zeroizing::default(), env.limits.git, MAX_BYTES).ok()?;
    let loaded = String::from_utf8_lossy(&loaded.stdout).into_owned();
    let line = loaded.lines().find(|line| line.trim_start().starts_with("libcurl"));
    let library =
        line.and_then(|line| line.split_once("=> ")?.1.split_whitespace().next().map(PathBuf::from));
    let bytes = files::read(&library.unwrap_or(program), MAX_LIBRARY_BYTES).ok()??;
    version_in(&bytes)
}

fn said<const N: usize>(env: &Env, program: &Path, arguments: [&str; N]) -> Option<Vec<u8>> {
    let mut command = env.command(program);
    command.args(arguments.map(OsStr::new));
    let answer = process::run(&mut command, Zeroizing::default(), env.limits.git, MAX_BYTES).ok()?;
    answer.status.success().then(|| answer.stdout.to_vec())
}

/// The version after `libcurl/`.
fn version_in(bytes: &[u8]) -> Option<Version> {
    const NAME: &[u8] = b"libcurl/";
    let starts = bytes.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    starts.map(|(at, _)| at + NAME.len()).find_map(|start| {
        let end = bytes[start..].iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        parsed(std::str::from_utf8(&bytes[start..start + end]).ok()?)
    })
}

fn parsed(version: &str) -> Option<Version> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        let said = b"curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/8.16.0-DEV OpenSSL/3.0.19\n";
        assert_eq!(version_in(said), Some((8, 16)));
        assert_eq!(version_in(b"\0libcurl/\0libcurl/8.5.0\0"), Some((8, 5)));
        assert_eq!(version_in(b"curl 8"), None);
    }
}
