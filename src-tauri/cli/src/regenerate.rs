//! `herokey regenerate`.

use herokey_core::action::{Runner, regenerate};
use herokey_core::journal::Program;
use herokey_core::platform::Cancel;
use herokey_core::{Env, Result};

use crate::login::{show, tell};
use crate::person::Here;

pub(crate) fn run(env: &Env, yes: bool) -> Result<()> {
    let person = Here { yes, ..Here::new(env) };
    let progress = |progress| show(env, progress);
    let runner =
        Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person: &person };
    let done = regenerate(&runner)?;
    tell(&done.what, &done.note);
    Ok(())
}
