//! The folders whose repositories have an account of their own. git's configuration is what counts; this record only says
//! where to look.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;
use crate::base::state_folder;
use crate::base::text::shown_in;

const MAX_BYTES: u64 = 1 << 20;

/// What is recorded about a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// The account's email.
    pub account: String,
    /// It holds for every repository below the folder, and not for the folder's own.
    pub is_tree: bool,
}

/// The folders, by their paths.
pub(crate) fn read(env: &Env) -> BTreeMap<PathBuf, Folder> {
    let bytes = files::read(&path(env), MAX_BYTES).ok().flatten().unwrap_or_default();
    let folders = serde_json::from_slice(&bytes).and_then(|mut folders| {
        shown_in(&mut folders);
        serde_json::from_value(folders)
    });
    folders.unwrap_or_default()
}

/// Records a folder, or forgets it.
pub(crate) fn record(env: &Env, folder: &Path, now: Option<Folder>) -> Result<()> {
    let mut folders = read(env);
    match now {
        Some(now) => folders.insert(folder.to_owned(), now),
        None => folders.remove(folder),
    };
    let failed = |error: std::io::Error| {
        state_folder::failed(env, "Could not record the folder.", &error)
            .means("git uses its account all the same, but Herokey does not list it.")
    };
    let bytes = serde_json::to_vec(&folders).map_err(|error| failed(error.into()))?;
    state_folder::write(env, &path(env), &bytes).map_err(failed)
}

fn path(env: &Env) -> PathBuf {
    env.state_dir().join("folders.json")
}
