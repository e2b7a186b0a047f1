//! `herokey move`, `herokey forget` and `herokey link`: where the token is stored on this machine.

use std::io::Write;

use herokey_core::action::{self, Action, plan_move};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::{Env, Result};

use crate::Failure;
use crate::args::{Forget, Move, StoreArg};
use crate::suggest;
use crate::terminal::{self, perform};

pub(crate) fn run(env: &Env, args: &Move) -> Result<(), Failure> {
    if args.keep_copy && matches!(args.to, StoreArg::Netrc) {
        let what = "`--keep-copy` leaves a copy in netrc, so it only goes with `keychain`.";
        return Err(Error::new(Code::WrongUsage, what).into());
    }
    if args.dry_run {
        return dry_run(env, args);
    }
    Ok(perform(env, &Nobody, &Action::Move { to: args.to.into(), keep_copy: args.keep_copy })?)
}

pub(crate) fn forget(env: &Env, args: &Forget) -> Result<()> {
    let what = action::Forget { place: args.store.into(), account: args.account.clone() };
    perform(env, &Nobody, &Action::Forget(what))
}

pub(crate) fn link(env: &Env, account: String) -> Result<()> {
    let asked = account.clone();
    suggest::account(env, Some(&asked), perform(env, &Nobody, &Action::Link { account }))
}

fn dry_run(env: &Env, args: &Move) -> Result<(), Failure> {
    let plan = plan_move(env, args.to.into(), args.keep_copy, Cancel::new())?;
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
    for affected in &plan.affected {
        writeln!(out, "{affected}")?;
    }
    if !plan.affected.is_empty() {
        writeln!(out, "With `--keep-copy`, a copy stays in netrc for them.")?;
    }
    Ok(())
}
