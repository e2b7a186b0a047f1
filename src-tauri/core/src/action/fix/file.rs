//! A file that a fix changes, and its mode.

use std::path::Path;

use super::LIMIT;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::files::Bytes;

/// The permission bits of a file for its owner alone.
pub(super) const PRIVATE: u32 = 0o600;

/// Puts other bytes in the place of a file's own, in one step; `None`: no file.
pub(super) fn change(
    env: &Env,
    path: &Path,
    change: impl FnOnce(Option<&[u8]>) -> Result<Option<Bytes>>,
) -> Result<()> {
    let io_failed = |error: std::io::Error| failed(env, path, &error);
    // One action writes at a time, so what stands beside it is a killed one's.
    let target = std::fs::canonicalize(path);
    files::sweep(target.as_deref().unwrap_or(path)).map_err(io_failed)?;
    let now = files::read(path, LIMIT).map_err(io_failed)?;
    let after = change(now.as_ref().map(|now| now.as_slice()))?;
    match (now, after) {
        (now, after) if now == after => Ok(()),
        (Some(now), Some(after)) => files::replace(path, &now, &after).map_err(io_failed),
        (None, Some(after)) => {
            let written =
                files::private_folder(files::folder_of(path)).and_then(|()| files::write(path, &after));
            written.map_err(io_failed)
        }
        (_, None) => files::remove(path).map(drop).map_err(io_failed),
    }
}

/// A file's permission bits.
pub(super) fn mode(env: &Env, path: &Path) -> Result<u32> {
    files::mode(path).map_err(|error| failed(env, path, &error))
}

/// Changes a file's permission bits.
pub(super) fn set_mode(env: &Env, path: &Path, mode: u32) -> Result<()> {
    files::set_mode(path, mode).map_err(|error| failed(env, path, &error))
}

pub(super) fn failed(env: &Env, path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::CannotFix, format!("Could not change {}.", env.tilde(path)))
        .means("It is as it was.")
        .next_step("Mend what the detail says, then try again.")
        .detail(error)
}
