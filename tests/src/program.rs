//! Starting a program in a world, talking to it, and waiting for its end with a limit.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};

use crate::output::Output;
use crate::process::wait_readable;
use crate::programs::herokey_path;

const LIMIT: Duration = Duration::from_secs(30);
/// A program that has ended may leave a daemon behind that keeps its output open.
const OUTPUT_LIMIT: Duration = Duration::from_secs(2);

/// A program about to run in a world, with the world's environment and nothing of the test's own.
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `run` or `start`"]
pub struct Program {
    name: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    input: Option<Vec<u8>>,
    on_terminal: bool,
    trace: Option<PathBuf>,
    kill: Option<(usize, PathBuf)>,
    limit: Duration,
}

impl Program {
    pub(crate) fn new(name: &str, environment: BTreeMap<String, String>, folder: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            arguments: Vec::new(),
            environment,
            folder,
            input: None,
            on_terminal: false,
            trace: None,
            kill: None,
            limit: LIMIT,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a variable away.
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// Runs it in this folder; the world's home otherwise.
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// What it reads from its standard input, which is empty otherwise. Not for a terminal.
    pub fn input(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.input = Some(text.into());
        self
    }

    /// Gives it a terminal of its own for input, output and errors, 120 by 40; all output is then in `stdout`.
    pub fn on_terminal(mut self) -> Self {
        self.on_terminal = true;
        self
    }

    /// Records every program that it and its children start, with all arguments and variables, by `strace`.
    ///
    /// Nothing is missed, however short it lives. [`Ended::starts`] has the record, a line each.
    pub fn traced(mut self) -> Self {
        self.trace = Some(self.record("starts"));
        self
    }

    /// A file of its own for what is recorded about it.
    fn record(&self, kind: &str) -> PathBuf {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let runtime = self.environment.get("XDG_RUNTIME_DIR").expect("a world has a runtime folder");
        PathBuf::from(runtime).join(format!("{kind}-{number}"))
    }

    /// Kills it, with all that it starts, at its `number`th system call that writes, counted from 1, before the
    /// call does anything. [`Ended::killed_at`] tells what that was.
    pub fn killed_at(mut self, number: usize) -> Self {
        self.kill = Some((number, self.record("killed")));
        self
    }

    /// How long it may take to its end, or to say what is waited for; 30 s unless told.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Ended {
        self.start().finish()
    }

    /// Starts it. It is killed where the [`Running`] is dropped, and where the test's thread ends.
    ///
    /// # Panics
    /// Where it cannot be started: not installed, or not built.
    #[track_caller]
    pub fn start(self) -> Running {
        let mut command = self.command();
        let terminal = if self.on_terminal {
            Some(terminal(&mut command))
        } else {
            let input = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
            command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
            None
        };
        die_with_the_test(&mut command, self.on_terminal);
        let spawned = command.spawn();
        // The terminal's other end is in `command`: the output ends only when that is gone.
        drop(command);
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("{} is not on the PATH of this world: `cargo xtask setup` installs it", self.name)
            }
            Err(error) => panic!("cannot start {}: {error}", self.name),
        };

        let output = Output::default();
        if let Some(pipe) = child.stdout.take() {
            output.read_stdout(OwnedFd::from(pipe).into());
        }
        if let Some(pipe) = child.stderr.take() {
            output.read_stderr(OwnedFd::from(pipe).into());
        }
        if let Some(terminal) = &terminal {
            output.read_stdout(terminal.try_clone().expect("a terminal can be opened twice"));
        }
        if let Some((mut pipe, input)) = child.stdin.take().zip(self.input) {
            // On a thread: the pipe may fill up before the program reads it.
            std::thread::spawn(move || match pipe.write_all(&input) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("cannot write: {error}"),
                // A program need not read its input to the end.
                _ => {}
            });
        }
        let line = [vec![self.name], self.arguments].concat().join(" ");
        let kill = self.kill.map(|(_, report)| report);
        Running { line, child, terminal, output, trace: self.trace, kill, limit: self.limit }
    }

    fn command(&self) -> Command {
        let mut command = match (&self.kill, &self.trace) {
            (Some((number, report)), _) => {
                let mut kill_at = Command::new(herokey_path("kill_at"));
                kill_at.arg(number.to_string()).arg(report).arg(&self.name);
                kill_at
            }
            (None, Some(file)) => {
                let mut strace = Command::new("strace");
                strace.args(["--follow-forks", "--seccomp-bpf", "--quiet=all", "--no-abbrev"]);
                strace.args(["--trace=execve,execveat", "--string-limit=1000000", "--output"]);
                strace.arg(file).arg("--").arg(&self.name);
                strace
            }
            (None, None) => Command::new(&self.name),
        };
        command.args(&self.arguments).env_clear().envs(&self.environment).current_dir(&self.folder);
        command
    }
}

