//! Waiting for what a test expects.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// How long a test waits for what it expects. Only a failure takes so long, on a busy machine, too.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for what nothing reports.
///
/// # Panics
/// If it does not happen.
#[track_caller]
pub fn eventually<T>(what: impl Display, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        // Between looks, so that the programs get the processor.
        std::thread::sleep(Duration::from_millis(10));
    }
}
