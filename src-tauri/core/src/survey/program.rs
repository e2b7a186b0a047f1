//! The program `heroku`, and its version, which is read from its package: running it takes most of a second.

use std::path::Path;

use serde::Deserialize;

use crate::base::env::Env;
use crate::base::files;
use crate::insight::facts::{HerokuProgram, Look};

/// A package's description is smaller.
const LARGEST: u64 = 1 << 20;
/// From `bin/run` of a package to the folder of its `package.json`.
const DEEPEST: usize = 4;

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

pub(super) fn heroku(env: &Env) -> Look<HerokuProgram> {
    match env.find_program("heroku") {
        Some(path) => Look::Present(HerokuProgram { version: version(&path), path }),
        None => Look::Absent,
    }
}

fn version(program: &Path) -> Option<String> {
    let program = dunce::canonicalize(program).ok()?;
    program.ancestors().skip(1).take(DEEPEST).find_map(|folder| {
        let bytes = files::read(&folder.join("package.json"), LARGEST).ok()??;
        let package: Package = serde_json::from_slice(&bytes).ok()?;
        (package.name == "heroku").then_some(package.version)
    })
}
