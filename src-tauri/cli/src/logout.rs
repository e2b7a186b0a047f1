//! `herokey logout`: revoke the token and remove its copies.

use herokey_core::action::{Action, LogOut};
use herokey_core::{Env, Result};

use crate::args::Logout;
use crate::in_folder;
use crate::prompt::Prompter;
use crate::suggest;
use crate::terminal::perform;

pub(crate) fn run(env: &Env, args: &Logout) -> Result<()> {
    let log_out = LogOut { local_only: args.local_only, account: args.account.clone() };
    let env = &in_folder::here(env);
    let done = perform(env, &Prompter::new(env), &Action::LogOut(log_out));
    suggest::account(env, args.account.as_deref(), done)
}
