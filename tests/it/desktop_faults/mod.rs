//! The tray and the window on desktops where something is missing, broken, slow or gone.

mod autostart;
mod bursts;
mod limits;
mod notifications;
mod session;
mod window;

use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits for what nothing reports.
#[track_caller]
fn eventually<T>(what: &str, find: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < TIMEOUT, "{what} did not happen");
        // Between looks, so that the programs get the processor.
        std::thread::sleep(Duration::from_millis(20));
    }
}
