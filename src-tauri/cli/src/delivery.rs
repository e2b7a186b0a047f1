//! Where a new token goes: standard output, the clipboard, a file, or a command.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use herokey_core::base::files::NewFile;
use herokey_core::desktop::clipboard::OpenClipboard;
use herokey_core::{Code, Env, Error, Result, Token};
use secrecy::zeroize::Zeroizing;

use crate::args::Delivery;
use crate::terminal::say;

/// A place for a token that does not exist yet. It is known to take one, as far as that can be told.
pub(crate) enum Place<'a> {
    Clipboard(OpenClipboard),
    File(&'a Path, NewFile),
    Command(&'a OsStr, &'a [OsString]),
    Output,
}

impl<'a> Place<'a> {
    /// Fails if the token could not be delivered.
    pub(crate) fn prepare(env: &Env, delivery: &'a Delivery) -> Result<Self> {
        if delivery.copy {
            return OpenClipboard::open(env).map(Self::Clipboard);
        }
        if let Some((name, arguments)) = delivery.command.split_first() {
            if env.find_program(name).is_none_or(|path| !path.exists()) {
                let what = format!("There is no command {}.", name.display());
                return Err(Error::new(Code::WrongUsage, what).means("No token was made."));
            }
            return Ok(Self::Command(name, arguments));
        }
        let Some(path) = &delivery.file else { return Ok(Self::Output) };
        let shown = path.display();
        if path.symlink_metadata().is_ok() {
            return Err(Error::new(Code::WrongUsage, format!("{shown} already exists."))
                .means("No token was made.")
                .next_step("Choose the name of a new file."));
        }
        let file = NewFile::prepare(path).map_err(|error| {
            Error::new(Code::OutputFailed, format!("Could not create {shown}."))
                .means("No token was made.")
                .detail(error)
        })?;
        Ok(Self::File(path, file))
    }

    /// Delivers the token.
    pub(crate) fn deliver(self, env: &Env, token: &Token) -> Result<()> {
        let line = Zeroizing::new(format!("{}\n", token.expose()));
        match self {
            Self::Clipboard(clipboard) => {
                clipboard.copy(env, token)?;
                say("The token is on the clipboard for 30 seconds.");
                Ok(())
            }
            Self::Command(name, arguments) => pipe(env, name, arguments, token),
            Self::File(path, file) => {
                let shown = path.display();
                file.write(line.as_bytes()).map_err(|error| {
                    Error::new(Code::OutputFailed, format!("Could not write {shown}.")).detail(error)
                })?;
                say(&format!("The token is in {shown}, which only you can read."));
                Ok(())
            }
            Self::Output => {
                let mut out = io::stdout();
                out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|error| {
                    Error::new(Code::OutputFailed, "Could not print the token.").detail(error)
                })
            }
        }
    }
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
