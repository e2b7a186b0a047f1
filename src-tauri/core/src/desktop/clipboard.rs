//! The clipboard, served by a process of its own (`herokey clipboard`), so that no program with a face has to hold
//! what was copied.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// What the serving process says once the clipboard is its own.
pub const READY: &str = "ready";

/// How long a secret stays on the clipboard.
pub const SECRET_STAYS: Duration = Duration::from_secs(30);

/// Copies the token in use, past every clipboard history, and returns when it will be gone from the clipboard.
pub fn copy_token(env: &Env) -> Result<Timestamp> {
    let found = lookup::require_token(env, Unlock::Ask)?;
    serve(env, found.token.expose(), true)?;
    Ok(env.now() + SECRET_STAYS)
}

/// Copies a text that is no secret.
pub fn copy_text(env: &Env, text: &str) -> Result<()> {
    serve(env, text, false)
}

fn serve(env: &Env, text: &str, secret: bool) -> Result<()> {
    let mut command = env.command(env.own_program("herokey"));
    command.arg("clipboard").args(secret.then_some("--secret"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().map_err(|error| failed(&error.to_string()))?;
    let said = hand_over(&mut server, text, env.limits.clipboard);
    if said.as_deref().is_ok_and(|line| line.trim_end() == READY) {
        // It ends by itself; somebody has to notice.
        thread::spawn(move || server.wait());
        return Ok(());
    }
    // One that hangs would go on to do so. One that has ended is not there to be killed.
    let _ = server.kill();
    let mut why = said.err().map(|error| error.to_string()).unwrap_or_default();
    if let Some(stderr) = server.stderr.take() {
        // What cannot be read cannot be shown; the failure is reported either way.
        let _ = stderr.take(4096).read_to_string(&mut why);
    }
    server.wait().map_err(|error| failed(&error.to_string()))?;
    Err(failed(why.trim()))
}

fn hand_over(server: &mut Child, text: &str, limit: Duration) -> io::Result<String> {
    if let Some(mut stdin) = server.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let Some(stdout) = server.stdout.take() else { return Ok(String::new()) };
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // Nobody listens any more once the limit is over.
        let _ = said.send(read.map(|_| line));
    });
    heard.recv_timeout(limit).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn failed(detail: &str) -> Error {
    Error::new(Code::ClipboardFailed, "Could not copy.")
        .means("Nothing was changed.")
        .next_step("Use `herokey token` in a terminal.")
        .detail(detail)
}
