//! A file that other programs write in place, without a lock, while it is being replaced.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use secrecy::zeroize::Zeroizing;

use crate::base::files;

/// A file's bytes, wiped when dropped.
pub(super) type Raw = Zeroizing<Vec<u8>>;

/// Longer than a program takes between emptying a file and filling it again.
const IN_PLACE: Duration = Duration::from_millis(250);
/// How often a writer is waited for that never comes to its end.
const ROUNDS: u32 = 20;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A file that is about to be replaced.
///
/// The Heroku CLI takes no lock and writes in place: it empties the file, then fills it. What was read in between is
/// not the file, and what it writes once the file is replaced, nobody would ever read.
pub(super) struct Opened {
    file: File,
    /// What it held.
    pub(super) raw: Raw,
    limit: u64,
}

impl Opened {
    /// Reads a file of at most `limit` bytes; `None` where there is none.
    pub(super) fn read(path: &Path, limit: u64) -> io::Result<Option<Self>> {
        let Some(file) = files::open_regular(path, limit)? else { return Ok(None) };
        let started = Instant::now();
        loop {
            let raw = files::read_again(&file, limit)?;
            if !raw.is_empty() || started.elapsed() > IN_PLACE {
                return Ok(Some(Self { file, raw, limit }));
            }
            std::thread::sleep(LOOK_AGAIN);
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
        let mut seen = files::read_again(&self.file, self.limit)?;
        if seen == self.raw {
            return Ok(None);
        }
        for _ in 0..ROUNDS {
            std::thread::sleep(IN_PLACE);
            let now = files::read_again(&self.file, self.limit)?;
            if now == seen {
                break;
            }
            seen = now;
        }
        Ok(Some(seen))
    }
}
