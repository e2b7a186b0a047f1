//! Writes a netrc file in place, where it cannot be replaced without changing what it is: a file that is mounted on its own,
//! has several names, or is in a folder that lets nobody create files (INTEROP.md, "The netrc file").
//!
//! A program that reads the file meanwhile may see a mixture of both contents, and a kill may leave one. So Herokey's
//! folder keeps both until what was written reads back, and the next program of Herokey's that starts puts the old one back.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::{Zeroize, Zeroizing};
use serde::{Deserialize, Serialize};

use super::MAX_BYTES;
use crate::base::env::Env;
use crate::base::files;
use crate::base::state_folder;

/// How the names of the copies start.
const PREFIX: &str = "netrc-";
/// Two contents in Base64, and what is around them.
const MAX_COPY_BYTES: u64 = 3 * MAX_BYTES;

/// Why a file is written in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It has other names (hard links), which would keep the old content.
    OtherNames,
    /// It is a mount of its own, so nothing can be renamed to its name.
    Mounted,
    /// No file can be created beside it.
    Folder,
    /// A new file could not have its owner, group or extended attributes.
    Attributes,
}

/// What may be lost if the write is interrupted.
#[derive(Serialize, Deserialize)]
struct Copy {
    path: PathBuf,
    before: String,
    after: String,
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.before.zeroize();
        self.after.zeroize();
    }
}

/// Replaces the content of an existing file in place. The caller holds the lock of its writers.
pub(super) fn write(env: &Env, target: &Path, before: &[u8], after: &[u8]) -> io::Result<()> {
    let file = files::open_to_overwrite(target)?;
    let kept =
        Copy { path: target.to_owned(), before: STANDARD.encode(before), after: STANDARD.encode(after) };
    let copy = copy_path(env, target);
    state_folder::write(env, &copy, &Zeroizing::new(serde_json::to_vec(&kept)?))?;
    let written = fill(&file, after);
    if written.is_err() {
        // The old content needs no more room than it had.
        fill(&file, before)?;
    }
    files::remove(&copy)?;
    written
}

/// Puts the old content back if a write was interrupted. The caller holds the lock of the file's writers.
pub(super) fn restore(env: &Env, target: &Path) -> io::Result<()> {
    let copy = copy_path(env, target);
    let Some(kept) = files::read(&copy, MAX_COPY_BYTES)? else { return Ok(()) };
    let Some((before, after)) = decoded(&kept) else {
        // Written whole or not at all, so another program has changed it.
        return set_aside(&copy);
    };
    let now = files::read(target, MAX_BYTES)?.unwrap_or_default();
    if *now == *before || *now == *after {
        return files::remove(&copy).map(drop);
    }
    if !is_mixture(&before, &after, &now) {
        tracing::warn!(path = %target.display(), "another program has written what an interrupted write left");
        return set_aside(&copy);
    }
    fill(&files::open_to_overwrite(target)?, &before)?;
    files::remove(&copy).map(drop)
}

/// True if a write of this file was interrupted.
pub(super) fn is_interrupted(env: &Env, target: &Path) -> bool {
    copy_path(env, target).exists()
}

/// Writes over the content, then cuts off the rest of the old one: a kill leaves as much as possible.
fn fill(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// True if `now` is what an interrupted [`fill`] leaves: the start of one content, and the rest of the other. Putting
/// the old one back may have been interrupted, too.
fn is_mixture(before: &[u8], after: &[u8], now: &[u8]) -> bool {
    let common =
        |one: &[u8], other: &[u8]| one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let is_end = |content: &[u8], from: usize| {
        now.get(from..).is_some_and(|rest| content.get(from..).unwrap_or_default() == rest)
    };
    [(before, after), (after, before)].into_iter().any(|(old, new)| {
        let written = common(new, now);
        (0..=written).rev().any(|from| is_end(old, from))
    })
}

fn decoded(copy: &[u8]) -> Option<(files::Bytes, files::Bytes)> {
    let copy: Copy = serde_json::from_slice(copy).ok()?;
    let decode = |text: &str| STANDARD.decode(text).ok().map(Zeroizing::new);
    Some((decode(&copy.before)?, decode(&copy.after)?))
}

/// Keeps a copy that is of no use to Herokey, but maybe to the user.
fn set_aside(copy: &Path) -> io::Result<()> {
    files::rename_with_retry(copy, &copy.with_extension("kept"))
}

/// The copy of a file, in Herokey's folder.
fn copy_path(env: &Env, target: &Path) -> PathBuf {
    let digest = ring::digest::digest(&ring::digest::SHA256, target.as_os_str().as_encoded_bytes());
    let name = u64::from_be_bytes(digest.as_ref()[..8].try_into().unwrap_or_default());
    env.state_dir().join(format!("{PREFIX}{name:016x}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_an_interrupted_write_is_recognized() {
        let (short, long) = (b"machine a\n".as_slice(), b"machine abc\n  login x\n".as_slice());
        for (before, after) in [(short, long), (long, short)] {
            for written in 0..=after.len() {
                let mut now = after[..written].to_vec();
                now.extend_from_slice(before.get(written..).unwrap_or_default());
                assert!(is_mixture(before, after, &now), "{written}");
            }
        }
        assert!(!is_mixture(short, long, b"machine other\n"));
        assert!(!is_mixture(short, long, b""));
    }
}
