//! Whether the user has chosen to keep the token in netrc, although it may be plain text. An empty file says yes.

use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;

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
    let (path, folder) = (path(env), env.state_dir());
    let written = if chosen {
        // Atomic, because the file is empty.
        files::private_folder(&folder).and_then(|()| std::fs::File::create(&path).map(drop))
    } else {
        files::remove(&path).map(drop)
    };
    written.map_err(|error| {
        Error::new(Code::JournalFailed, "Could not save whether you want the token in netrc.")
            .means("This does not affect the token.")
            .next_step("Check that Herokey can write to its folder, then try again.")
            .detail(error)
    })
}
