//! Reads a line from the terminal without echoing it.

use std::io;

use secrecy::zeroize::Zeroizing;

/// Prompts for a line. After Ctrl-C the error is [`io::ErrorKind::Interrupted`], and the terminal echoes again.
pub(crate) fn read_line(prompt: &str) -> io::Result<Zeroizing<String>> {
    #[cfg(unix)]
    let _echo_off = turn_echo_off()?;
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

/// Turns echo and signal keys off until the guard drops. `rpassword` prints its prompt before it turns echo off, so fast
/// typing would show, and the SIGINT that it raises for Ctrl-C would end the program before echo is back on.
#[cfg(unix)]
fn turn_echo_off() -> io::Result<impl Drop> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    struct EchoOff {
        before: Termios,
        sigint_ends_program: Arc<AtomicBool>,
    }

    impl Drop for EchoOff {
        fn drop(&mut self) {
            // If the terminal is gone, there is nothing to restore.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before);
            self.sigint_ends_program.store(true, Ordering::Relaxed);
        }
    }

    let before = tcgetattr(rustix::stdio::stdin())?;
    let mut modes = before.clone();
    // The same modes that `rpassword` sets: every key arrives unprocessed.
    modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
    let guard = EchoOff { before, sigint_ends_program: Arc::new(AtomicBool::new(false)) };
    signal_hook::flag::register_conditional_default(
        signal_hook::consts::SIGINT,
        guard.sigint_ends_program.clone(),
    )?;
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes)?;
    Ok(guard)
}
