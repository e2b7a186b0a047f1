//! Test git: asks git itself which token `git push` will use.

use super::Done;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::insight::readers::{Source, resolve};
use crate::survey::survey;
use crate::tools::git;

/// Asks git for Heroku's password as `git push` does, and compares it with the token that heroku uses. Changes nothing.
///
/// `git push` reads netrc before it asks any helper, but `git credential fill` does not. So a netrc record wins over
/// git's answer here.
pub fn test_git(env: &Env) -> Result<Done> {
    let hosts = env.hosts();
    hosts.require_allowed()?;
    let host = hosts.git;
    let asked = git::fill_credential(env)?;
    let tools = resolve(&survey(env));
    let netrc = Some(&tools.git).filter(|answer| answer.source == Source::Netrc);
    let uses = netrc.and_then(|answer| answer.trace.clone()).or_else(|| asked.map(|login| login.trace));
    let Some(uses) = uses else {
        return Err(Error::new(Code::GitNoCredential, format!("git has no password for {host}."))
            .means("`git push` will ask you for one.")
            .next_step(
                "Set up git with `herokey git install`; if you already did, log in with `herokey login`.",
            ));
    };
    // A helper whose answer Herokey did not foresee stays unnamed.
    let source = netrc.or(Some(&tools.git).filter(|answer| answer.trace.as_ref() == Some(&uses)));
    let from = source
        .map_or_else(|| "`git credential fill` returned it.".to_owned(), |answer| answer.reason.clone());
    let masked = &uses.masked;
    if tools.heroku.trace.as_ref() == Some(&uses) {
        let what = format!("`git push` uses {masked} for {host}, the same token as heroku.");
        return Ok(Done { what, note: from });
    }
    let heroku = tools.heroku.trace.as_ref().map_or("no token", |trace| trace.masked.as_str());
    Err(Error::new(
        Code::GitDiffers,
        format!("`git push` uses {masked} for {host}, but heroku uses {heroku}."),
    )
    .means(from)
    .next_step("Run `herokey doctor` to see where the other token comes from."))
}
