//! `herokey regenerate`.

use herokey_core::action::Action;
use herokey_core::{Env, Result};

use crate::person::Here;
use crate::terminal::perform;

pub(crate) fn run(env: &Env, yes: bool) -> Result<()> {
    perform(env, &Here { yes, ..Here::new(env) }, &Action::Regenerate)
}
