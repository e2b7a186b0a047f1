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

/// Builds the packages for this system. `check` and `appimage` apply to Linux only.
pub(crate) fn package(root: &Path, options: &PackageOptions) -> Result<()> {
    let kind = match std::env::consts::OS {
        "linux" if options.appimage => Some("appimage"),
        "linux" if options.only.is_some() => return Err("on Linux --only needs --appimage".into()),
        "linux" => None,
        "windows" => Some("nsis"),
        // The updater on macOS replaces the .app and has no use for the .dmg, so both are made.
        _ => Some("app,dmg"),
    };
    if let Some(kind) = kind {
        return bundle::make(root, kind, options.only);
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
