//! Reads a line from the terminal without echoing it.

use std::io;

use secrecy::zeroize::Zeroizing;

use crate::progress_line;

/// Prompts for a line. After Ctrl-C the error is [`io::ErrorKind::Interrupted`], and the terminal echoes again.
pub(crate) fn read_line(prompt: &str) -> io::Result<Zeroizing<String>> {
    // The SIGINT that `rpassword` raises for Ctrl-C would end the program before echo is back on.
    let _off = progress_line::off();
    #[cfg(unix)]
    let _echo_off = unix::turn_echo_off()?;
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::{SigId, low_level};

    /// The terminal's modes before echo was turned off. Dropping it restores them.
    pub(super) struct EchoOff {
        before: Termios,
        is_restored: Arc<AtomicBool>,
        /// What SIGTERM does, which has another effect again afterwards.
        on_end: Option<SigId>,
    }

    impl Drop for EchoOff {
        fn drop(&mut self) {
            set(&self.before);
            self.is_restored.store(true, Ordering::Relaxed);
            self.on_end.map(low_level::unregister);
        }
    }

    /// Turns echo and signal keys off until the guard drops, and while a signal ends or stops the program. `rpassword`
    /// prints its prompt before it turns echo off, so fast typing would show.
    pub(super) fn turn_echo_off() -> io::Result<EchoOff> {
        let before = tcgetattr(rustix::stdio::stdin())?;
        let mut hidden = before.clone();
        // The same modes that `rpassword` sets: every key arrives unprocessed.
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        let mut guard = EchoOff { before, is_restored: Arc::new(AtomicBool::new(false)), on_end: None };
        for signal in [SIGHUP, SIGQUIT, SIGTSTP] {
            restore_at(signal, &guard, &hidden)?;
        }
        guard.on_end = Some(restore_at(SIGTERM, &guard, &hidden)?);
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &hidden)?;
        Ok(guard)
    }

    /// Restores the terminal before a signal ends or stops the program. If the program runs again, echo is off again.
    fn restore_at(signal: i32, guard: &EchoOff, hidden: &Termios) -> io::Result<SigId> {
        let (before, hidden, is_restored) = (guard.before.clone(), hidden.clone(), guard.is_restored.clone());
        let act = move || {
            let is_hidden = !is_restored.load(Ordering::Relaxed);
            if is_hidden {
                set(&before);
            }
            // Fails only for a signal that does not exist. Returns only after a stop.
            let _ = low_level::emulate_default_handler(signal);
            if is_hidden {
                set(&hidden);
            }
        };
        #[expect(unsafe_code, reason = "a signal handler must be async-signal-safe")]
        // SAFETY: it makes system calls only, with no allocation and no lock.
        unsafe {
            low_level::register(signal, act)
        }
    }

    fn set(modes: &Termios) {
        // If the terminal is gone, it has no modes.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, modes);
    }
}
