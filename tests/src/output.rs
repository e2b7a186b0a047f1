//! The output of a running program, for tests that wait for a certain text.

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
    /// Starts reading this pipe or terminal as the program's standard output.
    pub(crate) fn read_stdout(&self, from: File) {
        self.read(from, |written| &mut written.stdout);
    }

    /// Starts reading this pipe as the program's standard error.
    pub(crate) fn read_stderr(&self, from: File) {
        self.read(from, |written| &mut written.stderr);
    }

    /// Waits until the program has written this text. The error says why it did not.
    pub(crate) fn wait_for(&self, text: &str, timeout: Duration) -> Result<(), &'static str> {
        self.wait_until(|written| written.contains(text), timeout)
    }

    /// Waits until one of the outputs satisfies a condition. The error says why it did not.
    pub(crate) fn wait_until(
        &self,
        condition: impl Fn(&str) -> bool,
        timeout: Duration,
    ) -> Result<(), &'static str> {
        let is_there = |written: &Written| {
            [&written.stdout, &written.stderr].iter().any(|bytes| condition(&lossy(bytes)))
        };
        let written = self.wait(timeout, |written| is_there(written) || written.readers == 0);
        match () {
            () if is_there(&written) => Ok(()),
            () if written.readers == 0 => Err("ended"),
            () => Err("took too long"),
        }
    }

    /// Waits until every process has closed the outputs, but not longer than `timeout`.
    pub(crate) fn wait_for_end(&self, timeout: Duration) {
        drop(self.wait(timeout, |written| written.readers == 0));
    }

    /// Standard output followed by standard error, in one text.
    pub(crate) fn all(&self) -> String {
        let written = self.lock();
        lossy(&written.stdout) + &lossy(&written.stderr)
    }

    /// Standard output and standard error so far.
    pub(crate) fn both(&self) -> (String, String) {
        let written = self.lock();
        (lossy(&written.stdout), lossy(&written.stderr))
    }

    fn wait(&self, timeout: Duration, until: impl Fn(&Written) -> bool) -> MutexGuard<'_, Written> {
        let waited = self.0.1.wait_timeout_while(self.lock(), timeout, |written| !until(written));
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
                    // Reading a terminal fails with an input/output error once no process has it open.
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
