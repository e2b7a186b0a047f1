//! The window: a program of its own, beside this one.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use herokey_core::Env;

/// Opens the window, or brings the open one to the front.
pub(crate) fn open(env: &Env, arg: Option<&str>) -> io::Result<()> {
    let mut command = command(env);
    // In a group of its own, so that Ctrl-C in the tray's terminal leaves it open.
    command.args(arg).stdin(Stdio::null()).process_group(0);
    let mut child = command.spawn().map_err(|error| named(&command, &error))?;
    let reap = move || match child.wait() {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::warn!("the window ended with {status}"),
        Err(error) => tracing::warn!("the window cannot be waited for: {error}"),
    };
    std::thread::Builder::new().name("window".to_owned()).spawn(reap)?;
    Ok(())
}

/// Makes this process the window; returns only the error if that cannot be.
pub(crate) fn become_it(env: &Env) -> io::Error {
    let mut command = command(env);
    let error = command.exec();
    named(&command, &error)
}

fn command(env: &Env) -> Command {
    env.command(env.programs.join("herokey-desktop"))
}

fn named(command: &Command, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", command.get_program().display()))
}
