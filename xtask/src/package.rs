//! `cargo xtask package`: what people install, in `target/package`.
//!
//! On Linux a `.deb` and an `.rpm` of one tree of files, made by the systems' own tools; elsewhere, and as an
//! `AppImage`, what Tauri's bundler makes.

mod bundle;
mod check;
mod deb;
mod rpm;
mod tree;

use std::path::{Path, PathBuf};

use crate::{Result, build, say, setup};

pub(crate) use bundle::SECRETS;

/// Makes the packages of this system. With `--check` they are tried too, on Linux; with `--appimage` that is made
/// instead.
pub(crate) fn package(root: &Path, options: &[String]) -> Result<()> {
    let wants = |option: &str| options.iter().any(|given| given == option);
    if wants("--appimage") && wants("--check") {
        return Err("an AppImage is not tried: --check or --appimage, not both".into());
    }
    setup::to_build(root)?;
    build::ui(root)?;
    if !cfg!(target_os = "linux") {
        // The updater replaces the app itself, so that is packed beside the image of a disk.
        return bundle::make(root, if cfg!(windows) { "nsis" } else { "app,dmg" });
    }
    if wants("--appimage") {
        return bundle::make(root, "appimage");
    }
    setup::to_package()?;
    build::shipped(root)?;
    let version = env!("CARGO_PKG_VERSION");
    let debian = deb::make(root, version)?;
    let fedora = rpm::make(root, version)?;
    for path in [&debian, &fedora, &root.join("target/release/herokey")] {
        tell_size(path)?;
    }
    say("No AppImage: Tauri fetches the tools for it from GitHub, which --appimage allows.");
    if wants("--check") { check::check(root, &debian, &fedora) } else { Ok(()) }
}

/// `target/package`, made if need be.
fn output(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/package");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What a program prints.
fn printed(command: &mut std::process::Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("{}: {error}", crate::shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("{} ended with {}: {said}", crate::shown(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of packages")]
fn tell_size(path: &Path) -> Result<()> {
    let size = std::fs::metadata(path)?.len() as f64 / 1_000_000.0;
    say(&format!("{size:5.1} MB  {}", path.display()));
    Ok(())
}
