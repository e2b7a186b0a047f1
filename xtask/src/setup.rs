//! Installs what is missing, and says so first: the system's packages through its own package manager, npm packages
//! at the versions of their lock files, `tauri-driver` into `target/tools`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::build::npm as npm_in;
use crate::{Result, cargo, run, say};

/// What Debian and its kin call the libraries that a Tauri window is built with.
const TO_BUILD: &[&str] =
    &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev", "librsvg2-dev", "libxdo-dev"];
/// The programs that the tests and the demo run Herokey beside.
const TO_TEST: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "dbus",
    "gnome-keyring",
    "libsecret-tools",
    "curl",
    "git",
    "iproute2",
    "util-linux",
    "strace",
    "gnupg",
    "xclip",
    "xdotool",
    "zsh",
    "fish",
    "direnv",
    "fonts-dejavu-core",
];
const TAURI_DRIVER: &str = "2.1.0";
/// What the Heroku CLI and Vite need.
const OLDEST_NODE: u32 = 20;

/// All that the tests and the demo need.
pub(crate) fn everything(root: &Path) -> Result<()> {
    to_build(root)?;
    packages(TO_TEST)?;
    npm(&root.join("tests/heroku-cli"))?;
    tauri_driver(root)
}

/// All that building the app needs.
pub(crate) fn to_build(root: &Path) -> Result<()> {
    packages(TO_BUILD)?;
    node()?;
    npm(&root.join("ui"))
}

/// What the trays that Herokey's is measured against need.
pub(crate) fn to_bench() -> Result<()> {
    packages(&["keepassxc", "libayatana-appindicator3-1"])
}

/// What packages are made and checked with.
pub(crate) fn to_package() -> Result<()> {
    packages(&["dpkg-dev", "rpm", "desktop-file-utils", "appstream"])
}

/// What makes a fresh Debian.
pub(crate) fn to_check_packages() -> Result<()> {
    packages(&["mmdebstrap", "debian-archive-keyring"])
}

/// Installs a folder's npm packages unless they are those of its lock file already.
pub(crate) fn npm(folder: &Path) -> Result<()> {
    let installed = folder.join("node_modules/.package-lock.json");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if modified(&installed).is_some_and(|then| Some(then) >= modified(&folder.join("package-lock.json"))) {
        return Ok(());
    }
    say(&format!("Installing the npm packages of {}", folder.display()));
    run(npm_in(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

fn node() -> Result<()> {
    let version = || {
        let output = Command::new("node").arg("--version").output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim_start_matches('v').split('.').next()?.parse::<u32>().ok()
    };
    if version().is_none() {
        packages(&["nodejs", "npm"])?;
    }
    match version() {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        Some(found) => {
            Err(format!("Node.js {OLDEST_NODE} or newer is needed; this is {found}. See nodejs.org.").into())
        }
        None => Err(format!("Node.js {OLDEST_NODE} or newer is needed. See nodejs.org.").into()),
    }
}

fn tauri_driver(root: &Path) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let tools = root.join("target/tools");
    if tools.join("bin/tauri-driver").is_file() {
        return Ok(());
    }
    say(&format!("Installing tauri-driver {TAURI_DRIVER} into {}", tools.display()));
    run(cargo(root)
        .args(["install", "tauri-driver", "--locked", "--quiet", "--version", TAURI_DRIVER, "--root"])
        .arg(&tools))
}

/// Installs those of these packages that are missing. Other systems than Debian's kin are told what they need.
fn packages(names: &[&str]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !succeeds(Command::new("apt-get").arg("--version")) {
        say(&format!(
            "Not installed by this command on this system; needed, under Debian's names: {}",
            names.join(" ")
        ));
        return Ok(());
    }
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("Installing with apt-get: {}", missing.join(" ")));
    run(apt_get().args(["update", "-qq"]))?;
    run(apt_get().args(["install", "-y", "-qq", "--no-install-recommends"]).args(missing))
}

fn is_installed(name: &str) -> bool {
    let status = Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", name]).output();
    status.is_ok_and(|output| output.stdout == b"installed")
}

fn apt_get() -> Command {
    let mut command = if is_root() { Command::new("apt-get") } else { Command::new("sudo") };
    if !is_root() {
        command.arg("apt-get");
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
