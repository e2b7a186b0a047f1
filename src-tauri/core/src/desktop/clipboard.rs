//! Copies to the clipboard through a separate process (`herokey clipboard`), so that neither the tray nor the window has
//! to hold what was copied.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::secrets::Secrets;
use crate::base::token::Token;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// The line that the process prints once it owns the clipboard.
pub const READY: &str = "ready";

/// How long a secret stays on the clipboard.
pub const SECRET_TIMEOUT: Duration = Duration::from_secs(30);

/// Copies the token in use, hidden from clipboard histories, and returns when it will leave the clipboard.
pub fn copy_token(env: &Env) -> Result<Timestamp> {
    let found = lookup::token_to_print(env, Unlock::Ask)?.ok_or_else(lookup::not_logged_in)?;
    copy_secret(env, &found.token)
}

/// Copies a token that is stored nowhere, like [`copy_token`].
pub fn copy_secret(env: &Env, token: &Token) -> Result<Timestamp> {
    serve(env, token.expose(), true)?;
    Ok(env.now() + SECRET_TIMEOUT)
}

/// How long a secret that was just copied stays, in a sentence.
pub fn clears_in() -> String {
    format!("Herokey clears the clipboard in {} seconds.", SECRET_TIMEOUT.as_secs())
}

/// Copies a text that is not secret.
pub fn copy_text(env: &Env, text: &str) -> Result<()> {
    serve(env, text, false)
}

fn serve(env: &Env, text: &str, secret: bool) -> Result<()> {
    let mut command = env.command(env.own_program("herokey"));
    command.arg("clipboard").args(secret.then_some("--secret"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().map_err(|error| failed(&error.to_string()))?;
    let reply = send(&mut server, text, env.limits.clipboard);
    if reply.as_deref().is_ok_and(|line| line.trim_end() == READY) {
        // It exits by itself; waiting for it keeps it from becoming a zombie.
        thread::spawn(move || server.wait());
        return Ok(());
    }
    // It may hang. If it has exited already, there is nothing to kill.
    let _ = server.kill();
    let mut detail = reply.err().map(|error| error.to_string()).unwrap_or_default();
    if let Some(stderr) = server.stderr.take() {
        // Without this output the error is reported all the same.
        let _ = stderr.take(4096).read_to_string(&mut detail);
    }
    server.wait().map_err(|error| failed(&error.to_string()))?;
    // The process had the secret, and its message may quote it.
    Err(failed(detail.trim()).without(&Secrets::of(text.as_bytes())))
}

/// Writes the text to the process and waits for the first line that it prints.
fn send(server: &mut Child, text: &str, timeout: Duration) -> io::Result<String> {
    if let Some(mut stdin) = server.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let Some(stdout) = server.stdout.take() else { return Ok(String::new()) };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // After the time limit nobody receives it.
        let _ = sender.send(read.map(|_| line));
    });
    receiver.recv_timeout(timeout).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn failed(detail: &str) -> Error {
    Error::new(Code::ClipboardFailed, "Could not copy to the clipboard.")
        .means("Nothing was changed.")
        .next_step("Run `herokey token` in a terminal.")
        .detail(detail)
}
