//! Builds the window's page and the three programs.

use std::path::Path;
use std::process::Command;

use crate::{Result, cargo, run, setup};

/// Type-checks and builds the page into `ui/dist`, from where `herokey-desktop` embeds it.
pub(crate) fn ui(root: &Path) -> Result<()> {
    let ui = root.join("ui");
    setup::npm_packages(&ui)?;
    run(npm(&ui).args(["run", "--silent", "check"]))?;
    run(npm(&ui).args(["run", "--silent", "build"]))
}

/// Builds the gallery, which shows every state of the page, into `ui/gallery-dist`.
pub(crate) fn gallery(root: &Path) -> Result<()> {
    run(npm(&root.join("ui")).args(["run", "--silent", "gallery"]))
}

/// Tests the page's components.
pub(crate) fn test_ui(root: &Path) -> Result<()> {
    run(npm(&root.join("ui")).args(["test", "--silent"]))
}

/// Builds the programs for development and tests.
pub(crate) fn programs(root: &Path) -> Result<()> {
    one_by_one(root, &[])
}

/// Builds the programs that users install.
pub(crate) fn release(root: &Path) -> Result<()> {
    one_by_one(root, &["--release"])
}

/// Builds the programs that users install, and the minimal programs that the benchmark compares them with.
pub(crate) fn for_bench(root: &Path) -> Result<()> {
    release(root)?;
    let build = ["build", "--locked", "--release"];
    run(cargo(root).args(build).args(["-p", "herokey-desktop", "--example", "bare_window"]))?;
    run(cargo(root).args(build).args(["-p", "herokey-tray", "--example", "bare_ksni"]))?;
    run(cargo(root).args(build).args(["-p", "bare-tray"]))
}

/// Builds one program after the other. In a single build cargo would unify the features of shared crates, and the tray
/// would link GTK.
fn one_by_one(root: &Path, options: &[&str]) -> Result<()> {
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
