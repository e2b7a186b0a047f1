//! The line on a terminal that shows how far a scan has come.

use std::io::{self, IsTerminal, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use herokey_core::scan::Progress;

use crate::scan_report::counted;
#[cfg(unix)]
use unix::Interrupt;

/// How often the line changes, and how long Ctrl-C may take.
const TICK: Duration = Duration::from_millis(100);
/// How many ticks a scan takes before it gets a line. Most are done before.
const FIRST: u32 = 3;

/// A line on standard error, if that is a terminal.
pub(crate) struct ProgressLine<'a> {
    progress: &'a Progress,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    is_drawn: bool,
    is_ended: bool,
}

impl<'a> ProgressLine<'a> {
    /// Shows the line while `work` runs, and removes it at the end or when Ctrl-C ends the program.
    pub(crate) fn show_during<T>(progress: &'a Progress, work: impl FnOnce(&Self) -> T) -> T {
        let line = Self { progress, state: Mutex::default(), ended: Condvar::new() };
        if !io::stderr().is_terminal() {
            return work(&line);
        }
        let interrupt = Interrupt::catch();
        std::thread::scope(|scope| {
            scope.spawn(|| line.draw_until_the_end(&interrupt));
            let _end = End(&line);
            work(&line)
        })
    }

    /// Prints something where the line was.
    pub(crate) fn without<T>(&self, print: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        clear(&mut state);
        print()
    }

    fn draw_until_the_end(&self, interrupt: &Interrupt) {
        let mut ticks = 0;
        let mut state = self.lock();
        while !state.is_ended {
            state = self.ended.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0;
            ticks += 1;
            if interrupt.happened() {
                clear(&mut state);
                interrupt.end_the_program();
            }
            if !state.is_ended && ticks >= FIRST {
                draw(&mut state, self.progress);
            }
        }
        clear(&mut state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the line's thread, even if the work panics.
struct End<'a, 'b>(&'b ProgressLine<'a>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().is_ended = true;
        self.0.ended.notify_all();
    }
}

fn draw(state: &mut State, progress: &Progress) {
    let objects = match progress.objects() {
        0 => String::new(),
        objects => format!(", git objects: {}", counted(objects)),
    };
    let (files, megabytes) = (counted(progress.files()), counted(progress.bytes() / 1_000_000));
    write(&format!("\rSearching… Files: {files}{objects}, {megabytes} MB\x1b[K"));
    state.is_drawn = true;
}

fn clear(state: &mut State) {
    if std::mem::take(&mut state.is_drawn) {
        write("\r\x1b[K");
    }
}

fn write(text: &str) {
    // If the terminal is gone, nobody is reading.
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(unix)]
mod unix {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::{flag, low_level};

    /// Ctrl-C and a request to end, which wait until the line is removed. Dropping it lets them end the program again.
    pub(super) struct Interrupt {
        caught: Vec<(i32, Arc<AtomicBool>)>,
        is_over: Arc<AtomicBool>,
    }

    impl Interrupt {
        pub(super) fn catch() -> Self {
            let is_over = Arc::new(AtomicBool::new(false));
            let catch = |signal| {
                let happened = Arc::new(AtomicBool::new(false));
                // What cannot be caught ends the program by itself.
                flag::register_conditional_default(signal, Arc::clone(&is_over)).ok()?;
                flag::register(signal, Arc::clone(&happened)).ok()?;
                Some((signal, happened))
            };
            let caught = [SIGINT, SIGTERM].into_iter().filter_map(catch).collect();
            Self { caught, is_over }
        }

        pub(super) fn happened(&self) -> bool {
            self.signal().is_some()
        }

        pub(super) fn end_the_program(&self) {
            if let Some(signal) = self.signal() {
                // Fails only for a signal that does not exist.
                let _ = low_level::emulate_default_handler(signal);
            }
        }

        fn signal(&self) -> Option<i32> {
            let happened = self.caught.iter().find(|(_, happened)| happened.load(Ordering::Relaxed));
            happened.map(|(signal, _)| *signal)
        }
    }

    impl Drop for Interrupt {
        fn drop(&mut self) {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }
}

/// On Windows the console begins a new line by itself.
#[cfg(not(unix))]
struct Interrupt;

#[cfg(not(unix))]
impl Interrupt {
    fn catch() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as on the other systems")]
    fn happened(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as on the other systems")]
    fn end_the_program(&self) {}
}
