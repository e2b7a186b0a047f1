//! Reads a line from the terminal without echoing it.

use std::io;

use secrecy::zeroize::Zeroizing;

/// Prompts for a line. After Ctrl-C the error is [`io::ErrorKind::Interrupted`], and the terminal echoes again.
pub(crate) fn read_line(prompt: &str) -> io::Result<Zeroizing<String>> {
    #[cfg(unix)]
    let _echo_off = turn_echo_off()?;
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

/// Turns echo and signal keys off until the guard drops, or until a signal ends the program. `rpassword` prints its prompt
/// before it turns echo off, so fast typing would show, and the SIGINT that it raises for Ctrl-C would end the program
/// before echo is back on.
#[cfg(unix)]
fn turn_echo_off() -> io::Result<impl Drop> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::low_level;

    struct EchoOff {
        before: Termios,
        is_restored: Arc<AtomicBool>,
    }

    impl Drop for EchoOff {
        fn drop(&mut self) {
            restore(&self.before);
            self.is_restored.store(true, Ordering::Relaxed);
        }
    }

    fn restore(before: &Termios) {
        // If the terminal is gone, there is nothing to restore.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
    }

    let before = tcgetattr(rustix::stdio::stdin())?;
    let mut modes = before.clone();
    // The same modes that `rpassword` sets: every key arrives unprocessed.
    modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
    let guard = EchoOff { before, is_restored: Arc::new(AtomicBool::new(false)) };
    signal_hook::flag::register_conditional_default(SIGINT, guard.is_restored.clone())?;
    for signal in [SIGHUP, SIGQUIT, SIGTERM] {
        let (before, is_restored) = (guard.before.clone(), guard.is_restored.clone());
        let end = move || {
            if !is_restored.load(Ordering::Relaxed) {
                restore(&before);
            }
            // Fails only for a signal that does not exist.
            let _ = low_level::emulate_default_handler(signal);
        };
        #[expect(unsafe_code, reason = "a signal handler must be async-signal-safe")]
        // SAFETY: it makes system calls only, with no allocation and no lock.
        unsafe {
            low_level::register(signal, end)?;
        }
    }
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes)?;
    Ok(guard)
}