/// Ties a program's life to the calling thread, and makes it head of a process group or, on a terminal,
/// of a session.
fn die_with_the_test(command: &mut Command, on_terminal: bool) {
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if on_terminal {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        } else {
            rustix::process::setpgid(None, None)?;
        }
        Ok(())
    };
    #[expect(unsafe_code, reason = "what runs between fork and exec must be safe for signal handlers")]
    // SAFETY: only system calls, no allocation and no lock.
    unsafe {
        command.pre_exec(prepare);
    }
}

/// Makes a terminal, puts its inner end into `command`, and returns the outer one.
fn terminal(command: &mut Command) -> File {
    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let outer = openpt(flags).expect("the system has a free terminal");
    grantpt(&outer).and_then(|()| unlockpt(&outer)).expect("a new terminal can be unlocked");
    let inner = ioctl_tiocgptpeer(&outer, flags).expect("a new terminal has another end");
    let size = rustix::termios::Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&inner, size).expect("a terminal can be resized");
    let again = || Stdio::from(inner.try_clone().expect("a terminal can be opened twice"));
    command.stdin(again()).stdout(again()).stderr(again());
    outer.into()
}

/// A program that runs. Dropping it kills it and what it started.
#[derive(Debug)]
pub struct Running {
    line: String,
    child: Child,
    terminal: Option<File>,
    output: Output,
    trace: Option<PathBuf>,
    kill: Option<PathBuf>,
    limit: Duration,
}

impl Running {
    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has come to its end.
    pub fn has_ended(&self) -> bool {
        let handle = pidfd_open(self.pid(), PidfdFlags::empty()).expect("a child has a handle");
        wait_readable(&handle, Duration::ZERO)
    }

    /// What it has written to both outputs so far.
    pub fn said(&self) -> String {
        self.output.all()
    }

    /// Every program it and its children have started so far; see [`Program::traced`].
    pub fn starts(&self) -> String {
        let record =
            self.trace.as_ref().map(|file| fs::read_to_string(file).expect("strace wrote its record"));
        record.unwrap_or_default()
    }

    /// Waits until it has written this text, on either output.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        if let Err(why) = self.output.wait_for(text, self.limit) {
            panic!("`{}` {why} without saying {text:?}. It said:\n{}", self.line, self.said());
        }
    }

    /// Types on its terminal.
    #[track_caller]
    pub fn type_in(&mut self, keys: &str) {
        let terminal = self.terminal.as_mut().expect("a program `on_terminal`");
        terminal.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Whether its terminal shows what is typed.
    pub fn echoes(&self) -> bool {
        let terminal = self.terminal.as_ref().expect("a program `on_terminal`");
        let modes = rustix::termios::tcgetattr(terminal).expect("a terminal has modes").local_modes;
        modes.contains(rustix::termios::LocalModes::ECHO | rustix::termios::LocalModes::ICANON)
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a child can be sent signals");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Ended {
        let handle = pidfd_open(self.pid(), PidfdFlags::empty()).expect("a child has a process handle");
        assert!(
            wait_readable(&handle, self.limit),
            "`{}` did not end within {:?}. It said:\n{}",
            self.line,
            self.limit,
            self.said()
        );
        let status = self.child.wait().expect("a child can be waited for");
        self.output.wait_for_end(OUTPUT_LIMIT);
        let starts = self.starts();
        let (stdout, stderr) = self.output.take();
        let killed_at = self.kill.as_ref().and_then(|report| fs::read_to_string(report).ok());
        Ended { line: self.line.clone(), status, stdout, stderr, starts, killed_at }
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
        // Each may find it gone by now, which is as well.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The command line.
    pub line: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to its standard output; both outputs where it was on a terminal.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
    /// Every program it and its children started, as `strace` writes them; empty unless `traced`.
    pub starts: String,
    /// The system call it was killed at; `None` where it ended by itself.
    pub killed_at: Option<String>,
}

impl Ended {
    /// Its exit code; `None` where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Insists that it succeeded, and returns its standard output without the last line break.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert!(self.status.success(), "`{}` failed: {self}", self.line);
        self.stdout.trim_end_matches('\n')
    }

    /// Insists on this exit code, and returns its standard error.
    #[track_caller]
    pub fn failed_with(&self, code: i32) -> &str {
        assert_eq!(self.code(), Some(code), "`{}`: {self}", self.line);
        &self.stderr
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how =
            self.status.signal().map_or_else(|| self.status.to_string(), |signal| format!("signal {signal}"));
        write!(formatter, "{how}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
