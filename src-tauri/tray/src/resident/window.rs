//! The window: a program of its own, beside this one.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use herokey_app::request::ACTIVATION;
use herokey_core::Env;

/// Where a launcher puts the activation token for the program that it starts.
const VARIABLES: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// Opens the window, or brings it to the front with the desktop's activation token.
pub(crate) fn open(env: &Env, arg: Option<&str>, activation: Option<String>) -> io::Result<()> {
    let mut command = command(env, activation);
    // In a group of its own, so that Ctrl-C in the tray's terminal leaves it open.
    command.args(arg).stdin(Stdio::null()).process_group(0);
    let mut child = command.spawn().map_err(|error| named(&command, &error))?;
    let reap = move || match child.wait() {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::warn!("the window ended with {status}"),
        Err(error) => tracing::warn!("cannot wait for the window to end: {error}"),
    };
    std::thread::Builder::new().name("window".to_owned()).spawn(reap)?;
    Ok(())
}

/// Replaces this process with the window. Returns only if that fails.
pub(crate) fn exec(env: &Env) -> io::Error {
    let mut command = command(env, own_activation(env));
    let error = command.exec();
    named(&command, &error)
}

/// The activation token that this program was started with.
pub(crate) fn own_activation(env: &Env) -> Option<String> {
    VARIABLES.into_iter().find_map(|name| env.text(name)).map(str::to_owned)
}

/// The window shows which variables override the stores, so it gets all that the tray was started with.
fn command(env: &Env, activation: Option<String>) -> Command {
    let mut command = env.command_with(env.programs.join("herokey-desktop"), |_| true);
    command.args(activation.map(|activation| ACTIVATION.to_owned() + &activation));
    // The tray's own token is used up.
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

fn named(command: &Command, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", command.get_program().display()))
}
