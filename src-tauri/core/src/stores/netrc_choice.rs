//! The person's word that netrc is where the token shall be, plain text or not: an empty file, there or not.

use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;

/// Where the file is.
pub fn path(env: &Env) -> PathBuf {
    env.state_dir().join("netrc-chosen")
}

/// True if the person wants the token in netrc.
pub fn netrc(env: &Env) -> bool {
    path(env).exists()
}

/// Remembers whether they do.
pub fn choose_netrc(env: &Env, chosen: bool) -> Result<()> {
    let (path, folder) = (path(env), env.state_dir());
    let written = if chosen {
        // In one step, since there is nothing to write.
        files::private_folder(&folder).and_then(|()| std::fs::File::create(&path).map(drop))
    } else {
        files::remove(&path).map(drop)
    };
    written.map_err(|error| {
        Error::new(Code::JournalFailed, "Could not remember where you want the token.")
            .means("It is where it was.")
            .next_step("Check that Herokey's folder can be written to, then try again.")
            .detail(error)
    })
}
