//! The window: a program of its own, beside this one.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use herokey_app::request::ACTIVATION;
use herokey_core::Env;
use herokey_core::base::text::Text;
use herokey_core::desktop::software;

/// The title of a notification about a window that could not be opened.
pub(crate) const NOT_OPENED: &str = "Herokey's window could not be opened";
/// The title of a notification about a window that ended while it was used.
const STOPPED: &str = "Herokey's window stopped working";

/// Where a launcher puts the activation token for the program that it starts.
const VARIABLES: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// How long after its start a window that crashes counts as one that could not start.
const START: Duration = Duration::from_secs(15);
/// The signals of a program that has crashed (signal(7)): SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE and SIGSEGV. Others stop it
/// on purpose.
const CRASHES: [i32; 6] = [4, 5, 6, 7, 8, 11];
/// How long what a window wrote may take to arrive after its end. What it started may keep its output open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Opens the window, or brings it to the front with the desktop's activation token. A window that crashes at once is opened
/// once more, and draws without the graphics card. If a window ends with an error, `failed` gets a title and the reason.
pub(crate) fn open(
    env: &Env,
    arg: Option<&str>,
    activation: Option<String>,
    failed: impl FnOnce(&'static str, &str) + Send + 'static,
) -> io::Result<()> {
    let mut command = command(env, activation);
    // In a group of its own, so that Ctrl-C in the tray's terminal leaves it open.
    command.args(arg).stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| named(&command, &error))?;
    let watch = move || {
        let mut end = end(&mut child);
        let mut at_start = started.elapsed() < START;
        if end.is_crash() && at_start {
            tracing::warn!(
                "the window crashed ({}); it starts again without the graphics card",
                end.reason()
            );
            software::draw_in_software(&mut command);
            end = match command.spawn() {
                Ok(mut child) => {
                    let started = Instant::now();
                    let end = self::end(&mut child);
                    at_start = started.elapsed() < START;
                    end
                }
                Err(error) => End { status: Err(named(&command, &error)), last_words: String::new() },
            };
        }
        if end.is_error() {
            tracing::warn!("the window ended: {}", end.reason());
            failed(if at_start { NOT_OPENED } else { STOPPED }, &end.reason());
        }
    };
    std::thread::Builder::new().name("window".to_owned()).spawn(watch)?;
    Ok(())
}

/// How a window ended.
struct End {
    status: io::Result<ExitStatus>,
    /// The last line that it wrote to standard error.
    last_words: String,
}

impl End {
    fn is_crash(&self) -> bool {
        let signal = self.status.as_ref().ok().and_then(ExitStatusExt::signal);
        signal.is_some_and(|signal| CRASHES.contains(&signal))
    }

    /// False for a window that somebody stopped.
    fn is_error(&self) -> bool {
        let failed = |status: &ExitStatus| status.code().is_some_and(|code| code != 0);
        self.is_crash() || self.status.as_ref().map_or(true, failed)
    }

    /// Why it ended, in one sentence.
    fn reason(&self) -> String {
        let how = match &self.status {
            Err(error) => return sentence(&error.to_string()),
            Ok(status) if status.signal().is_some() => format!("It crashed ({status})"),
            Ok(status) => format!("It ended with {status}"),
        };
        sentence(&if self.last_words.is_empty() { how } else { format!("{how}: {}", self.last_words) })
    }
}

fn sentence(text: &str) -> String {
    format!("{}.", Text::of(text).trim_end_matches('.'))
}

/// Waits for a window's end. Meanwhile all that it writes goes on to this program's standard error.
fn end(window: &mut Child) -> End {
    let (sender, last_words) = mpsc::channel();
    if let Some(output) = window.stderr.take() {
        let pass_on = move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                // Nobody may read it.
                let _ = io::stderr().write_all(&[&line, b"\n".as_slice()].concat());
                let line = message(&String::from_utf8_lossy(&line));
                if !line.is_empty() && sender.send(line).is_err() {
                    return;
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("window".to_owned()).spawn(pass_on) {
            tracing::warn!("what the window says cannot be read: {error}");
        }
    }
    let status = window.wait();
    let until = Instant::now() + LAST_WORDS;
    let mut last = String::new();
    while let Ok(line) = last_words.recv_timeout(until.saturating_duration_since(Instant::now())) {
        last = line;
    }
    End { status, last_words: last }
}

/// A line of a log without its time and source.
fn message(line: &str) -> String {
    let log = line.split_once(" ERROR ").or_else(|| line.split_once(" WARN "));
    let message = log.and_then(|(_, rest)| rest.split_once(": ")).map_or(line, |(_, message)| message);
    message.trim().to_owned()
}

/// Replaces this process with the window. Returns only if that fails.
pub(crate) fn exec(env: &Env) -> io::Error {
    let mut command = command(env, own_activation(env));
    let error = command.exec();
    named(&command, &error)
}

/// The activation token that this program was started with.
pub(crate) fn own_activation(env: &Env) -> Option<String> {
    VARIABLES.into_iter().find_map(|name| env.text(name)).map(str::to_owned)
}

/// The window shows which variables override the stores, so it gets all that the tray was started with.
fn command(env: &Env, activation: Option<String>) -> Command {
    let mut command = env.command_with(env.programs.join("herokey-desktop"), |_| true);
    command.args(activation.map(|activation| ACTIVATION.to_owned() + &activation));
    // The tray's own token is used up.
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

fn named(command: &Command, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", command.get_program().display()))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::{end, message};

    #[test]
    fn the_reason_is_how_it_ended_and_its_last_words() {
        let reason = |script: &str| {
            let mut command = Command::new("sh");
            let mut window = command.args(["-c", script]).stderr(Stdio::piped()).spawn().unwrap();
            end(&mut window).reason()
        };
        let missing =
            reason("echo first >&2; echo 'libfake.so: cannot open shared object file' >&2; exit 127");
        assert_eq!(missing, "It ended with exit status: 127: libfake.so: cannot open shared object file.");
        assert_eq!(reason("kill -11 $$"), "It crashed (signal: 11 (SIGSEGV)).");
        // What still runs keeps the output open.
        assert_eq!(reason("sleep 9 & exit 1"), "It ended with exit status: 1.");
    }

    #[test]
    fn a_log_line_is_shortened_to_its_message() {
        let line = "2026-01-01T00:00:00Z ERROR herokey_desktop: no display: Failed";
        assert_eq!(message(line), "no display: Failed");
        assert_eq!(message(" plain: words "), "plain: words");
    }
}
