//! Test git: what `git push` will log in with, by git's own word.

use super::Done;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::insight::readers::{Source, resolve};
use crate::survey::survey;
use crate::tools::git;

/// Asks git for Heroku's password as `git push` does, and compares it with what heroku uses. Changes nothing.
///
/// git reads netrc before it asks anybody, which `git credential fill` does not: a record there has the last word.
pub fn test_git(env: &Env) -> Result<Done> {
    let host = env.hosts().git;
    let asked = git::test(env)?;
    let tools = resolve(&survey(env));
    let netrc = Some(&tools.git).filter(|answer| answer.source == Source::Netrc);
    let uses = netrc.and_then(|answer| answer.trace.clone()).or_else(|| asked.map(|login| login.trace));
    let Some(uses) = uses else {
        return Err(Error::new(Code::GitNoCredential, format!("git has no password for {host}."))
            .means("`git push` will ask you for one.")
            .next_step(
                "Set the helper with `herokey git install`; if it is set, log in with `herokey login`.",
            ));
    };
    let from =
        netrc.map_or_else(|| "git credential fill answers it.".to_owned(), |answer| answer.reason.clone());
    let masked = &uses.masked;
    if tools.heroku.trace.as_ref() == Some(&uses) {
        let what = format!("`git push` uses {masked} for {host}, the token that heroku uses.");
        return Ok(Done { what, note: from });
    }
    let heroku = tools.heroku.trace.as_ref().map_or("none", |trace| trace.masked.as_str());
    Err(Error::new(Code::GitDiffers, format!("`git push` uses {masked} for {host}; heroku uses {heroku}."))
        .means(from)
        .next_step("`herokey doctor` tells where the other one comes from."))
}
