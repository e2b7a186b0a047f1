//! Repeats a test if gnome-keyring crashed, and only then.

use std::panic::{self, AssertUnwindSafe};

use crate::world::World;

/// Runs a test on a desktop of its own, in a thread of its own.
///
/// gnome-keyring 42 occasionally aborts, if a client disconnects before its `OpenSession` is answered. Then the test
/// runs again on a new desktop, and a line on standard error says so.
///
/// # Panics
/// If `test` panics for any other reason.
#[expect(clippy::print_stderr, reason = "the log must show that a test was repeated")]
pub fn run_on_desktop<T: Send>(name: &str, test: impl Fn(&mut World) -> T + Sync) -> T {
    let attempt = || {
        let mut world = World::desktop();
        let result = panic::catch_unwind(AssertUnwindSafe(|| test(&mut world)));
        result.map_err(|panic| if world.keyring().has_died() { None } else { Some(panic) })
    };
    loop {
        match std::thread::scope(|scope| scope.spawn(attempt).join()) {
            Ok(Ok(result)) => return result,
            Ok(Err(None)) => eprintln!("{name}: gnome-keyring crashed, so the test runs again"),
            Ok(Err(Some(panic))) | Err(panic) => panic::resume_unwind(panic),
        }
    }
}
