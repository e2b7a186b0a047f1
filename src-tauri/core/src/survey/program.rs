//! The program `heroku` and its version, read from its package, since running the program takes almost a second.

use std::path::Path;

use serde::Deserialize;

use crate::base::env::Env;
use crate::base::files;
use crate::base::text::shown;
use crate::insight::facts::{HerokuProgram, Observed};

/// The maximum size of `package.json`.
const MAX_BYTES: u64 = 1 << 20;
/// How many folders above the program may hold its `package.json`.
const MAX_DEPTH: usize = 4;

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

pub(super) fn heroku(env: &Env) -> Observed<HerokuProgram> {
    match env.find_program("heroku") {
        Some(path) => Observed::Present(HerokuProgram { version: version(&path), path }),
        None => Observed::Absent,
    }
}

fn version(program: &Path) -> Option<String> {
    let program = dunce::canonicalize(program).ok()?;
    program.ancestors().skip(1).take(MAX_DEPTH).find_map(|folder| {
        let bytes = files::read(&folder.join("package.json"), MAX_BYTES).ok()??;
        let package: Package = serde_json::from_slice(&bytes).ok()?;
        (package.name == "heroku").then(|| shown(&package.version))
    })
}
