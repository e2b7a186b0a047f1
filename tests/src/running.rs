//! A program that is running in a world, and its result.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};
use rustix::termios::LocalModes;

use crate::output::Output;
use crate::process::wait_readable;

/// How long to wait for the rest of the output. A daemon that the program started may keep it open forever.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(2);

/// A running program. Dropping it kills the program and its process group.
#[derive(Debug)]
pub struct Running {
    pub(crate) line: String,
    pub(crate) child: Child,
    pub(crate) terminal: Option<File>,
    pub(crate) output: Output,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) kill: Option<PathBuf>,
    pub(crate) timeout: Duration,
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ends_within(Duration::ZERO)
    }

    /// Whether it ends before the timeout of its [`Program`](crate::Program).
    pub fn ends_within_timeout(&self) -> bool {
        self.ends_within(self.timeout)
    }

    /// Waits for its end, and returns the most memory that it had at once, in MiB (proc(5), `VmHWM`).
    pub fn peak_memory(&self) -> f64 {
        let mut peak = 0.0;
        while !self.ends_within(Duration::from_millis(1)) {
            let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            peak = kilobytes.map_or(peak, |kilobytes| kilobytes / 1024.0);
        }
        peak
    }

    /// What it has written so far, standard output first.
    pub fn output(&self) -> String {
        self.output.all()
    }

    /// Every program that it and its children have started so far, if it is [traced](crate::Program::traced).
    pub fn started_programs(&self) -> String {
        let read = |file| fs::read_to_string(file).expect("strace wrote its record");
        self.trace.as_ref().map(read).unwrap_or_default()
    }

    /// Waits until it has written this text to either output.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        if let Err(why) = self.output.wait_for(text, self.timeout) {
            panic!("`{}` {why} without writing {text:?}. It wrote:\n{}", self.line, self.output());
        }
    }

    /// Waits until what it has written to its terminal satisfies a condition.
    #[track_caller]
    pub fn wait_until(&self, is_there: impl Fn(&str) -> bool) {
        if let Err(why) = self.output.wait_until(is_there, self.timeout) {
            panic!("`{}` {why}. It wrote:\n{}", self.line, self.output());
        }
    }

    /// Types on its terminal.
    #[track_caller]
    pub fn type_in(&mut self, keys: &str) {
        let terminal = self.terminal.as_mut().expect("a program `on_terminal`");
        terminal.write_all(keys.as_bytes()).expect("the terminal accepts keys");
    }

    /// Whether its terminal shows what is typed.
    pub fn echoes(&self) -> bool {
        let terminal = self.terminal.as_ref().expect("a program `on_terminal`");
        let modes = rustix::termios::tcgetattr(terminal).expect("a terminal has modes").local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// Whether a signal has stopped it (`proc_pid_stat(5)`).
    pub fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a child can be sent signals");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        assert!(
            self.ends_within(self.timeout),
            "`{}` did not end within {:?}. It wrote:\n{}",
            self.line,
            self.timeout,
            self.output()
        );
        let status = self.child.wait().expect("a child can be waited for");
        self.output.wait_for_end(OUTPUT_TIMEOUT);
        let (stdout, stderr) = self.output.both();
        Finished {
            line: self.line.clone(),
            status,
            stdout,
            stderr,
            started_programs: self.started_programs(),
            killed_at: self.kill.as_ref().and_then(|report| fs::read_to_string(report).ok()),
        }
    }

    /// Whether it ends within `timeout`.
    pub fn ends_within(&self, timeout: Duration) -> bool {
        let handle = pidfd_open(self.pid(), PidfdFlags::empty()).expect("a child has a process handle");
        wait_readable(&handle, timeout)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        // Each of these may fail because the process has ended in the meantime.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The command line.
    pub line: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output, or to both outputs if it ran on a terminal.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Every program that it and its children started, in the format of `strace`; empty unless it was traced.
    pub started_programs: String,
    /// The system call at which it was killed; `None` if it ended by itself.
    pub killed_at: Option<String>,
}

impl Finished {
    /// Its exit code; `None` if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Asserts that it succeeded, and returns its standard output without the last line break.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert!(self.status.success(), "`{}` failed: {self}", self.line);
        self.stdout.trim_end_matches('\n')
    }

    /// Asserts that it failed with this exit code, and returns its standard error.
    #[track_caller]
    pub fn failed_with(&self, code: i32) -> &str {
        assert_eq!(self.code(), Some(code), "`{}`: {self}", self.line);
        &self.stderr
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how =
            self.status.signal().map_or_else(|| self.status.to_string(), |signal| format!("signal {signal}"));
        write!(formatter, "{how}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
