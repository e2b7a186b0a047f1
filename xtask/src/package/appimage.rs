//! Builds the `AppImage`, with Tauri's bundler.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{output, updates};
use crate::{Result, build, cargo, output_of, run, say, setup};

/// Builds the programs and bundles them.
pub(super) fn make(root: &Path) -> Result<()> {
    setup::to_bundle(root)?;
    setup::to_build(root)?;
    build::ui(root)?;
    for program in ["herokey", "herokey-tray"] {
        build_companion(root, program)?;
    }
    let packaging = root.join("packaging");
    let mut tauri = build::npm(&root.join("src-tauri"));
    tauri.args(["exec", "--prefix"]).arg(&packaging).args(["--", "tauri", "build", "--ci"]);
    tauri.args(["--bundles", "appimage", "--config"]).arg(packaging.join("tauri.appimage.json"));
    if let Some(key) = updates::key() {
        tauri.arg("--config").arg(updates::settings(&key));
    }
    run(tauri.args(["--", "--locked"]))?;
    say(&format!("The package is in {}", root.join("target/release/bundle/appimage").display()));
    Ok(())
}

/// Builds a program that is packaged next to `herokey-desktop`, and copies it to the path where the bundler expects it.
fn build_companion(root: &Path, program: &str) -> Result<()> {
    run(cargo(root).args(["build", "--locked", "--release", "--package", program]))?;
    let target = output_of(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let folder = output(root)?.join("bin");
    fs::create_dir_all(&folder)?;
    fs::copy(root.join("target/release").join(program), folder.join(format!("{program}-{target}")))?;
    Ok(())
}
