//! `herokey move`, `herokey forget`, `herokey link`: where the token lives on this machine.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::action::{self, Done, Progress, Runner, plan_move};
use herokey_core::journal::Program;
use herokey_core::person::Nobody;
use herokey_core::platform::Cancel;

use crate::args::{Forget, Move};
use crate::login::tell;
use crate::{Failure, say};

pub(crate) fn run(env: &Env, args: &Move) -> Result<(), Failure> {
    if args.dry_run {
        return dry_run(env, args);
    }
    act(env, |runner| action::move_token(runner, args.to.into()))
}

pub(crate) fn forget(env: &Env, args: Forget) -> Result<(), Failure> {
    let what = action::Forget { place: args.place.into(), account: args.account };
    act(env, |runner| action::forget(runner, &what))
}

pub(crate) fn link(env: &Env, account: &str) -> Result<(), Failure> {
    act(env, |runner| action::link(runner, account))
}

fn act(env: &Env, action: impl FnOnce(&Runner<'_>) -> herokey_core::Result<Done>) -> Result<(), Failure> {
    let progress = |progress| {
        if let Progress::Step(step) = progress {
            say(&format!("\x1b[32m✓\x1b[0m {step}"));
        }
    };
    let done = action(&Runner {
        env,
        by: Program::Terminal,
        cancel: Cancel::new(),
        progress: &progress,
        person: &Nobody,
    })?;
    tell(&done.what, &done.note);
    Ok(())
}

fn dry_run(env: &Env, args: &Move) -> Result<(), Failure> {
    let plan = plan_move(env, args.to.into(), Cancel::new())?;
    let mut out = io::stdout();
    writeln!(out, "The token {} of {}:", plan.masked, plan.account)?;
    for step in &plan.steps {
        writeln!(out, "  {step}")?;
    }
    if plan.steps.is_empty() {
        writeln!(out, "  Nothing to do: it is there already, and nowhere else")?;
    }
    if !plan.means.is_empty() {
        writeln!(out, "{}", plan.means)?;
    }
    Ok(())
}
