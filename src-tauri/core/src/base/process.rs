//! Runs another program to its end: with a limit on its time and on what it may print, and nothing of it shown.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use secrecy::zeroize::Zeroizing;

use crate::base::files::read_bounded;

/// More than any program here has to say about an error.
const LARGEST_COMPLAINT: u64 = 64 << 10;
/// Between a program's closing of its output and its end.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What a program answered.
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    /// Its standard output, wiped when dropped.
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    /// Its standard error, trimmed.
    pub(crate) stderr: String,
}

/// Runs a program with `input` on its standard input. After `limit` it is killed, and the error is
/// [`io::ErrorKind::TimedOut`]; output of more than `largest` bytes is an error too.
pub(crate) fn run(
    command: &mut Command,
    input: Zeroizing<Vec<u8>>,
    limit: Duration,
    largest: u64,
) -> io::Result<Answer> {
    let until = Instant::now() + limit;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let answered = talk(&mut child, input, until, largest);
    if answered.is_err() {
        // It may have ended by itself meanwhile.
        let _ = child.kill();
        child.wait()?;
    }
    answered
}

/// Runs a program in a session of its own, without input, until it has printed `end` or has ended, and returns what it
/// printed, wiped when dropped. Then, or after `limit`, it is killed with all that it started in its process group:
/// what it may leave running must not keep anybody waiting.
#[cfg(unix)]
pub(crate) fn until_said(
    command: &mut Command,
    end: &[u8],
    limit: Duration,
    largest: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    use std::os::unix::process::CommandExt;

    #[expect(unsafe_code, reason = "an interactive shell would stop itself over a terminal that it shares")]
    // SAFETY: between fork and exec there is this one system call and no allocation.
    unsafe {
        command.pre_exec(|| rustix::process::setsid().map(drop).map_err(io::Error::from));
    }
    let until = Instant::now() + limit;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let heard = match child.stdout.take() {
        Some(pipe) => hear(pipe, end, until, largest),
        None => Err(io::Error::other("it has no output")),
    };
    // It may have ended by itself meanwhile; its group may still be there then.
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::KILL,
    );
    child.wait()?;
    heard
}

/// Reads until `end` has come, or the end of the pipe.
#[cfg(unix)]
fn hear(
    mut pipe: impl io::Read + Send + 'static,
    end: &[u8],
    until: Instant,
    largest: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let (read, pieces) = mpsc::channel();
    std::thread::spawn(move || {
        let mut piece = Zeroizing::new([0; 4096]);
        while let Ok(length @ 1..) = pipe.read(&mut *piece) {
            // Nobody waits any more once the limit is over.
            if read.send(Zeroizing::new(piece[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    let mut heard = Zeroizing::new(Vec::new());
    loop {
        match pieces.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(piece) => heard.extend_from_slice(&piece),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("it ended before it was asked"));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(too_late()),
        }
        if heard.windows(end.len()).any(|part| part == end) {
            return Ok(heard);
        }
        if heard.len() as u64 > largest {
            return Err(io::Error::other("it printed too much"));
        }
    }
}

fn talk(child: &mut Child, input: Zeroizing<Vec<u8>>, until: Instant, largest: u64) -> io::Result<Answer> {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input says why in its exit status.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let stdout = reader(child.stdout.take(), largest);
    let stderr = reader(child.stderr.take(), LARGEST_COMPLAINT);
    let stdout = within(&stdout, until)?;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > until => return Err(too_late()),
            None => std::thread::sleep(LOOK_AGAIN),
        }
    };
    let stderr = within(&stderr, until)?;
    Ok(Answer { status, stdout, stderr: String::from_utf8_lossy(&stderr).trim().to_owned() })
}

type Read = io::Result<Zeroizing<Vec<u8>>>;

/// Reads on a thread of its own, which ends with the pipe: a program may leave children that keep it open.
fn reader(pipe: Option<impl io::Read + Send + 'static>, largest: u64) -> mpsc::Receiver<Read> {
    let (read, result) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let bytes = pipe.map_or_else(|| Ok(Zeroizing::default()), |pipe| read_bounded(pipe, 0, largest));
        // Nobody waits any more once the limit is over.
        let _ = read.send(bytes);
    });
    result
}

fn within(result: &mpsc::Receiver<Read>, until: Instant) -> Read {
    result.recv_timeout(until.saturating_duration_since(Instant::now())).unwrap_or_else(|_| Err(too_late()))
}

fn too_late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it did not end in time")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn sh(script: &str, input: &str) -> io::Result<Answer> {
        let mut sh = Command::new("/bin/sh");
        let input = Zeroizing::new(input.as_bytes().to_vec());
        run(sh.args(["-c", script]), input, Duration::from_millis(300), 1000)
    }

    #[test]
    fn passes_input_and_output_on() {
        let answer = sh("cat; echo why >&2; exit 3", "question").unwrap();
        assert_eq!((answer.stdout.as_slice(), answer.stderr.as_str()), (&b"question"[..], "why"));
        assert_eq!(answer.status.code(), Some(3));
        assert!(sh("exit 0", &"unread".repeat(100_000)).unwrap().status.success());
    }

    #[test]
    fn ends_what_does_not_end() {
        let late = |script| sh(script, "").map(drop).unwrap_err().kind();
        assert_eq!(late("exec sleep 100"), io::ErrorKind::TimedOut);
        assert_eq!(late("exec >&-; exec sleep 100"), io::ErrorKind::TimedOut);
        assert_eq!(late("sleep 100 & exit 0"), io::ErrorKind::TimedOut);
        assert!(sh("exec yes", "").map(drop).unwrap_err().to_string().contains("larger"));
    }
}
