//! `herokey logout`.

use herokey_core::action::{LogOut, Progress, Runner, log_out};
use herokey_core::journal::Program;
use herokey_core::platform::Cancel;
use herokey_core::{Env, Result};

use crate::args::Logout;
use crate::login::tell;
use crate::person::Here;
use crate::say;

pub(crate) fn run(env: &Env, args: Logout) -> Result<()> {
    let progress = |progress| {
        if let Progress::Step(step) = progress {
            say(&format!("\x1b[32m✓\x1b[0m {step}"));
        }
    };
    let runner = Runner {
        env,
        by: Program::Terminal,
        cancel: Cancel::new(),
        progress: &progress,
        person: &Here::new(env),
    };
    let done = log_out(&runner, &LogOut { local_only: args.local_only, account: args.account })?;
    tell(&done.what, &done.note);
    Ok(())
}
