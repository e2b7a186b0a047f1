//! Ctrl-C and a request to end, which wait until the line is removed.

use std::ffi::c_int;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::{emulate_default_handler, register};

use crate::signals::is_ignored;

/// What a signal does.
static EFFECT: AtomicU8 = AtomicU8::new(END);
/// Signals end the program.
const END: u8 = 0;
/// Signals are noted in [`CAME`], for the thread that draws the line.
const NOTE: u8 = 1;
/// Signals do nothing here; other code handles them.
const NOTHING: u8 = 2;

/// The signal that has come while the line was shown; 0 without one.
static CAME: AtomicI32 = AtomicI32::new(0);

/// Makes signals wait for [`end_the_program`].
pub(super) fn wait_for_the_line() {
    catch();
    EFFECT.store(NOTE, Ordering::SeqCst);
}

fn catch() {
    static CAUGHT: Once = Once::new();
    CAUGHT.call_once(|| {
        for signal in [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)) {
            #[expect(unsafe_code, reason = "a signal handler must be async-signal-safe")]
            // SAFETY: it uses atomics and system calls only. What cannot be caught ends the program by itself.
            let _ = unsafe { register(signal, move || act(signal)) };
        }
    });
}

fn act(signal: c_int) {
    match EFFECT.load(Ordering::SeqCst) {
        // It fails only for a signal that does not exist.
        END => drop(emulate_default_handler(signal)),
        NOTE => {
            CAME.store(signal, Ordering::SeqCst);
            // `end_the_program` may have looked before that.
            if EFFECT.load(Ordering::SeqCst) == END {
                drop(emulate_default_handler(signal));
            }
        }
        _ => {}
    }
}

/// Whether a signal waits.
pub(super) fn have_come() -> bool {
    CAME.load(Ordering::SeqCst) != 0
}

/// From now on signals end the program at once, and so does one that waits.
pub(super) fn end_the_program() {
    EFFECT.store(END, Ordering::SeqCst);
    match CAME.swap(0, Ordering::SeqCst) {
        0 => {}
        // It fails only for a signal that does not exist.
        signal => drop(emulate_default_handler(signal)),
    }
}

/// From now on signals are left to whatever else handles them. One that waits still ends the program.
pub(super) fn leave_to_others() {
    catch();
    end_the_program();
    EFFECT.store(NOTHING, Ordering::SeqCst);
}
