//! `herokey move`, `herokey forget` and `herokey link`: where the token is stored on this machine.

use std::io::Write;

use herokey_core::action::{self, Action, plan_move};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::{Env, Result};

use crate::Failure;
use crate::args::{Forget, Move};
use crate::terminal::{self, perform};

pub(crate) fn run(env: &Env, args: &Move) -> Result<(), Failure> {
    if args.dry_run {
        return dry_run(env, args);
    }
    Ok(perform(env, &Nobody, &Action::Move { to: args.to.into() })?)
}

pub(crate) fn forget(env: &Env, args: Forget) -> Result<()> {
    let what = action::Forget { place: args.store.into(), account: args.account };
    perform(env, &Nobody, &Action::Forget(what))
}

pub(crate) fn link(env: &Env, account: String) -> Result<()> {
    perform(env, &Nobody, &Action::Link { account })
}

fn dry_run(env: &Env, args: &Move) -> Result<(), Failure> {
    let plan = plan_move(env, args.to.into(), Cancel::new())?;
    let mut out = terminal::stdout();
    writeln!(out, "Steps to move the token {} of {}:", plan.masked, plan.account)?;
    for step in &plan.steps {
        writeln!(out, "  {step}")?;
    }
    if plan.steps.is_empty() {
        writeln!(out, "  Nothing to do: the token is already there, and only there")?;
    }
    if !plan.means.is_empty() {
        writeln!(out, "{}", plan.means)?;
    }
    Ok(())
}
