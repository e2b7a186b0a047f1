//! What a running program has written so far, for tests that wait for a certain text.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(crate) struct Output(Arc<(Mutex<Written>, Condvar)>);

#[derive(Debug, Default)]
struct Written {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    readers: usize,
}

impl Output {
    /// Reads this pipe or terminal to its end, as standard output.
    pub(crate) fn read_stdout(&self, from: File) {
        self.read(from, |written| &mut written.stdout);
    }

    /// Reads this pipe to its end, as standard error.
    pub(crate) fn read_stderr(&self, from: File) {
        self.read(from, |written| &mut written.stderr);
    }

    /// Waits until this text is there; the error says why it never will be.
    pub(crate) fn wait_for(&self, text: &str, limit: Duration) -> Result<(), &'static str> {
        let is_there = |written: &Written| {
            [&written.stdout, &written.stderr].iter().any(|bytes| lossy(bytes).contains(text))
        };
        let written = self.wait(limit, |written| is_there(written) || written.readers == 0);
        match () {
            () if is_there(&written) => Ok(()),
            () if written.readers == 0 => Err("ended"),
            () => Err("took too long"),
        }
    }

    /// Waits until the outputs are closed, or as long as `limit` where something still holds them open.
    pub(crate) fn wait_for_end(&self, limit: Duration) {
        drop(self.wait(limit, |written| written.readers == 0));
    }

    pub(crate) fn all(&self) -> String {
        let written = self.lock();
        lossy(&written.stdout) + &lossy(&written.stderr)
    }

    /// Standard output and standard error.
    pub(crate) fn take(&self) -> (String, String) {
        let written = self.lock();
        (lossy(&written.stdout), lossy(&written.stderr))
    }

    fn wait(&self, limit: Duration, until: impl Fn(&Written) -> bool) -> MutexGuard<'_, Written> {
        let waited = self.0.1.wait_timeout_while(self.lock(), limit, |written| !until(written));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut from: File, into: fn(&mut Written) -> &mut Vec<u8>) {
        self.lock().readers += 1;
        let output = self.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                match from.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => into(&mut output.lock()).extend_from_slice(&buffer[..length]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // A terminal ends with an input/output error once nobody has it open.
                    Err(_) => break,
                }
                output.0.1.notify_all();
            }
            output.lock().readers -= 1;
            output.0.1.notify_all();
        });
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
