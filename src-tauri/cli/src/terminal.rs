//! What a command writes: results to standard output, and progress, outcomes and errors to standard error.

use std::io::{self, Write};

use herokey_core::action::{self, Action, Done, Progress, Runner};
use herokey_core::base::person::Person;
use herokey_core::base::text;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_core::{Env, Error, Result};

use crate::progress_line;
use crate::style::{self, Style};

/// A runner for actions that prints their progress.
pub(crate) fn with_runner<T>(env: &Env, person: &dyn Person, run: impl FnOnce(&Runner<'_>) -> T) -> T {
    let progress = |progress| print_progress(env, progress);
    run(&Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person })
}

/// Says which programs an action leaves with another token or none, performs it, and prints its progress and what it did.
pub(crate) fn perform(env: &Env, person: &dyn Person, action: &Action) -> Result<()> {
    for affected in action::affected_by(env, action) {
        say(&affected.to_string());
    }
    let done = with_runner(env, person, |runner| action::perform(runner, action))?;
    print_done(&done);
    Ok(())
}

/// Prints what an action did.
pub(crate) fn print_done(done: &Done) {
    say(&done.what);
    if !done.note.is_empty() {
        say(&done.note);
    }
}

/// Prints an error: what happened, what it means for the token, and what to do next.
pub(crate) fn print_error(error: &Error) {
    say(&format!("{}: {} [{}]", Style::ErrorLabel.paint("error"), error.what, error.code));
    for part in [&error.means, &error.next_step, &error.detail] {
        if !part.is_empty() {
            say(&format!("  {}", part.replace('\n', "\n  ")));
        }
    }
}

/// Prints the address of a page to sign in on.
pub(crate) fn print_page(address: &str, opened: bool) {
    let how = if opened {
        "Sign in on the page that opens in your browser. If it does not open, open it yourself:"
    } else {
        "Open this page in a browser and sign in:"
    };
    say(&format!("{how}\n\n  {}\n", style::link(address)));
}

/// Prints a line on standard error.
pub(crate) fn say(line: &str) {
    // If standard error is closed, nobody is reading.
    let _ = writeln!(Guarded::new(anstream::stderr()), "{line}");
}

/// Standard output for a command's results.
pub(crate) fn stdout() -> impl Write {
    Guarded::new(anstream::stdout())
}

/// A terminal that text from outside cannot control. Such text is checked where it enters; this is the last guard.
///
/// Everything invisible is written as in JSON, such as `\u001b`, except for line breaks and Herokey's own styles and links.
struct Guarded<W: Write> {
    terminal: W,
    /// The beginning of a line, whose end is not written yet.
    line: Vec<u8>,
}

impl<W: Write> Guarded<W> {
    fn new(terminal: W) -> Self {
        Self { terminal, line: Vec::new() }
    }

    fn write_first(&mut self, length: usize) -> io::Result<()> {
        let lines: Vec<u8> = self.line.drain(..length).collect();
        let _removed = progress_line::removed();
        self.terminal.write_all(guarded(&String::from_utf8_lossy(&lines)).as_bytes())
    }
}

impl<W: Write> Write for Guarded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            self.write_first(end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_first(self.line.len())?;
        self.terminal.flush()
    }
}

fn guarded(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((sequence, after)) =
            style::own_sequence(rest).and_then(|length| rest.split_at_checked(length))
        {
            guarded.push_str(sequence);
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if matches!(c, ' ' | '\n') || text::is_visible(c) {
            guarded.push(c);
        } else {
            let mut units = [0; 2];
            guarded.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    guarded
}

fn print_progress(env: &Env, progress: Progress) {
    match progress {
        Progress::Waiting { address, browser_opened, .. } => {
            print_page(&address, browser_opened);
            say(&format!("Waiting for up to {} minutes…", env.limits.login.as_secs() / 60));
        }
        Progress::Step(step) => say(&format!("{} {step}", Style::Fine.paint('✓'))),
    }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn only_herokeys_own_styles_reach_the_terminal() {
        let own = "\x1b[1;31merror\x1b[0m: Zoë's token …a1b2 ✓\n  next\n";
        assert_eq!(guarded(own), own);
        let foreign = "\x1b]0;title\x07 \x1b[2J\x1b[8m\r\u{9b}\u{202e}\u{200b}\u{e0041}";
        assert_eq!(
            guarded(foreign),
            r"\u001b]0;title\u0007 \u001b[2J\u001b[8m\u000d\u009b\u202e\u200b\udb40\udc41"
        );
        assert_eq!(serde_json::from_str::<String>(&guarded("\"\u{202e}\"")).unwrap(), "\u{202e}");
    }
}
