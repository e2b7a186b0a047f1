//! Test git: asks git itself which token `git push` will use.

use super::Done;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::insight::readers::{Source, resolve};
use crate::survey::survey;
use crate::tools::git;
use crate::tools::git::{Access, Route};

/// Asks git for Heroku's password as `git push` does, and compares it with the token that heroku uses. If `env` is in a
/// folder, this is about the Heroku remote of its repository. Changes nothing.
///
/// `git push` uses a token in its configuration, and reads netrc, before it asks any helper, but `git credential fill` does
/// not. So these win over git's answer here.
pub fn test_git(env: &Env) -> Result<Done> {
    let hosts = env.hosts();
    hosts.require_allowed()?;
    let facts = survey(env);
    let tools = resolve(&facts);
    let route = facts.git_route();
    let host = match route {
        Some(Route { remote: Some(remote), .. }) => format!("the remote `{remote}`"),
        _ => hosts.git.clone(),
    };
    let address = match route.map(|route| (&route.access, route)) {
        None => format!("https://{}/", hosts.git),
        Some((Access::Heroku { .. }, route)) => route.asked_address(),
        Some((Access::Ssh { .. } | Access::Elsewhere, _)) => {
            return Err(Error::new(Code::GitNoCredential, format!("git uses no password for {host}."))
                .means(tools.git.reason)
                .next_step("Run `herokey doctor` to see how to change that."));
        }
    };
    let asked = git::fill_credential(env, &address)?;
    let before_helpers =
        Some(&tools.git).filter(|answer| matches!(answer.source, Source::Netrc | Source::GitConfig));
    let uses =
        before_helpers.and_then(|answer| answer.trace.clone()).or_else(|| asked.map(|login| login.trace));
    let Some(uses) = uses else {
        return Err(Error::new(Code::GitNoCredential, format!("git has no password for {host}."))
            .means("`git push` will ask you for one.")
            .next_step(
                "Set up git with `herokey git install`; if you already did, log in with `herokey login`.",
            ));
    };
    // A helper whose answer Herokey did not foresee stays unnamed.
    let source = before_helpers.or(Some(&tools.git).filter(|answer| answer.trace.as_ref() == Some(&uses)));
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
