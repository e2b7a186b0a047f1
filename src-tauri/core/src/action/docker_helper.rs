//! Makes Docker ask Herokey for Heroku's registry, or no longer. Other registries are left alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fix::change_plain;
use super::{Done, Start};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::ledger::undo;
use crate::ledger::undo::Secrets;
use crate::stores::docker;

/// Names Herokey's helper in Docker's configuration, removes a login for the registry that is there in plain text, and
/// makes sure that Docker finds the helper.
pub(super) fn set(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        // Docker fails without the program, so it comes first.
        let linked = link_program(env)?;
        let path = docker::config_path(env);
        let shown = env.tilde(&path);
        let mut changed = false;
        change_plain(env, &path, |now| {
            let before = now.unwrap_or_default();
            let Some(after) = docker::with_helper(before) else {
                docker::login(env)?;
                return Ok(now.map(|now| now.to_vec().into()));
            };
            changed = true;
            let secrets = docker::secrets(before);
            let back = format!("{shown} is as it was before Docker asked Herokey.");
            undo::draft(env, &back).file(&path, now, Some(&after), Secrets::These(&secrets)).save(env)?;
            Ok(Some(after))
        })?;
        let what = if changed {
            "Docker now asks Herokey for registry.heroku.com."
        } else {
            "Docker already asks Herokey for registry.heroku.com."
        };
        let note = linked.map(|link| format!("It finds the helper as {}.", env.tilde(&link)));
        Ok(Done { what: what.to_owned(), note: note.unwrap_or_default() })
    })
}

/// Takes Herokey's helper out of Docker's configuration. A login that was there before does not come back.
pub(super) fn remove(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        let mut changed = false;
        change_plain(env, &docker::config_path(env), |now| {
            let after = now.and_then(docker::without_helper);
            changed = after.is_some();
            Ok(after.or_else(|| now.map(|now| now.to_vec().into())))
        })?;
        let what = if changed {
            "Docker no longer asks Herokey."
        } else {
            "Docker's configuration does not name Herokey."
        };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}

/// Makes sure that Docker finds the helper where commands are. Returns the link, if it had to be made.
fn link_program(env: &Env) -> Result<Option<PathBuf>> {
    if env.find_program(docker::PROGRAM).is_some() {
        return Ok(None);
    }
    if env.appimage().is_some() {
        // Its own files are gone when it ends, so a link could not lead to them.
        return Err(not_found("Install Herokey from a package: an AppImage cannot be Docker's helper."));
    }
    let herokey = env.own_program("herokey");
    let name = format!("{}{}", docker::PROGRAM, std::env::consts::EXE_SUFFIX);
    let beside = env.find_program("herokey").and_then(|found| Some(found.parent()?.join(&name)));
    let local = env.home().join(".local/bin");
    let is_searched = |folder: &Path| {
        env.os("PATH").is_some_and(|path| std::env::split_paths(path).any(|searched| searched == folder))
    };
    let candidates = [beside, is_searched(&local).then(|| local.join(&name))];
    let mut failure = None;
    for candidate in candidates.into_iter().flatten() {
        match link(&herokey, &candidate) {
            Ok(()) => return Ok(Some(candidate)),
            Err(error) => failure = Some(error),
        }
    }
    let error = not_found(format!(
        "Make a link named {} to {} in a folder of PATH, then try again.",
        docker::PROGRAM,
        env.tilde(&herokey)
    ));
    Err(match failure {
        Some(why) => error.detail(why),
        None => error,
    })
}

fn not_found(next_step: impl Into<String>) -> Error {
    Error::new(Code::DockerFailed, "Docker would not find Herokey's helper.")
        .means("Docker's configuration was not changed.")
        .next_step(next_step)
}

fn link(program: &Path, link: &Path) -> io::Result<()> {
    // A link of an earlier version may point nowhere.
    if fs::symlink_metadata(link).is_ok_and(|found| found.is_symlink()) {
        fs::remove_file(link)?;
    }
    #[cfg(unix)]
    return std::os::unix::fs::symlink(program, link);
    #[cfg(not(unix))]
    fs::hard_link(program, link)
}
