//! Builds: the window's page, and the three programs beside each other.

use std::path::Path;
use std::process::Command;

use crate::{Result, cargo, run, setup};

const PROGRAMS: [&str; 6] = ["-p", "herokey-desktop", "-p", "herokey-tray", "-p", "herokey"];

/// Checks and builds `ui/dist`, which the window's program takes in.
pub(crate) fn ui(root: &Path) -> Result<()> {
    let ui = root.join("ui");
    setup::npm(&ui)?;
    run(npm(&ui).args(["run", "--silent", "check"]))?;
    run(npm(&ui).args(["run", "--silent", "build"]))
}

/// The programs as a developer runs and tests them.
pub(crate) fn programs(root: &Path) -> Result<()> {
    run(cargo(root).args(["build", "--locked"]).args(PROGRAMS))
}

/// The programs as people get them, and the bare ones that they are measured against.
pub(crate) fn released(root: &Path) -> Result<()> {
    run(cargo(root).args(["build", "--locked", "--release"]).args(PROGRAMS))?;
    run(cargo(root).args([
        "build",
        "--locked",
        "--release",
        "-p",
        "herokey-desktop",
        "--example",
        "bare_window",
    ]))?;
    run(cargo(root).args(["build", "--locked", "--release", "-p", "bare-tray"]))
}

pub(crate) fn npm(folder: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}
