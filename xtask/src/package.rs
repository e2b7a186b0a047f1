//! `cargo xtask package`: builds the packages that users install.
//!
//! On Linux, dpkg's and rpm's own tools make a `.deb` and an `.rpm` of the same tree of files, in `target/package`.
//! Tauri's bundler makes the packages for macOS and Windows, and the `AppImage`, in `target/release/bundle`.

mod bundle;
mod check;
mod deb;
mod rpm;
mod tree;

use std::path::{Path, PathBuf};

use crate::command_line::PackageOptions;
use crate::{Result, build, say, setup};

pub(crate) use bundle::SECRETS;

/// Builds the packages for this system. Both options apply to Linux only.
pub(crate) fn package(root: &Path, options: &PackageOptions) -> Result<()> {
    setup::to_build(root)?;
    build::ui(root)?;
    if !cfg!(target_os = "linux") {
        // The updater on macOS replaces the .app and has no use for the .dmg, so both are made.
        return bundle::make(root, if cfg!(windows) { "nsis" } else { "app,dmg" });
    }
    if options.appimage {
        return bundle::make(root, "appimage");
    }
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
