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

/// The line that the process prints once it can use the clipboard.
pub const OPEN: &str = "open";

/// The line that the process prints once it owns the clipboard.
pub const READY: &str = "ready";

/// How long a secret stays on the clipboard.
pub const SECRET_TIMEOUT: Duration = Duration::from_secs(30);

/// A clipboard that is known to work, for a secret that does not exist yet.
#[derive(Debug)]
pub struct OpenClipboard(Server);

impl OpenClipboard {
    /// Opens the clipboard. Fails if it cannot be used.
    pub fn open(env: &Env) -> Result<Self> {
        Server::start(env, true).map(Self)
    }

    /// Copies the token, hidden from clipboard histories, and returns when it will leave the clipboard.
    pub fn copy(self, env: &Env, token: &Token) -> Result<Timestamp> {
        self.0.copy(token.expose())?;
        Ok(env.now() + SECRET_TIMEOUT)
    }
}

/// Copies the token in use, hidden from clipboard histories, and returns when it will leave the clipboard.
pub fn copy_token(env: &Env) -> Result<Timestamp> {
    let found = lookup::token_to_print(env, Unlock::Ask)?.ok_or_else(lookup::not_logged_in)?;
    OpenClipboard::open(env)?.copy(env, &found.token)
}

/// How long a secret that was just copied stays, in a sentence.
pub fn clears_in() -> String {
    format!("Herokey clears the clipboard in {} seconds.", SECRET_TIMEOUT.as_secs())
}

/// Copies a text that is not secret.
pub fn copy_text(env: &Env, text: &str) -> Result<()> {
    Server::start(env, false)?.copy(text)
}

/// The process. Dropped before it has copied something, it ends.
#[derive(Debug)]
struct Server {
    process: Option<Child>,
    /// What it prints.
    lines: mpsc::Receiver<io::Result<String>>,
    timeout: Duration,
}

impl Server {
    fn start(env: &Env, secret: bool) -> Result<Self> {
        let mut command = env.command(env.own_program("herokey"));
        command.arg("clipboard").args(secret.then_some("--secret"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| failed(&error.to_string()))?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = process.stdout.take() {
            // It ends when the process does, or when nobody waits for a line any more.
            thread::spawn(move || BufReader::new(stdout).lines().try_for_each(|line| sender.send(line)));
        }
        let mut server = Self { process: Some(process), lines, timeout: env.limits.clipboard };
        server.wait_for(OPEN).map_err(|detail| failed(&detail))?;
        Ok(server)
    }

    fn copy(mut self, text: &str) -> Result<()> {
        if let Some(mut stdin) = self.process.as_mut().and_then(|process| process.stdin.take()) {
            // If that fails, the process has ended, and has said why.
            let _ = stdin.write_all(text.as_bytes());
        }
        // The process has the secret now, and its message may quote it.
        self.wait_for(READY).map_err(|detail| failed(&detail).without(&Secrets::of(text.as_bytes())))?;
        if let Some(mut process) = self.process.take() {
            // It exits by itself; waiting for it keeps it from becoming a zombie.
            thread::spawn(move || process.wait());
        }
        Ok(())
    }

    /// Waits for this line. After anything else, returns what the process says about it.
    fn wait_for(&mut self, expected: &str) -> Result<(), String> {
        let line = self.lines.recv_timeout(self.timeout);
        let mut detail = match line {
            Ok(Ok(line)) if line.trim_end() == expected => return Ok(()),
            Ok(Ok(_)) | Err(mpsc::RecvTimeoutError::Disconnected) => String::new(),
            Ok(Err(error)) => error.to_string(),
            Err(mpsc::RecvTimeoutError::Timeout) => io::Error::from(io::ErrorKind::TimedOut).to_string(),
        };
        if let Some(process) = &mut self.process {
            // It may hang. If it has exited already, there is nothing to kill.
            let _ = process.kill();
            if let Some(stderr) = process.stderr.take() {
                // Without this output the error is reported all the same.
                let _ = stderr.take(4096).read_to_string(&mut detail);
            }
        }
        Err(detail.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // If it has exited already, there is nothing to kill.
            let _ = process.kill();
            // If this fails, there is nothing left to clean up.
            let _ = process.wait();
        }
    }
}

fn failed(detail: &str) -> Error {
    Error::new(Code::ClipboardFailed, "Could not copy to the clipboard.")
        .means("Nothing was changed.")
        .next_step("Run `herokey token` in a terminal.")
        .detail(detail)
}
