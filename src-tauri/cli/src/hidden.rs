//! A line that is typed unseen.

use std::io;

use secrecy::zeroize::Zeroizing;

/// What was typed. [`io::ErrorKind::Interrupted`] after Ctrl-C, and the terminal is as it was.
pub(crate) fn line(prompt: &str) -> io::Result<Zeroizing<String>> {
    #[cfg(unix)]
    let _quiet = quiet()?;
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

/// `rpassword` shows the prompt before it ends the echo, so whoever is quick would see the first letters, and its SIGINT
/// for Ctrl-C would end the program before the echo is back.
#[cfg(unix)]
fn quiet() -> io::Result<impl Drop> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    struct Quiet {
        before: Termios,
        ends: Arc<AtomicBool>,
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            // A terminal that is gone has nothing to be put back.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before);
            self.ends.store(true, Ordering::Relaxed);
        }
    }

    let before = tcgetattr(rustix::stdio::stdin())?;
    let mut modes = before.clone();
    // As `rpassword` will have it: each key arrives as it is.
    modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
    let quiet = Quiet { before, ends: Arc::new(AtomicBool::new(false)) };
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, quiet.ends.clone())?;
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes)?;
    Ok(quiet)
}
