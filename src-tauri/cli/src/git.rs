//! `herokey git install|remove|status`: git's credential helpers for Heroku.

use std::io::Write;

use herokey_core::Env;
use herokey_core::action::{Action, Done, test_git};
use herokey_core::base::person::Nobody;
use herokey_core::tools::git;
use herokey_core::tools::git::Helper;
use serde_json::json;

use crate::Failure;
use crate::args::Git;
use crate::terminal::{self, perform};

pub(crate) fn run(env: &Env, args: &Git) -> Result<(), Failure> {
    match args {
        Git::Install => perform(env, &Nobody, &Action::SetGitHelper)?,
        Git::Remove => perform(env, &Nobody, &Action::RemoveGitHelper)?,
        Git::Status { json, test, folder } => {
            let env =
                folder.as_ref().map_or_else(|| env.clone(), |folder| env.in_folder(folder.clone(), None));
            if *test { print_test(&test_git(&env)?)? } else { status(&env, *json)? }
        }
    }
    Ok(())
}

/// Prints which token git uses, which is this command's result.
fn print_test(done: &Done) -> Result<(), Failure> {
    Ok(writeln!(terminal::stdout(), "{}\n{}", done.what, done.note)?)
}

fn status(env: &Env, json: bool) -> Result<(), Failure> {
    let helpers = git::helpers(env)?;
    let names: Vec<&str> = helpers.iter().map(|line| name(&line.helper)).collect();
    let hosts = env.hosts();
    hosts.require_allowed()?;
    let host = hosts.git;
    let mut out = terminal::stdout();
    if json {
        let report = json!({ "schema": 1, "host": host, "key": git::helper_key(env), "helpers": names });
        writeln!(out, "{report:#}")?;
    } else if names.is_empty() {
        writeln!(out, "git uses no credential helper for {host}.")?;
    } else {
        writeln!(out, "git asks these credential helpers for {host}, in this order:")?;
        for name in names {
            writeln!(out, "  {name}")?;
        }
    }
    Ok(())
}

fn name(helper: &Helper) -> &str {
    match helper {
        Helper::Herokey => "herokey",
        Helper::Heroku => "heroku",
        Helper::Other(value) => value,
    }
}
