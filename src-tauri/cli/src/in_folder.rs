//! `herokey status --in FOLDER` and `doctor --in FOLDER`: what differs in a folder, and why.

use std::io::{self, Write};
use std::path::Path;

use herokey_core::Env;
use herokey_core::base::terminal::{Direnv, FolderVariable};
use herokey_core::insight::diagnose::Problem;
use herokey_core::insight::facts::{Facts, FolderFacts};
use herokey_core::insight::readers::{Answer, Readers, on_route};
use herokey_core::insight::remedy::{Fix, Remedy};
use herokey_core::tools::git::{Direction, Route};
use serde_json::{Value, json};

use crate::status::masked_answer;
use crate::status_json::answer;
use crate::style::Style;

/// The environment in the folder that the terminal is in, whose repository may hold copies of a token.
pub(crate) fn here(env: &Env) -> Env {
    std::path::absolute(".").map_or_else(|_| env.clone(), |folder| env.in_folder(folder, None))
}

/// The `folder` part of the JSON report. The report's `tools` describe the folder; `elsewhere` is what they use outside.
pub(crate) fn report(facts: &Facts, folder: &FolderFacts, tools: &Readers, elsewhere: &Readers) -> Value {
    let variable = |variable: &FolderVariable| {
        let is_secret = matches!(variable.name, "HEROKU_API_KEY" | "HEROKU_API_TOKEN");
        json!({
            "name": variable.name,
            "effect": effect(folder, variable),
            "set_in": format!("{}:{}", variable.set_in.path.display(), variable.set_in.line),
            "masked": variable.value.as_ref().filter(|_| is_secret).map(|value| &value.masked),
        })
    };
    json!({
        "path": folder.path.to_string_lossy(),
        "direnv": match folder.direnv {
            Direnv::Absent => "absent",
            Direnv::Missing => "missing",
            Direnv::Blocked => "blocked",
            Direnv::Loaded => "loaded",
            Direnv::Failed(_) => "failed",
        },
        "sets": folder.sets.iter().map(variable).collect::<Vec<_>>(),
        "remotes": remotes(facts, tools).map(|(route, used)| {
            let mut remote = answer(&used);
            remote["name"] = json!(route.remote);
            remote["direction"] = json!(direction(route));
            remote
        }).collect::<Vec<_>>(),
        "elsewhere": {
            "heroku": answer(&elsewhere.heroku),
            "git": answer(&elsewhere.git),
            "curl": answer(&elsewhere.curl),
        },
    })
}

/// The Heroku remotes of the folder's repository, and what git uses for each.
fn remotes<'a>(facts: &'a Facts, tools: &'a Readers) -> impl Iterator<Item = (&'a Route, Answer)> {
    let routes = facts.git_routes.iter().filter(|route| route.remote.is_some());
    routes.map(|route| (route, on_route(facts, &tools.heroku, route)))
}

fn direction(route: &Route) -> &'static str {
    match route.direction {
        Direction::Both => "push and fetch",
        Direction::Push => "push",
        Direction::Fetch => "fetch",
    }
}

/// Prints what differs in the folder, and what sets it.
pub(crate) fn print(
    out: &mut impl Write,
    env: &Env,
    facts: &Facts,
    folder: &FolderFacts,
    tools: &Readers,
    elsewhere: &Readers,
) -> io::Result<()> {
    writeln!(out, "\n{}", Style::Title.paint(format_args!("In {}", env.tilde(&folder.path))))?;
    let pairs = [
        ("heroku", &tools.heroku, &elsewhere.heroku),
        ("git", &tools.git, &elsewhere.git),
        ("curl", &tools.curl, &elsewhere.curl),
    ];
    let mut differing = pairs
        .into_iter()
        .filter(|(_, inside, outside)| (inside.source, &inside.trace) != (outside.source, &outside.trace))
        .peekable();
    if differing.peek().is_none() {
        writeln!(out, "  Every tool uses the same credential as elsewhere.")?;
    }
    for (tool, _, outside) in differing {
        writeln!(out, "  {tool:<8}  uses {} {} elsewhere", outside.source.name(), masked_answer(outside))?;
    }
    for (route, used) in remotes(facts, tools) {
        let name = route.remote.as_deref().unwrap_or_default();
        let (source, masked) = (used.source.name(), masked_answer(&used));
        writeln!(out, "  {name} ({}, {}): {source} {masked}", direction(route), route.address)?;
    }
    for variable in &folder.sets {
        let set_in = &variable.set_in.shown;
        writeln!(out, "  {set_in} sets {}: {}.", variable.name, effect(folder, variable))?;
    }
    if let Direnv::Failed(error) = &folder.direnv {
        writeln!(out, "  {} {}", error.what, error.detail)?;
    }
    Ok(())
}

/// Removes Herokey's fix from each problem that exists only in the folder, unless the fix is for a file there: other fixes
/// apply to the whole machine, so you must fix these by hand.
pub(crate) fn require_manual_fix(env: &Env, folder: &Path, problems: &mut [Problem], elsewhere: &[Problem]) {
    let folder = env.tilde(folder);
    let is_elsewhere = |problem: &Problem| elsewhere.iter().any(|other| other.code == problem.code);
    let is_fixed_there =
        |problem: &Problem| matches!(problem.remedy, Some(Remedy::Fix(Fix::NoGitTokens { .. })));
    let fixable = problems.iter_mut().filter(|problem| problem.remedy.is_some());
    for problem in fixable.filter(|problem| !is_elsewhere(problem) && !is_fixed_there(problem)) {
        problem.next_step = format!(
            "Change the line that `herokey status --in {folder}` shows; only this folder has the problem."
        )
        .into();
        (problem.remedy, problem.effect, problem.safe) = (None, String::new(), false);
    }
}

/// Which tools see a variable that is set in the folder.
fn effect(folder: &FolderFacts, variable: &FolderVariable) -> &'static str {
    let is_envrc = variable.set_in.path.ends_with(".envrc");
    match folder.direnv {
        _ if !is_envrc => "`heroku local` uses it; other tools see it only if .envrc loads it",
        Direnv::Loaded => "direnv sets it in terminals there",
        Direnv::Blocked => "not loaded, because `direnv allow` was not run there",
        Direnv::Missing => "not loaded, because direnv is not installed",
        Direnv::Absent | Direnv::Failed(_) => "unknown whether direnv loads it",
    }
}
