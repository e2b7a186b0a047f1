//! What Tauri's bundler makes: the `.dmg`, the installer for Windows, the `AppImage`.
//!
//! Secrets come in by environment variables (docs/releasing.md); without them nothing is signed, and it is said.

use std::path::Path;
use std::{env, fs};

use super::{output, printed};
use crate::{Result, build, cargo, run, say, setup};

/// Makes one: `dmg`, `nsis` or `appimage`.
pub(super) fn make(root: &Path, kind: &str) -> Result<()> {
    let packaging = root.join("packaging");
    setup::npm(&packaging)?;
    beside(root, "herokey")?;
    if kind == "appimage" {
        beside(root, "herokey-tray")?;
    }
    let settings = packaging.join("tauri.bundle.json");
    let mut tauri = build::npm(&root.join("src-tauri"));
    tauri.args(["exec", "--prefix"]).arg(&packaging).args([
        "--",
        "tauri",
        "build",
        "--ci",
        "--bundles",
        kind,
    ]);
    tauri.arg("--config").arg(settings);
    if kind == "appimage" {
        tauri.args(["--config", r#"{"bundle":{"externalBin":["../target/package/bin/herokey","../target/package/bin/herokey-tray"]}}"#]);
    }
    for more in signing() {
        tauri.args(["--config", &more]);
    }
    run(tauri.args(["--", "--locked"]))?;
    say(&format!("Made in {}", root.join("target/release/bundle").display()));
    Ok(())
}

/// Puts a program where the bundler takes it from, to go beside the window's: under the name that it looks for.
fn beside(root: &Path, program: &str) -> Result<()> {
    run(cargo(root).args(["build", "--locked", "--release", "--package", program]))?;
    let target = printed(std::process::Command::new("rustc").args(["--print", "host-tuple"]))?;
    let end = env::consts::EXE_SUFFIX;
    let folder = output(root)?.join("bin");
    fs::create_dir_all(&folder)?;
    let built = root.join(format!("target/release/{program}{end}"));
    fs::copy(built, folder.join(format!("{program}-{target}{end}")))?;
    Ok(())
}

/// What the environment's secrets add to the settings.
fn signing() -> Vec<String> {
    let given = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let mut more = Vec::new();
    match given("HEROKEY_UPDATES_KEY").filter(|_| given("TAURI_SIGNING_PRIVATE_KEY").is_some()) {
        Some(key) => more.push(format!(
            r#"{{"bundle":{{"createUpdaterArtifacts":true}},"plugins":{{"updater":{{"pubkey":"{key}"}}}}}}"#
        )),
        None => {
            say("Without HEROKEY_UPDATES_KEY and TAURI_SIGNING_PRIVATE_KEY: it will not look for updates.");
        }
    }
    if cfg!(windows) {
        match given("HEROKEY_WINDOWS_THUMBPRINT") {
            Some(thumbprint) => more.push(format!(
                r#"{{"bundle":{{"windows":{{"certificateThumbprint":"{thumbprint}","digestAlgorithm":"sha256","timestampUrl":"http://timestamp.digicert.com"}}}}}}"#
            )),
            None => say("Without HEROKEY_WINDOWS_THUMBPRINT: not signed, Windows will warn."),
        }
    }
    if cfg!(target_os = "macos") && given("APPLE_SIGNING_IDENTITY").is_none() {
        say("Without APPLE_SIGNING_IDENTITY: not signed and not notarised, macOS will refuse to open it.");
    }
    more
}
