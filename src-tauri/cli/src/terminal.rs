//! What a command writes to standard error besides its results: progress, outcomes and errors.

use std::io::Write;

use herokey_core::action::{self, Action, Done, Progress, Runner};
use herokey_core::base::person::Person;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_core::{Env, Error, Result};

/// A runner for actions that prints their progress.
pub(crate) fn with_runner<T>(env: &Env, person: &dyn Person, run: impl FnOnce(&Runner<'_>) -> T) -> T {
    let progress = |progress| print_progress(env, progress);
    run(&Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person })
}

/// Performs an action and prints its progress and what it did.
pub(crate) fn perform(env: &Env, person: &dyn Person, action: &Action) -> Result<()> {
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
    say(&format!("\x1b[1;31merror\x1b[0m: {} [{}]", error.what, error.code));
    for part in [&error.means, &error.next_step, &error.detail] {
        if !part.is_empty() {
            say(&format!("  {part}"));
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
    say(&format!("{how}\n\n  {address}\n"));
}

/// Prints a line on standard error.
pub(crate) fn say(line: &str) {
    // If standard error is closed, nobody is reading.
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn print_progress(env: &Env, progress: Progress) {
    match progress {
        Progress::Waiting { address, browser_opened, .. } => {
            print_page(&address, browser_opened);
            say(&format!("Waiting for up to {} minutes…", env.limits.login.as_secs() / 60));
        }
        Progress::Step(step) => say(&format!("\x1b[32m✓\x1b[0m {step}")),
    }
}
