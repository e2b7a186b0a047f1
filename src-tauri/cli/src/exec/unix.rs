//! Runs the command in the foreground as if the shell had started it: it stays in this program's process group, so the
//! terminal's signals reach it directly. This program passes on the others, stops when the command is stopped, and ends as
//! the command does.

use std::ffi::{OsStr, c_int};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use herokey_core::heroku::Cancel;
use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus};
use signal_hook::consts::{SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::signals::is_ignored;

/// The signals that do not end this program while the command runs.
const HANDLED: [c_int; 9] = [SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2];
/// Those that a terminal sends to the whole process group.
const FROM_TERMINAL: [c_int; 3] = [SIGINT, SIGQUIT, SIGTSTP];
/// Those with which a person stops a program.
const STOPPING: [c_int; 3] = [SIGINT, SIGQUIT, SIGTERM];
/// Added to the number of a signal that ended a command (POSIX, "Exit Status for Commands").
const BY_SIGNAL: c_int = 128;

/// How the command ended.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Code(c_int),
    Signal(c_int),
}

/// The name under which the command was called, which some programs look at.
pub(super) fn called(command: &mut Command, name: &OsStr) {
    command.arg0(name);
}

/// Becomes the command. Returns only an error.
pub(super) fn replace(mut command: Command) -> io::Result<u8> {
    Err(command.exec())
}

/// The command, as far as the signals are concerned.
enum State {
    Running(Pid),
    Ended {
        /// How many signals have asked this program to stop since then.
        stops: usize,
    },
}

/// Starts the command and waits for its end. Of the signals that come after that, the second one that stops programs
/// cancels `then`: the first one may be the one that ended the command.
pub(super) fn run(mut command: Command, then: &Cancel) -> io::Result<Ended> {
    // An ignored signal, such as nohup's SIGHUP, must stay ignored in the command.
    let mut signals = Signals::new(HANDLED.iter().filter(|signal| !is_ignored(**signal)))?;
    // The child drops its handle without being waited for, because only `waitid` can tell that it stopped.
    let child = Pid::from_child(&command.spawn()?);
    drop(command);
    let state = Arc::new(Mutex::new(State::Running(child)));
    let (seen, cancel) = (state.clone(), then.clone());
    thread::spawn(move || {
        for signal in signals.forever() {
            let mut state = seen.lock().unwrap_or_else(PoisonError::into_inner);
            match (&mut *state, Signal::from_named_raw(signal)) {
                (State::Running(child), Some(signal)) if !comes_from_the_terminal(signal.as_raw()) => {
                    // It fails only if the command has just ended.
                    let _ = process::kill_process(*child, signal);
                }
                (State::Ended { stops }, _) if STOPPING.contains(&signal) => {
                    *stops += 1;
                    if *stops > 1 {
                        cancel.cancel();
                    }
                }
                _ => {}
            }
        }
    });
    loop {
        let change = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        if !wait(child, change)?.is_some_and(|status| status.stopped()) {
            break;
        }
        // Without an answer, the command has gone on in the meantime.
        if wait(child, WaitIdOptions::STOPPED | WaitIdOptions::NOHANG)?.is_some() {
            stop_with(child)?;
        }
    }
    // From here on the child's id may be another process's.
    *state.lock().unwrap_or_else(PoisonError::into_inner) = State::Ended { stops: 0 };
    let status = wait(child, WaitIdOptions::EXITED)?;
    Ok(match status.as_ref().and_then(WaitIdStatus::terminating_signal) {
        Some(signal) => Ended::Signal(signal),
        None => Ended::Code(status.and_then(|status| status.exit_status()).unwrap_or_default()),
    })
}

/// Ends as the command did.
pub(super) fn end_as(ended: Ended) -> u8 {
    let code = match ended {
        Ended::Code(code) => code,
        Ended::Signal(signal) => {
            // It returns only if the signal cannot end a program.
            let _ = emulate_default_handler(signal);
            BY_SIGNAL + signal
        }
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Waits for a change. `None` without one, if the options do not wait.
fn wait(child: Pid, options: WaitIdOptions) -> io::Result<Option<WaitIdStatus>> {
    loop {
        match process::waitid(WaitId::Pid(child), options) {
            Err(rustix::io::Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

/// Stops this program because the command has stopped, so that the shell notices. Both go on together.
fn stop_with(child: Pid) -> io::Result<()> {
    // Without a terminal, no shell would let this program go on.
    if terminal().is_some() {
        process::kill_process(process::getpid(), Signal::STOP)?;
        // It fails only if the command has just ended.
        let _ = process::kill_process(child, Signal::CONT);
    }
    Ok(())
}

/// True for a signal that the command has got itself.
fn comes_from_the_terminal(signal: c_int) -> bool {
    let in_foreground = |terminal: File| {
        rustix::termios::tcgetpgrp(terminal).is_ok_and(|foreground| foreground == process::getpgrp())
    };
    FROM_TERMINAL.contains(&signal) && terminal().is_some_and(in_foreground)
}

fn terminal() -> Option<File> {
    File::open("/dev/tty").ok()
}
