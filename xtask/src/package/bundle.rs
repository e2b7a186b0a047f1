//! What Tauri's bundler makes: the `.dmg`, the installer for Windows, the `AppImage`.
//!
//! Secrets come in by environment variables (docs/releasing.md); without them nothing is signed, and it is said.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::json;

use super::{output, printed};
use crate::{Result, build, cargo, run, say, setup};

/// What signs a release. Only the bundler is given them.
pub(crate) const SECRETS: [&str; 8] = [
    "TAURI_SIGNING_PRIVATE_KEY",
    "TAURI_SIGNING_PRIVATE_KEY_PASSWORD",
    "APPLE_CERTIFICATE",
    "APPLE_CERTIFICATE_PASSWORD",
    "APPLE_SIGNING_IDENTITY",
    "APPLE_ID",
    "APPLE_PASSWORD",
    "APPLE_TEAM_ID",
];

/// Makes `app,dmg`, `nsis` or `appimage`: the window's program is built first, and the bundler, with the secrets, packs
/// what is there.
pub(super) fn make(root: &Path, kind: &str) -> Result<()> {
    let packaging = root.join("packaging");
    setup::npm(&packaging)?;
    beside(root, "herokey")?;
    if kind == "appimage" {
        beside(root, "herokey-tray")?;
    }
    let settings = settings(root, kind)?;
    let tauri = |words: &[&str]| {
        let mut tauri = build::npm(&root.join("src-tauri"));
        tauri.args(["exec", "--prefix"]).arg(&packaging).args(["--", "tauri"]).args(words);
        tauri.arg("--config").arg(packaging.join("tauri.bundle.json")).arg("--config").arg(&settings);
        tauri
    };
    run(tauri(&["build", "--ci", "--no-bundle"]).args(["--", "--locked"]))?;
    let mut bundle = tauri(&["bundle", "--ci", "--bundles", kind]);
    // An empty one, as a workflow gives what it has not, would count as given.
    bundle.envs(SECRETS.into_iter().filter_map(|name| Some((name, given(name)?))));
    run(&mut bundle)?;
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

fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Writes down what this system, and what the environment has for signing, add to the settings.
fn settings(root: &Path, kind: &str) -> Result<PathBuf> {
    let mut more = json!({});
    if kind == "appimage" {
        more["bundle"]["externalBin"] =
            json!(["../target/package/bin/herokey", "../target/package/bin/herokey-tray"]);
    }
    match given("HEROKEY_UPDATES_KEY").filter(|_| given("TAURI_SIGNING_PRIVATE_KEY").is_some()) {
        Some(key) => {
            more["bundle"]["createUpdaterArtifacts"] = json!(true);
            more["plugins"]["updater"]["pubkey"] = json!(key);
        }
        None => {
            say("Without HEROKEY_UPDATES_KEY and TAURI_SIGNING_PRIVATE_KEY: it will not look for updates.");
        }
    }
    if cfg!(windows) {
        match given("HEROKEY_WINDOWS_THUMBPRINT") {
            Some(thumbprint) => {
                more["bundle"]["windows"] = json!({
                    "certificateThumbprint": thumbprint,
                    "digestAlgorithm": "sha256",
                    "timestampUrl": "http://timestamp.digicert.com",
                });
            }
            None => say("Without HEROKEY_WINDOWS_THUMBPRINT: not signed, Windows will warn."),
        }
    }
    if cfg!(target_os = "macos") && given("APPLE_SIGNING_IDENTITY").is_none() {
        say("Without APPLE_SIGNING_IDENTITY: not signed and not notarised, macOS will refuse to open it.");
    }
    let path = output(root)?.join("tauri.more.json");
    fs::write(&path, more.to_string())?;
    Ok(path)
}
