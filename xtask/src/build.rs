//! Builds: the window's page, and the three programs beside each other.

use std::path::Path;
use std::process::Command;

use crate::{Result, cargo, run, setup};

/// Checks and builds `ui/dist`, which the window's program takes in.
pub(crate) fn ui(root: &Path) -> Result<()> {
    let ui = root.join("ui");
    setup::npm(&ui)?;
    run(npm(&ui).args(["run", "--silent", "check"]))?;
    run(npm(&ui).args(["run", "--silent", "build"]))
}

/// Builds `ui/gallery-dist`: every state of the page.
pub(crate) fn gallery(root: &Path) -> Result<()> {
    run(npm(&root.join("ui")).args(["run", "--silent", "gallery"]))
}

/// Tests the page's components.
pub(crate) fn test_ui(root: &Path) -> Result<()> {
    run(npm(&root.join("ui")).args(["test", "--silent"]))
}

/// The programs as a developer runs and tests them.
pub(crate) fn programs(root: &Path) -> Result<()> {
    each(root, &[])
}

/// The programs as people get them.
pub(crate) fn shipped(root: &Path) -> Result<()> {
    each(root, &["--release"])
}

/// The same, and the bare ones that they are measured against.
pub(crate) fn released(root: &Path) -> Result<()> {
    shipped(root)?;
    let release = ["build", "--locked", "--release"];
    run(cargo(root).args(release).args(["-p", "herokey-desktop", "--example", "bare_window"]))?;
    run(cargo(root).args(release).args(["-p", "bare-tray"]))
}

/// One after the other: built together, the tray would get the features, and so GTK, that the window asks of the
/// crates they share.
fn each(root: &Path, options: &[&str]) -> Result<()> {
    for package in ["herokey-desktop", "herokey", "herokey-tray"] {
        run(cargo(root).args(["build", "--locked", "--package", package]).args(options))?;
    }
    Ok(())
}

pub(crate) fn npm(folder: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}
