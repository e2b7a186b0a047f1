//! The last line on a terminal while a command takes long: what Herokey waits for, or how far a scan has come. It is gone
//! before anything else is printed.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use herokey_core::Env;
use herokey_core::base::waits::{Awaited, Wait, Waits};
use herokey_core::scan::Progress;

use crate::scan_report::counted;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as signals;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as signals;

/// How long something takes before it gets a line. Most is done before.
const DELAY: Duration = Duration::from_millis(300);
/// How often the line changes, and how long Ctrl-C may take.
const TICK: Duration = Duration::from_millis(100);
const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

static LINE: Mutex<Line> = Mutex::new(Line { reasons: Vec::new(), is_drawn: false, is_off: false });
static CHANGED: Condvar = Condvar::new();

/// What the terminal shows, or is about to show.
pub(crate) struct Line {
    /// Why there is a line, and since when. The newest is shown.
    reasons: Vec<(Reason, Instant)>,
    is_drawn: bool,
    /// Something else owns the terminal, and handles signals.
    is_off: bool,
}

enum Reason {
    Wait(Awaited),
    Scan(Arc<Progress>),
}

/// From now on, shows what is waited for, if standard error is a terminal that can. Returns the environment that tells.
pub(crate) fn start(env: &Env) -> Env {
    // The log would get between a line and its end.
    let is_able = io::stderr().is_terminal() && env.text("TERM") != Some("dumb");
    if !is_able || env.os("HEROKEY_LOG").is_some() {
        return env.clone();
    }
    std::thread::spawn(draw);
    let mut env = env.clone();
    env.waits = Waits::reported_to(|moment| match moment {
        Wait::Begun(awaited) => begin(Reason::Wait(awaited)),
        Wait::Ended(awaited) => end(|reason| matches!(reason, Reason::Wait(other) if *other == awaited)),
    });
    env
}

/// Shows how far a scan has come while `work` runs.
pub(crate) fn during_scan<T>(progress: &Arc<Progress>, work: impl FnOnce() -> T) -> T {
    begin(Reason::Scan(Arc::clone(progress)));
    let done = work();
    end(|reason| matches!(reason, Reason::Scan(_)));
    done
}

/// Removes the line, and keeps it away until the returned guard drops.
pub(crate) fn removed() -> MutexGuard<'static, Line> {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    line.clear();
    line
}

/// Leaves the terminal and the signals to something else until the returned guard drops.
#[must_use = "the line comes back when the guard drops"]
pub(crate) fn off() -> Off {
    let mut line = removed();
    line.is_off = true;
    signals::leave_to_others();
    Off
}

/// Keeps the line away until it is dropped.
pub(crate) struct Off;

impl Drop for Off {
    fn drop(&mut self) {
        let mut line = removed();
        line.is_off = false;
        signals::end_the_program();
        CHANGED.notify_all();
    }
}

fn begin(reason: Reason) {
    removed().reasons.push((reason, Instant::now()));
    CHANGED.notify_all();
}

fn end(is_it: impl Fn(&Reason) -> bool) {
    let mut line = removed();
    if let Some(index) = line.reasons.iter().rposition(|(reason, _)| is_it(reason)) {
        line.reasons.remove(index);
    }
    CHANGED.notify_all();
}

/// Draws the line whenever there is a reason, until the program ends.
fn draw() {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    for frame in FRAMES.into_iter().cycle() {
        let elapsed = line.reasons.last().filter(|_| !line.is_off).map(|(_, since)| since.elapsed());
        let pause = match elapsed {
            Some(elapsed) if elapsed >= DELAY => {
                signals::wait_for_the_line();
                line.draw(frame, elapsed);
                Some(TICK)
            }
            other => {
                if !line.is_off {
                    signals::end_the_program();
                }
                other.map(|elapsed| DELAY.saturating_sub(elapsed))
            }
        };
        line = match pause {
            Some(pause) => CHANGED.wait_timeout(line, pause).unwrap_or_else(PoisonError::into_inner).0,
            None => CHANGED.wait(line).unwrap_or_else(PoisonError::into_inner),
        };
        if !line.is_off && signals::have_come() {
            line.clear();
            signals::end_the_program();
        }
    }
}

impl Line {
    fn draw(&mut self, frame: char, elapsed: Duration) {
        let Some((reason, _)) = self.reasons.last() else { return };
        let (what, elapsed) = (reason.text(), duration(elapsed));
        // Without wrapping (DECAWM), a narrow terminal cuts the line off, so that it stays one line.
        write(&format!("\r\x1b[?7l{frame} {what} {elapsed}\x1b[K\x1b[?7h"));
        self.is_drawn = true;
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            write("\r\x1b[K");
        }
    }
}

impl Reason {
    fn text(&self) -> String {
        match self {
            Self::Wait(Awaited::Heroku) => "Waiting for Heroku…".to_owned(),
            Self::Wait(Awaited::Browser) => "Waiting for the browser…".to_owned(),
            Self::Wait(Awaited::Keychain) => "Waiting for the keychain…".to_owned(),
            Self::Scan(progress) => {
                let objects = match progress.objects() {
                    0 => String::new(),
                    objects => format!(", git objects: {}", counted(objects)),
                };
                let (files, megabytes) = (counted(progress.files()), counted(progress.bytes() / 1_000_000));
                format!("Searching… Files: {files}{objects}, {megabytes} MB,")
            }
        }
    }
}

fn duration(elapsed: Duration) -> String {
    match (elapsed.as_secs() / 60, elapsed.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

fn write(text: &str) {
    // If the terminal is gone, nobody is reading.
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
