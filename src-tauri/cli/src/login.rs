//! `herokey login`.

use herokey_core::action::{LogIn, Progress, Runner, log_in};
use herokey_core::journal::Program;
use herokey_core::person::Nobody;
use herokey_core::platform::Cancel;
use herokey_core::{Env, Result};

use crate::args::Login;
use crate::say;

pub(crate) fn run(env: &Env, args: &Login) -> Result<()> {
    let how = LogIn { place: args.store.place(), open_browser: !args.no_browser };
    let progress = |progress| show(env, progress);
    let done = log_in(
        &Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person: &Nobody },
        &how,
    )?;
    tell(&done.what, &done.note);
    Ok(())
}

/// Tells how far an action is.
pub(crate) fn show(env: &Env, progress: Progress) {
    match progress {
        Progress::Waiting { address, browser_opened, .. } => {
            let how = if browser_opened {
                "Your browser opens this page; log in there. If it does not open, open it by hand:"
            } else {
                "Open this page in a browser and log in there:"
            };
            say(&format!(
                "{how}\n\n  {address}\n\nWaiting, at most {} minutes…",
                env.limits.login.as_secs() / 60
            ));
        }
        Progress::Step(step) => say(&format!("\x1b[32m✓\x1b[0m {step}")),
    }
}

pub(crate) fn tell(what: &str, note: &str) {
    say(what);
    if !note.is_empty() {
        say(note);
    }
}
