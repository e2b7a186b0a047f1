//! Where a new token goes: standard output, the clipboard, a file, or a command.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::{Command, Stdio};

use herokey_core::base::files;
use herokey_core::desktop::clipboard;
use herokey_core::{Code, Env, Error, Result, Token};
use secrecy::zeroize::Zeroizing;

use crate::args::Delivery;
use crate::terminal::say;

/// Fails if the token could not be delivered, before it is made.
pub(crate) fn check(env: &Env, delivery: &Delivery) -> Result<()> {
    if let Some(file) = delivery.file.as_ref().filter(|file| file.symlink_metadata().is_ok()) {
        return Err(Error::new(Code::WrongUsage, format!("{} already exists.", file.display()))
            .means("No token was made.")
            .next_step("Choose the name of a new file."));
    }
    match delivery.command.first() {
        Some(name) if env.find_program(name).is_none_or(|path| !path.exists()) => {
            Err(Error::new(Code::WrongUsage, format!("There is no command {}.", name.display()))
                .means("No token was made."))
        }
        _ => Ok(()),
    }
}

/// Delivers the token.
pub(crate) fn deliver(env: &Env, delivery: &Delivery, token: &Token) -> Result<()> {
    if delivery.copy {
        clipboard::copy_secret(env, token)?;
        say("The token is on the clipboard for 30 seconds.");
        return Ok(());
    }
    if let Some((name, arguments)) = delivery.command.split_first() {
        return pipe(env, name, arguments, token);
    }
    let line = Zeroizing::new(format!("{}\n", token.expose()));
    if let Some(file) = &delivery.file {
        files::write_new(file, line.as_bytes()).map_err(|error| {
            Error::new(Code::OutputFailed, format!("Could not write {}.", file.display())).detail(error)
        })?;
        say(&format!("The token is in {}, which only you can read.", file.display()));
        return Ok(());
    }
    let mut out = io::stdout();
    out.write_all(line.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Error::new(Code::OutputFailed, "Could not print the token.").detail(error))
}

/// Runs a command with the token, without a line break, as its standard input.
fn pipe(env: &Env, name: &OsStr, arguments: &[OsString], token: &Token) -> Result<()> {
    let shown = name.display().to_string();
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(Code::OutputFailed, format!("{shown} failed: {why}.")).means("It may not have the token.")
    };
    let program = env.find_program(name).unwrap_or_else(|| name.into());
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let written = child.stdin.take().map(|mut input| input.write_all(token.expose().as_bytes()));
    let status = child.wait().map_err(|error| failed(&error))?;
    match written {
        _ if !status.success() => Err(failed(&status)),
        Some(Err(error)) => Err(failed(&error)),
        _ => Ok(()),
    }
}
