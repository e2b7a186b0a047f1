//! `cargo xtask package`: builds the packages that users install, in `target/package`.
//!
//! On Linux, dpkg's and rpm's own tools make a `.deb` and an `.rpm` of the same tree of files. For macOS and Windows this
//! builds the programs, and `packaging/macos/make` and `packaging/windows/make` make packages of them.

mod appimage;
mod check;
mod deb;
mod rpm;
mod tree;
mod updates;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command_line::PackageOptions;
use crate::{Result, build, cargo, run, say, setup};

/// Builds the packages for this system. `check` and `appimage` apply to Linux only.
pub(crate) fn package(root: &Path, options: &PackageOptions) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return for_other_system(root);
    }
    if options.appimage {
        return appimage::make(root);
    }
    setup::to_build(root)?;
    build::ui(root)?;
    setup::to_package()?;
    build::release(root)?;
    let version = env!("CARGO_PKG_VERSION");
    let debian = deb::make(root, version)?;
    let fedora = rpm::make(root, version)?;
    for path in [&debian, &fedora, &root.join("target/release/herokey")] {
        print_size(path)?;
    }
    say(
        "No AppImage was built, because Tauri downloads its tools from GitHub. To build one, add --appimage.",
    );
    if options.check { check::check(root, &debian, &fedora) } else { Ok(()) }
}

/// Builds the programs for macOS or Windows, and makes the app of them on macOS.
fn for_other_system(root: &Path) -> Result<()> {
    setup::to_build(root)?;
    build::ui(root)?;
    let settings = updates::key().map(|key| updates::settings(&key));
    for program in ["herokey-desktop", "herokey"] {
        let mut build = cargo(root);
        build.args(["build", "--locked", "--release", "--package", program]);
        // Tauri's build script and macro merge this into `tauri.conf.json`.
        run(build.envs(settings.as_ref().map(|settings| ("TAURI_CONFIG", settings))))?;
    }
    let programs = root.join("target/release");
    if cfg!(windows) {
        say(
            "The programs are in target/release. On Linux, packaging/windows/make makes the installer of them.",
        );
        return Ok(());
    }
    let mut make = Command::new(root.join("packaging/macos/make"));
    run(make.arg(programs).arg(env!("CARGO_PKG_VERSION")).arg(output(root)?))
}

/// Creates `target/package` and returns its path.
fn output(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/package");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[expect(clippy::cast_precision_loss, reason = "packages are far smaller than 2^52 bytes")]
fn print_size(path: &Path) -> Result<()> {
    let size = std::fs::metadata(path)?.len() as f64 / 1_000_000.0;
    say(&format!("{size:5.1} MB  {}", path.display()));
    Ok(())
}
