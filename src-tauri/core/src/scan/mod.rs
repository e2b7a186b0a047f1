//! Searches files, shell histories and git objects for Heroku tokens: those that this machine holds, exactly, and what has
//! the shape of one. The files are streamed, so memory does not grow with them, and nothing in them runs.

mod filesystem;
mod finding;
mod held;
mod matcher;
mod output;
mod places;
mod repository;
mod shape;
mod stream;
mod utf16;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use self::finding::{Finding, FoundIn, Origin, Place, Report};

use self::held::HeldTokens;
use self::matcher::{MAX_TOKEN, MIN_TOKEN, Matcher};
use self::output::Output;
use self::stream::Searcher;
use self::walk::{Work, walk};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::token::Token;
use crate::ledger::known_tokens::KnownTokens;
pub use crate::tools::git::ObjectKind;

/// Each thread may have tens of megabytes of git objects in memory.
const MAX_THREADS: usize = 8;

/// What to search.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Folders and files. Without any, the well-known places in the home folder, and the current folder if it is below.
    pub folders: Vec<PathBuf>,
    /// Also count what only may be a token: a UUID or 40 hexadecimal digits beside the word `heroku`.
    pub unsure: bool,
}

/// How far a scan has come.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    objects: AtomicU64,
    bytes: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    /// Ends the scan after the files that are being searched.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// How many files were searched.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// How many git objects were searched.
    pub fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }

    /// How many bytes were read, those of git objects unpacked.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Searches for tokens and calls `found` for each file and git object that has one, from several threads, but one call at a
/// time. Asks nobody to unlock a keychain; what it may hold is then missed, and the report says so.
pub fn scan(
    env: &Env,
    request: &Request,
    progress: &Progress,
    found: &(dyn Fn(FoundIn) + Sync),
) -> Result<Report> {
    let held = HeldTokens::read(env);
    let tokens: Vec<Token> = held.tokens.iter().map(|held| held.token.clone()).collect();
    let lengths = MIN_TOKEN..=MAX_TOKEN;
    let not_searched_for = tokens.iter().filter(|token| !lengths.contains(&token.expose().len())).count();
    let matcher = Matcher::new(tokens)?;
    let word = request.unsure.then(stream::word).transpose()?;
    let output = Output::new(progress, &matcher, &held, KnownTokens::read(env), found);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let searcher = || Searcher::new(&matcher, word.as_ref(), &progress.bytes);
    walk(env, places(env, request).into_iter().map(Work::Named).collect(), threads, &output, &searcher);
    let report = output.into_report();
    Ok(Report { missed: held.missed, not_searched_for, ..report })
}

/// The places to search, without those that are part of others.
fn places(env: &Env, request: &Request) -> Vec<PathBuf> {
    let mut places = request.folders.clone();
    if places.is_empty() {
        places = places::well_known(env);
        places.extend(current_folder(env));
    }
    // What cannot be resolved is reported when it is searched.
    let resolved = |path: PathBuf| match fs::canonicalize(&path) {
        Ok(real) => Some((real, path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(_) => Some((path.clone(), path)),
    };
    let mut real: Vec<(PathBuf, PathBuf)> = places.into_iter().filter_map(resolved).collect();
    real.sort();
    real.dedup_by(|next, kept| next.0.starts_with(&kept.0));
    real.into_iter().map(|(_, path)| path).collect()
}

/// The current folder, if it is below the home folder.
fn current_folder(env: &Env) -> Option<PathBuf> {
    let current = fs::canonicalize(Path::new(".")).ok()?;
    let home = fs::canonicalize(env.home()).ok()?;
    (current != home && current.starts_with(home)).then_some(current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_inside_another_is_searched_once() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for name in ["a/b/c", "a-b", "d"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let request =
            |names: &[&str]| Request { folders: names.iter().map(|name| at(name)).collect(), unsure: false };
        let env = Env::new([("HOME", home.path())]);
        let found = places(&env, &request(&["a/b/c", "d", "a", "a-b", "d", "a/b", "missing"]));
        assert_eq!(found, ["a", "a-b", "d"].map(at));
    }
}
