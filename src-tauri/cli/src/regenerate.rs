//! `herokey regenerate`: replace the token with a new one.

use herokey_core::action::Action;
use herokey_core::{Env, Result};

use crate::in_folder;
use crate::prompt::Prompter;
use crate::terminal::perform;

pub(crate) fn run(env: &Env, yes: bool) -> Result<()> {
    let env = &in_folder::here(env);
    perform(env, &Prompter { assume_yes: yes, ..Prompter::new(env) }, &Action::Regenerate)
}
