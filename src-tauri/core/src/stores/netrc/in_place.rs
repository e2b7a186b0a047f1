//! A file that other programs write in place, without a lock, while it is being replaced.

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

/// A file that is about to be replaced.
///
/// The Heroku CLI takes no lock and writes in place: it empties the file, then fills it. What was read in between is
/// not the file, and what it writes once the file is replaced, nobody would ever read.
pub(super) struct Opened {
    file: File,
    /// What it held.
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

    /// Replaces it, and then tells what another program has written to the old one meanwhile.
    pub(super) fn replaced(self, replace: impl Fn() -> io::Result<()>) -> io::Result<Option<Raw>> {
        match replace() {
            // Some file systems of Windows replace no file that anybody has open, this program included. There a writer
            // is waited for in place of being overtaken, so nothing that it writes is lost.
            Err(error) if files::is_held(&error) => {
                drop(self.file);
                replace().map(|()| None)
            }
            other => other.and_then(|()| self.written_meanwhile()),
        }
    }

    /// What another program has written to it since it was read, once that program has come to its end, or has gone on for
    /// longer than any does.
    fn written_meanwhile(self) -> io::Result<Option<Raw>> {
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
