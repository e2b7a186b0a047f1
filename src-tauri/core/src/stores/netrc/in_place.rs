//! Replaces a file that other programs may be writing in place without a lock.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use secrecy::zeroize::Zeroizing;

use crate::base::env::{Env, Limits};
use crate::base::files;

/// A file's bytes, wiped when dropped.
pub(super) type Raw = Zeroizing<Vec<u8>>;

/// How often an empty file is read again.
const POLL: Duration = Duration::from_millis(5);

/// An open file that is about to be replaced.
///
/// The Heroku CLI takes no lock and writes in place: it empties the file, then fills it. Whoever reads in between gets an
/// empty file, and what the CLI writes to a file that has just been replaced would be lost.
pub(super) struct Opened {
    file: File,
    /// The content that was read.
    pub(super) raw: Raw,
    max_bytes: u64,
    limits: Limits,
}

impl Opened {
    /// Reads a file of at most `max_bytes`; `None` if there is none.
    pub(super) fn read(env: &Env, path: &Path, max_bytes: u64) -> io::Result<Option<Self>> {
        let limits = env.limits;
        let Some(file) = files::open_regular(path, max_bytes)? else { return Ok(None) };
        let started = Instant::now();
        loop {
            let raw = files::read_again(&file, max_bytes)?;
            if !raw.is_empty() || started.elapsed() > limits.netrc_pause {
                return Ok(Some(Self { file, raw, max_bytes, limits }));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Replaces the file by calling `replace`, and returns what another program has written to the old file since it was
    /// read.
    pub(super) fn replace_with(self, replace: impl Fn() -> io::Result<()>) -> io::Result<Option<Raw>> {
        match replace() {
            // Some file systems of Windows do not replace a file that is open anywhere, even in this program. There
            // `replace` waits for other writers, so nothing that they write is lost.
            Err(error) if files::is_held(&error) => {
                drop(self.file);
                replace().map(|()| None)
            }
            other => other.and_then(|()| self.written_since()),
        }
    }

    /// What another program has written to the file since it was read. Waits until that program seems to have finished.
    fn written_since(self) -> io::Result<Option<Raw>> {
        let started = Instant::now();
        let mut seen = files::read_again(&self.file, self.max_bytes)?;
        if seen == self.raw {
            return Ok(None);
        }
        while started.elapsed() < self.limits.netrc_writer {
            std::thread::sleep(self.limits.netrc_pause);
            let now = files::read_again(&self.file, self.max_bytes)?;
            if now == seen {
                break;
            }
            seen = now;
        }
        Ok(Some(seen))
    }
}
