//! `herokey docker install|remove|status`: Docker's credential helper for Heroku's registry.

use std::io::Write;

use herokey_core::Env;
use herokey_core::action::Action;
use herokey_core::base::person::Nobody;
use herokey_core::insight::readers::resolve;
use herokey_core::stores::docker;
use herokey_core::survey::survey;
use serde_json::json;

use crate::Failure;
use crate::args::Docker;
use crate::terminal::{self, perform};

pub(crate) fn run(env: &Env, args: &Docker) -> Result<(), Failure> {
    match args {
        Docker::Install => Ok(perform(env, &Nobody, &Action::SetDockerHelper)?),
        Docker::Remove => Ok(perform(env, &Nobody, &Action::RemoveDockerHelper)?),
        Docker::Status { json } => status(env, *json),
    }
}

fn status(env: &Env, json: bool) -> Result<(), Failure> {
    let login = docker::login(env)?;
    let helper = login.as_ref().and_then(|login| login.helper.clone());
    let masked = login.as_ref().and_then(|login| login.trace.as_ref()).map(|trace| trace.masked.clone());
    let found = env.find_program(docker::PROGRAM).is_some();
    let mut out = terminal::stdout();
    if json {
        let report = json!({
            "schema": 1, "registry": docker::REGISTRY, "helper": helper, "masked": masked, "helper_found": found,
        });
        return Ok(writeln!(out, "{report:#}")?);
    }
    let reader = resolve(&survey(env)).others.into_iter().find(|reader| reader.name == "docker");
    match reader {
        Some(reader) => writeln!(out, "{}", reader.answer.reason)?,
        None => writeln!(out, "Docker is not on this machine.")?,
    }
    if helper.as_deref() == Some("herokey") && !found {
        writeln!(out, "Docker does not find it: run `herokey docker install`.")?;
    }
    Ok(())
}
