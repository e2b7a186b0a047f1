//! A program that is about to run in a world.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use crate::output::Output;
use crate::patience::PATIENCE;
use crate::programs::herokey_path;
use crate::running::{Finished, Running};

/// A program that is about to run in a world. It gets the world's environment and nothing from the test's own.
#[derive(Clone, Debug)]
#[must_use = "call `run` or `start`"]
pub struct Program {
    name: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    input: Option<Vec<u8>>,
    on_terminal: bool,
    trace: Option<PathBuf>,
    kill: Option<(usize, PathBuf)>,
    timeout: Duration,
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
            timeout: PATIENCE,
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

    /// Removes a variable.
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// Runs the program in this folder instead of the world's home.
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Sets what the program reads from standard input, which is empty otherwise. Has no effect on a terminal.
    pub fn input(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.input = Some(text.into());
        self
    }

    /// Runs the program on a terminal of its own, 120 columns by 40 lines. `stdout` then has both outputs.
    pub fn on_terminal(mut self) -> Self {
        self.on_terminal = true;
        self
    }

    /// Records with `strace` every program that this one and its children start, with all arguments and variables.
    ///
    /// [`Finished::started_programs`] has a line for each of them, no matter how short they run.
    pub fn traced(mut self) -> Self {
        self.trace = Some(self.report_file("starts"));
        self
    }

    /// Kills the program and all that it starts at its `number`th system call that writes, counted from 1, before the
    /// call has any effect. [`Finished::killed_at`] names that call.
    pub fn killed_at_write(mut self, number: usize) -> Self {
        self.kill = Some((number, self.report_file("killed")));
        self
    }

    /// How long to wait for its end, or for a text in its output; [`PATIENCE`] by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs the program and waits for its end.
    #[track_caller]
    pub fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts the program. It is killed when the [`Running`] is dropped and when the test's thread ends.
    ///
    /// # Panics
    /// If it cannot start, for example because it is not installed or not built.
    #[track_caller]
    pub fn start(self) -> Running {
        let mut command = self.command();
        let terminal = if self.on_terminal {
            Some(open_terminal(&mut command))
        } else {
            let input = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
            command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
            None
        };
        end_with_this_thread(&mut command, self.on_terminal);
        let spawned = command.spawn();
        // `command` holds the terminal's inner end. The output ends only after that is closed.
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
            // On a thread, because the pipe may fill up before the program reads it.
            std::thread::spawn(move || match pipe.write_all(&input) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("cannot write: {error}"),
                // A program may end before it has read all of its input.
                _ => {}
            });
        }
        Running {
            line: [vec![self.name], self.arguments].concat().join(" "),
            child,
            terminal,
            output,
            trace: self.trace,
            kill: self.kill.map(|(_, report)| report),
            timeout: self.timeout,
        }
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

    /// A new path in the runtime folder for a report about this program.
    fn report_file(&self, kind: &str) -> PathBuf {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let runtime = self.environment.get("XDG_RUNTIME_DIR").expect("a world has a runtime folder");
        PathBuf::from(runtime).join(format!("{kind}-{number}"))
    }
}

/// Lets the system kill the program when the calling thread ends, and makes it the leader of a process group or, on a
/// terminal, of a session. Signals do what they do in a terminal, also if the tests run in the background of a script, which
/// ignores Ctrl-C (POSIX, "Asynchronous Lists").
fn end_with_this_thread(command: &mut Command, on_terminal: bool) {
    let prepare = move || {
        for signal in [nix::sys::signal::SIGINT, nix::sys::signal::SIGQUIT] {
            #[expect(unsafe_code, reason = "a signal's handler is changed")]
            // SAFETY: the default is no handler of this program.
            unsafe {
                nix::sys::signal::signal(signal, nix::sys::signal::SigHandler::SigDfl)?;
            }
        }
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if on_terminal {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        } else {
            rustix::process::setpgid(None, None)?;
        }
        Ok(())
    };
    #[expect(unsafe_code, reason = "code between fork and exec must be async-signal-safe")]
    // SAFETY: only system calls, no allocation and no lock.
    unsafe {
        command.pre_exec(prepare);
    }
}

/// Opens a terminal, connects `command` to its inner end, and returns the outer end.
fn open_terminal(command: &mut Command) -> File {
    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let outer = openpt(flags).expect("the system has a free terminal");
    grantpt(&outer).and_then(|()| unlockpt(&outer)).expect("a new terminal can be unlocked");
    let inner = ioctl_tiocgptpeer(&outer, flags).expect("a new terminal has another end");
    let size = rustix::termios::Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&inner, size).expect("a terminal can be resized");
    let duplicate = || Stdio::from(inner.try_clone().expect("a terminal can be opened twice"));
    command.stdin(duplicate()).stdout(duplicate()).stderr(duplicate());
    outer.into()
}
