//! What is otherwise in a folder than elsewhere, and why: `herokey status --in FOLDER`.

use std::io::{self, Write};
use std::path::Path;

use herokey_core::Env;
use herokey_core::base::terminal::{Direnv, FolderVariable};
use herokey_core::insight::diagnose::Problem;
use herokey_core::insight::facts::FolderFacts;
use herokey_core::insight::readers::Tools;
use serde_json::{Value, json};

use crate::status::chip;
use crate::status_json::answer;

/// The part `folder` of the JSON report, whose `tools` are about the folder.
pub(crate) fn report(folder: &FolderFacts, elsewhere: &Tools) -> Value {
    let set = |set: &FolderVariable| {
        let is_secret = matches!(set.name, "HEROKU_API_KEY" | "HEROKU_API_TOKEN");
        json!({
            "name": set.name,
            "effect": effect(folder, set),
            "set_in": format!("{}:{}", set.set_in.path.display(), set.set_in.line),
            "masked": set.value.as_ref().filter(|_| is_secret).map(|value| &value.masked),
        })
    };
    json!({
        "path": folder.path,
        "direnv": match folder.direnv {
            Direnv::Absent => "absent",
            Direnv::Missing => "missing",
            Direnv::Blocked => "blocked",
            Direnv::Loaded => "loaded",
            Direnv::Failed(_) => "failed",
        },
        "sets": folder.sets.iter().map(set).collect::<Vec<_>>(),
        "elsewhere": {
            "heroku": answer(&elsewhere.heroku),
            "git": answer(&elsewhere.git),
            "curl": answer(&elsewhere.curl),
        },
    })
}

/// The same for a person.
pub(crate) fn print(
    out: &mut impl Write,
    env: &Env,
    folder: &FolderFacts,
    tools: &Tools,
    elsewhere: &Tools,
) -> io::Result<()> {
    writeln!(out, "\n\x1b[1mIn {}\x1b[0m", env.tilde(&folder.path))?;
    let pairs = [
        ("heroku", &tools.heroku, &elsewhere.heroku),
        ("git", &tools.git, &elsewhere.git),
        ("curl", &tools.curl, &elsewhere.curl),
    ];
    let mut other = pairs
        .into_iter()
        .filter(|(_, here, there)| (here.source, &here.trace) != (there.source, &there.trace))
        .peekable();
    if other.peek().is_none() {
        writeln!(out, "  Every tool uses what it uses elsewhere.")?;
    }
    for (tool, _, there) in other {
        writeln!(out, "  {tool:<8}  elsewhere {} {}", there.source.name(), chip(there))?;
    }
    for set in &folder.sets {
        writeln!(out, "  {} sets {}: {}.", set.set_in.shown, set.name, effect(folder, set))?;
    }
    if let Direnv::Failed(error) = &folder.direnv {
        writeln!(out, "  {} {}", error.what, error.detail)?;
    }
    Ok(())
}

/// What is wrong in the folder only is mended there, by hand: Herokey's fixes are for the whole machine.
pub(crate) fn leave_to_the_person(env: &Env, folder: &Path, found: &mut [Problem], elsewhere: &[Problem]) {
    let folder = env.tilde(folder);
    for problem in found.iter_mut().filter(|here| elsewhere.iter().all(|there| there.code != here.code)) {
        problem.next_step =
            format!("It is so in {folder} only: `herokey status --in {folder}` names the line.").into();
        (problem.remedy, problem.effect, problem.safe) = (None, String::new(), false);
    }
}

fn effect(folder: &FolderFacts, set: &FolderVariable) -> &'static str {
    let is_direnvs = set.set_in.path.ends_with(".envrc");
    match folder.direnv {
        _ if !is_direnvs => "for `heroku local`, and for the tools only if the .envrc reads it",
        Direnv::Loaded => "direnv sets it in a terminal there",
        Direnv::Blocked => "not read, since `direnv allow` was not run there",
        Direnv::Missing => "not read, since direnv is not installed",
        Direnv::Absent | Direnv::Failed(_) => "it is not known what direnv makes of it",
    }
}
