//! Builds the packages that Tauri's bundler makes: the `.dmg`, the installer for Windows, the `AppImage`.
//!
//! Environment variables hold the signing secrets (docs/releasing.md). Without them nothing is signed, and a message
//! says so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::json;

use super::output;
use crate::command_line::Step;
use crate::{Result, build, cargo, output_of, run, say, setup};

/// The environment variables of the signing secrets. `run` withholds them from every program but the bundler.
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

/// Makes `app,dmg`, `nsis` or `appimage`, or does only one step of that. Builds everything before it starts the bundler,
/// so no build script runs with the secrets in its environment.
pub(super) fn make(root: &Path, kind: &str, only: Option<Step>) -> Result<()> {
    setup::to_bundle(root)?;
    match only {
        Some(Step::Install) => Ok(()),
        Some(Step::Build) => build(root, kind),
        Some(Step::Bundle) => bundle(root, kind),
        None => build(root, kind).and_then(|()| bundle(root, kind)),
    }
}

/// Builds the programs that the bundler packages.
fn build(root: &Path, kind: &str) -> Result<()> {
    setup::to_build(root)?;
    build::ui(root)?;
    build_companion(root, "herokey")?;
    if kind == "appimage" {
        build_companion(root, "herokey-tray")?;
    }
    run(tauri(root, kind, &["build", "--ci", "--no-bundle"])?.args(["--", "--locked"]))
}

/// Packages and signs the programs that [`build`] made.
fn bundle(root: &Path, kind: &str) -> Result<()> {
    let mut bundle = tauri(root, kind, &["bundle", "--ci", "--bundles", kind])?;
    bundle.envs(SECRETS.into_iter().filter_map(|name| Some((name, variable(name)?))));
    run(&mut bundle)?;
    say(&format!("The packages are in {}", root.join("target/release/bundle").display()));
    Ok(())
}

/// Tauri's command line with Herokey's settings.
fn tauri(root: &Path, kind: &str, words: &[&str]) -> Result<Command> {
    let packaging = root.join("packaging");
    let mut tauri = build::npm(&root.join("src-tauri"));
    tauri.args(["exec", "--prefix"]).arg(&packaging).args(["--", "tauri"]).args(words);
    tauri.arg("--config").arg(packaging.join("tauri.bundle.json"));
    tauri.arg("--config").arg(settings(root, kind)?);
    Ok(tauri)
}

/// Builds a program that is packaged next to `herokey-desktop`, and copies it to the path where the bundler expects it.
fn build_companion(root: &Path, program: &str) -> Result<()> {
    run(cargo(root).args(["build", "--locked", "--release", "--package", program]))?;
    let target = output_of(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let suffix = env::consts::EXE_SUFFIX;
    let folder = output(root)?.join("bin");
    fs::create_dir_all(&folder)?;
    let built = root.join(format!("target/release/{program}{suffix}"));
    fs::copy(built, folder.join(format!("{program}-{target}{suffix}")))?;
    Ok(())
}

/// Reads an environment variable. An empty one counts as unset, since a workflow passes a missing secret as an empty value.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Writes the settings that depend on the system and on the signing variables, and returns the path of the file.
fn settings(root: &Path, kind: &str) -> Result<PathBuf> {
    let mut more = json!({});
    if kind == "appimage" {
        more["bundle"]["externalBin"] =
            json!(["../target/package/bin/herokey", "../target/package/bin/herokey-tray"]);
    }
    match variable("HEROKEY_UPDATES_KEY") {
        Some(key) => {
            more["bundle"]["createUpdaterArtifacts"] = json!(variable("TAURI_SIGNING_PRIVATE_KEY").is_some());
            more["plugins"]["updater"]["pubkey"] = json!(key);
        }
        None => say("HEROKEY_UPDATES_KEY is not set: this build will not look for updates."),
    }
    if cfg!(windows) {
        match variable("HEROKEY_WINDOWS_THUMBPRINT") {
            Some(thumbprint) => {
                more["bundle"]["windows"] = json!({
                    "certificateThumbprint": thumbprint,
                    "digestAlgorithm": "sha256",
                    "timestampUrl": "http://timestamp.digicert.com",
                });
            }
            None => say(
                "HEROKEY_WINDOWS_THUMBPRINT is not set: the installer is not signed, and Windows will warn users.",
            ),
        }
    }
    if cfg!(target_os = "macos") && variable("APPLE_SIGNING_IDENTITY").is_none() {
        say(
            "APPLE_SIGNING_IDENTITY is not set: the app is neither signed nor notarised, and macOS will refuse to open it.",
        );
    }
    let path = output(root)?.join("tauri.more.json");
    fs::write(&path, more.to_string())?;
    Ok(path)
}
