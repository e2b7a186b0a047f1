//! Whether the user has chosen to keep the token in netrc, although it may be plain text. An empty file says yes.

use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;
use crate::base::state_folder;

/// The path of the file.
pub(crate) fn path(env: &Env) -> PathBuf {
    env.state_dir().join("netrc-chosen")
}

/// True if the user has chosen netrc.
pub(crate) fn is_chosen(env: &Env) -> bool {
    path(env).exists()
}

/// Stores whether the user has chosen netrc.
pub fn set(env: &Env, chosen: bool) -> Result<()> {
    let path = path(env);
    let written = if chosen { state_folder::write(env, &path, b"") } else { files::remove(&path).map(drop) };
    written.map_err(|error| {
        state_folder::failed(env, "Could not save whether you want the token in netrc.", &error)
            .means("This does not affect the token.")
    })
}
