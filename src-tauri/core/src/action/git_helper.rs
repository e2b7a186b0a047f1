//! git's helper lines, by themselves.

use super::{Done, Runner, run};
use crate::error::Result;
use crate::git;
use crate::journal::Verb;
use crate::undo;

/// Writes the helper lines.
pub fn install_git_helper(runner: &Runner<'_>) -> Result<Done> {
    run(runner, Verb::GitHelper, |steps| {
        let env = steps.env();
        let config = git::global_config(env);
        let back = format!("The helper lines in {} are as they were.", env.tilde(&config));
        let changed = git::install_noting(env, |before, after| {
            let before = config.exists().then_some(before);
            undo::keep(env, &back, &config, before, after, &[])
        })?;
        let what = if changed {
            "git asks Herokey first for Heroku's password."
        } else {
            "The lines were there already."
        };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}

/// Removes Herokey's lines.
pub fn remove_git_helper(runner: &Runner<'_>) -> Result<Done> {
    run(runner, Verb::GitHelper, |steps| {
        let changed = git::remove(steps.env())?;
        let what =
            if changed { "git does not ask Herokey any more." } else { "There was no line of Herokey's." };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}
