//! `herokey git install|remove|status`.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::action::{Runner, install_git_helper, remove_git_helper, test_git};
use herokey_core::git::{self, Helper};
use herokey_core::journal::Program;
use herokey_core::person::Nobody;
use herokey_core::platform::Cancel;
use serde_json::json;

use crate::Failure;
use crate::args::Git;
use crate::login::tell;

pub(crate) fn run(env: &Env, args: &Git) -> Result<(), Failure> {
    let runner =
        Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody };
    let done = match args {
        Git::Install => install_git_helper(&runner)?,
        Git::Remove => remove_git_helper(&runner)?,
        Git::Status { test: true, .. } => test_git(env)?,
        Git::Status { json, .. } => return status(env, *json),
    };
    tell(&done.what, &done.note);
    Ok(())
}

fn status(env: &Env, json: bool) -> Result<(), Failure> {
    let helpers = git::helpers(env)?;
    let names: Vec<&str> = helpers.iter().map(|line| name(&line.helper)).collect();
    let host = env.hosts().git;
    let mut out = io::stdout();
    if json {
        let report = json!({ "schema": 1, "host": host, "key": git::key(env), "helpers": names });
        writeln!(out, "{report:#}")?;
    } else if names.is_empty() {
        writeln!(out, "git asks no helper for {host}.")?;
    } else {
        writeln!(out, "For {host} git asks, in this order:")?;
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
