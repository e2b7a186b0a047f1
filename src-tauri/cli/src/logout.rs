//! `herokey logout`.

use herokey_core::action::{Action, LogOut};
use herokey_core::{Env, Result};

use crate::args::Logout;
use crate::person::Here;
use crate::terminal::perform;

pub(crate) fn run(env: &Env, args: Logout) -> Result<()> {
    let log_out = LogOut { local_only: args.local_only, account: args.account };
    perform(env, &Here::new(env), &Action::LogOut(log_out))
}
