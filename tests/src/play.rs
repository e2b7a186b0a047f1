//! A test's part, played where gnome-keyring may die of itself.

use std::panic::{self, AssertUnwindSafe};

use crate::world::World;

/// Plays on a desktop, in a thread of its own. gnome-keyring 42 aborts, seldom, where a client is gone before its
/// `OpenSession` is answered; then, and only then, it is played again on another desktop, and that is said.
///
/// # Panics
/// As `play` does.
#[expect(clippy::print_stderr, reason = "what was begun again is said")]
pub fn on_a_desktop<T: Send>(name: &str, play: impl Fn(&mut World) -> T + Sync) -> T {
    let attempt = || {
        let mut world = World::desktop();
        let played = panic::catch_unwind(AssertUnwindSafe(|| play(&mut world)));
        played.map_err(|panic| if world.keyring().has_died() { None } else { Some(panic) })
    };
    loop {
        match std::thread::scope(|scope| scope.spawn(attempt).join()) {
            Ok(Ok(answer)) => return answer,
            Ok(Err(None)) => eprintln!("{name}: gnome-keyring has died; begun again"),
            Ok(Err(Some(panic))) | Err(panic) => panic::resume_unwind(panic),
        }
    }
}
