//! Changes the content or the permissions of a file, or a variable in Windows' registry, for a fix or its undo.

use std::path::Path;

use super::MAX_BYTES;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::files::Bytes;
use crate::tools::shell::UserVariable;

/// Changes the content of a file, or of a variable that its path stands for, in one step. `None` stands for no file, before
/// and after.
pub(in crate::action) fn change(
    env: &Env,
    path: &Path,
    change: impl FnOnce(Option<&[u8]>) -> Result<Option<Bytes>>,
) -> Result<()> {
    let io_failed = |error: std::io::Error| failed(env, path, &error);
    if let Some(variable) = UserVariable::at(path) {
        let now = variable.read().map_err(io_failed)?;
        let after = change(now.as_ref().map(|now| now.as_slice()))?;
        return if now == after {
            Ok(())
        } else {
            variable.write(after.as_ref().map(|after| after.as_slice())).map_err(io_failed)
        };
    }
    // Only one action writes at a time, so temporary files beside this one are left over from an interrupted action.
    let target = std::fs::canonicalize(path);
    let target = target.as_deref().unwrap_or(path);
    // The change is recorded before it is made, and a record of a change that cannot be made would be wrong.
    if let Some(obstacle) = files::obstacle(target).filter(|_| target.exists()) {
        return Err(failed(env, path, &std::io::Error::other(obstacle.to_string())));
    }
    files::sweep(target).map_err(io_failed)?;
    let now = files::read(path, MAX_BYTES).map_err(io_failed)?;
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

/// Reads a file's permission bits.
pub(super) fn mode(env: &Env, path: &Path) -> Result<u32> {
    files::mode(path).map_err(|error| failed(env, path, &error))
}

/// Changes a file's permission bits.
pub(super) fn set_mode(env: &Env, path: &Path, mode: u32) -> Result<()> {
    files::set_mode(path, mode).map_err(|error| failed(env, path, &error))
}

/// The error when a file could not be changed.
pub(super) fn failed(env: &Env, path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::CannotFix, format!("Could not change {}.", env.tilde(path)))
        .means("It is unchanged.")
        .next_step("Fix the problem described in the details, then try again.")
        .detail(error)
}
