//! Runs the command on the same console. Ctrl-C reaches it directly, and does not end this program.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use herokey_core::heroku::Cancel;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// How the command ended.
pub(super) type Ended = ExitStatus;

/// Programs on Windows look at their own path.
pub(super) fn called(_: &mut Command, _: &OsStr) {}

/// Runs the command, because a process on Windows cannot become another one.
pub(super) fn replace(command: Command) -> io::Result<u8> {
    run(command, &Cancel::new()).map(end_as)
}

/// Runs the command and waits for its end.
pub(super) fn run(mut command: Command, _: &Cancel) -> io::Result<Ended> {
    flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    command.status()
}

/// Ends as the command did.
pub(super) fn end_as(ended: Ended) -> u8 {
    let code = ended.code().unwrap_or(1);
    u8::try_from(code).unwrap_or_else(|_| std::process::exit(code))
}
