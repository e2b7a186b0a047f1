//! Runs other programs with limits on their time and output, and captures what they print.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use secrecy::zeroize::Zeroizing;

use crate::base::files::read_bounded;
use crate::base::masking::hide_credentials;
use crate::base::text::paragraph;

/// The limit for standard error, which is more than any error message.
const MAX_STDERR_BYTES: u64 = 64 << 10;
/// How often to check whether a program that has closed its output has exited.
const POLL: Duration = Duration::from_millis(2);

/// What a program printed and how it exited.
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    /// Its standard output, wiped when dropped.
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    /// The beginning of its standard error, trimmed and safe to show: without control characters and credentials.
    pub(crate) stderr: String,
}

/// Runs a program with `input` on its standard input. A program that takes longer than `timeout` is killed, and the error
/// is [`io::ErrorKind::TimedOut`]. Output of more than `max_bytes` is an error too.
pub(crate) fn run(
    command: &mut Command,
    input: Zeroizing<Vec<u8>>,
    timeout: Duration,
    max_bytes: u64,
) -> io::Result<Answer> {
    let deadline = Instant::now() + timeout;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let answer = talk(&mut child, input, deadline, max_bytes);
    if answer.is_err() {
        // Fails if the program has exited in the meantime.
        let _ = child.kill();
        child.wait()?;
    }
    answer
}

/// Runs a program in its own session, without input, until it prints `end`, and returns its output, which is wiped when
/// dropped. Then, or after `timeout`, its whole process group is killed, because what it leaves running could keep the
/// output open.
#[cfg(unix)]
pub(crate) fn run_until_output(
    command: &mut Command,
    end: &[u8],
    timeout: Duration,
    max_bytes: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    use std::os::unix::process::CommandExt;

    #[expect(unsafe_code, reason = "an interactive shell that shares our terminal would stop itself")]
    // SAFETY: between fork and exec there is only this system call, and no allocation.
    unsafe {
        command.pre_exec(|| rustix::process::setsid().map(drop).map_err(io::Error::from));
    }
    let deadline = Instant::now() + timeout;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let output = match child.stdout.take() {
        Some(pipe) => read_until(pipe, end, deadline, max_bytes),
        None => Err(io::Error::other("it has no output")),
    };
    // Fails if the whole group has exited in the meantime.
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::KILL,
    );
    child.wait()?;
    output
}

/// Reads until `end` appears.
#[cfg(unix)]
fn read_until(
    mut pipe: impl io::Read + Send + 'static,
    end: &[u8],
    deadline: Instant,
    max_bytes: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let (sender, pieces) = mpsc::channel();
    std::thread::spawn(move || {
        let mut piece = Zeroizing::new([0; 4096]);
        while let Ok(length @ 1..) = pipe.read(&mut *piece) {
            // Fails once the receiver has timed out.
            if sender.send(Zeroizing::new(piece[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    let mut output = Zeroizing::new(Vec::new());
    loop {
        match pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(piece) => output.extend_from_slice(&piece),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("it exited before it answered"));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(timed_out()),
        }
        if output.windows(end.len()).any(|part| part == end) {
            return Ok(output);
        }
        if output.len() as u64 > max_bytes {
            return Err(io::Error::other("it printed too much"));
        }
    }
}

fn talk(
    child: &mut Child,
    input: Zeroizing<Vec<u8>>,
    deadline: Instant,
    max_bytes: u64,
) -> io::Result<Answer> {
    if let Some(mut stdin) = child.stdin.take() {
        // The exit status tells whether a program failed that did not read its input.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let stdout = reader(child.stdout.take(), max_bytes);
    let stderr = reader(child.stderr.take(), MAX_STDERR_BYTES);
    let stdout = receive(&stdout, deadline)?;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > deadline => return Err(timed_out()),
            None => std::thread::sleep(POLL),
        }
    };
    let stderr = receive(&stderr, deadline)?;
    Ok(Answer {
        status,
        stdout,
        stderr: hide_credentials(&paragraph(String::from_utf8_lossy(&stderr).trim())),
    })
}

type Read = io::Result<Zeroizing<Vec<u8>>>;

/// Reads on a separate thread, which lives until the pipe closes: a program may leave children that keep it open.
fn reader(pipe: Option<impl io::Read + Send + 'static>, max_bytes: u64) -> mpsc::Receiver<Read> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let bytes = pipe.map_or_else(|| Ok(Zeroizing::default()), |pipe| read_bounded(pipe, 0, max_bytes));
        // Fails once the receiver has timed out.
        let _ = sender.send(bytes);
    });
    receiver
}

fn receive(reader: &mpsc::Receiver<Read>, deadline: Instant) -> Read {
    let left = deadline.saturating_duration_since(Instant::now());
    reader.recv_timeout(left).unwrap_or_else(|_| Err(timed_out()))
}

fn timed_out() -> io::Error {
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
    fn passes_on_input_and_output() {
        let answer = sh("cat; echo why >&2; exit 3", "question").unwrap();
        assert_eq!((answer.stdout.as_slice(), answer.stderr.as_str()), (&b"question"[..], "why"));
        assert_eq!(answer.status.code(), Some(3));
        assert!(sh("exit 0", &"unread".repeat(100_000)).unwrap().status.success());
    }

    #[test]
    fn a_program_that_hangs_or_floods_is_killed() {
        let error = |script| sh(script, "").map(drop).unwrap_err().kind();
        assert_eq!(error("exec sleep 100"), io::ErrorKind::TimedOut);
        assert_eq!(error("exec >&-; exec sleep 100"), io::ErrorKind::TimedOut);
        assert_eq!(error("sleep 100 & exit 0"), io::ErrorKind::TimedOut);
        assert!(sh("exec yes", "").map(drop).unwrap_err().to_string().contains("larger"));
    }
}
