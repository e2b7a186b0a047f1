//! Tries the packages: the `.deb` on a Debian made for it, from its installation to its purge; of the `.rpm` what it
//! holds and asks for.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{deb, output, printed};
use crate::{Result, cargo, run, say, setup};

const RELEASE: &str = "bookworm";
/// Higher than any version of the day, for the upgrade.
const NEWER: &str = "99.0.0";
/// What the tests run beside the programs; the package itself asks for none of it.
const BESIDE: &[&str] = &[
    "dbus",
    "gnome-keyring",
    "libsecret-tools",
    "git",
    "curl",
    "iproute2",
    "procps",
    "strace",
    "xvfb",
    "webkit2gtk-driver",
    "fonts-dejavu-core",
    "ca-certificates",
];

pub(super) fn check(root: &Path, debian: &Path, fedora: &Path) -> Result<()> {
    setup::everything(root)?;
    setup::to_check_packages()?;
    if printed(Command::new("id").arg("-u"))? != "0" {
        return Err("a Debian of its own is made by root: sudo cargo xtask package --check".into());
    }
    let newer = deb::pack(root, &output(root)?.join("deb"), NEWER)?;
    let machine = fresh(root)?;
    install_alone(&machine, debian)?;
    apt_get(&machine, BESIDE.iter().map(|name| OsString::from(*name)))?;
    suites(root, &machine, &newer)?;
    fs::remove_file(newer)?;
    rpm(fedora)
}

/// A Debian with nothing in it but what every Debian has.
fn fresh(root: &Path) -> Result<PathBuf> {
    let machine = output(root)?.join("machine");
    if machine.exists() {
        fs::remove_dir_all(&machine)?;
    }
    say(&format!("Making a fresh Debian {RELEASE} in {}", machine.display()));
    run(Command::new("mmdebstrap").args(["--quiet", "--variant=minbase", RELEASE]).arg(&machine))?;
    // An installer writes it; the tests bind their own over it.
    fs::write(machine.join("etc/hosts"), "127.0.0.1 localhost\n")?;
    run(chroot(&machine).args(["apt-get", "update", "-qq"]))?;
    Ok(machine)
}

/// Installs the package with what it depends on and nothing more: then its programs must find their libraries.
fn install_alone(machine: &Path, package: &Path) -> Result<()> {
    let name = package.file_name().unwrap_or_default();
    fs::copy(package, machine.join(name))?;
    apt_get(machine, [Path::new("/").join(name).into_os_string()])?;
    for program in ["herokey", "herokey-tray"] {
        say(&printed(chroot(machine).arg(program).arg("--version"))?);
    }
    for program in ["herokey", "herokey-tray", "herokey-desktop"] {
        let libraries = printed(chroot(machine).arg("ldd").arg(Path::new("/usr/bin").join(program)))?;
        if libraries.contains("not found") {
            return Err(format!("{program} lacks a library:\n{libraries}").into());
        }
    }
    Ok(())
}

/// Runs the suites on that machine with the installed programs, and last what ends with their removal.
fn suites(root: &Path, machine: &Path, newer: &Path) -> Result<()> {
    let test = |arguments: &[&str]| {
        let enter = root.join("packaging/enter-root");
        let runner = format!("unshare --mount {} {} {}", enter.display(), machine.display(), root.display());
        let host = printed(Command::new("rustc").args(["--print", "host-tuple"]))?;
        let variable = format!("CARGO_TARGET_{}_RUNNER", host.to_uppercase().replace('-', "_"));
        run(cargo(root)
            .args(["test", "--locked", "--package", "herokey-tests", "--test", "it", "--"])
            .args(arguments)
            .env(variable, runner)
            .env("HEROKEY_PROGRAMS", "/usr/bin")
            .env("HEROKEY_NEWER_PACKAGE", newer))
    };
    test(&["tray::", "git::", "login::", "window::logs_in_and_out_by_clicks"])?;
    test(&["--ignored", "package::"])
}

fn rpm(package: &Path) -> Result<()> {
    let query = |what: &[&str]| printed(Command::new("rpm").arg("-qp").args(what).arg(package));
    let files = query(&["--list"])?;
    let programs = ["/usr/bin/herokey", "/usr/bin/herokey-tray", "/usr/bin/herokey-desktop"];
    if let Some(missing) = programs.iter().find(|program| !files.lines().any(|line| line == **program)) {
        return Err(format!("the .rpm has no {missing}").into());
    }
    let requires = query(&["--requires"])?;
    if !requires.contains("libwebkit2gtk-4.1.so.0") {
        return Err(format!("the .rpm does not ask for WebKitGTK:\n{requires}").into());
    }
    run(Command::new("rpm").args(["-K", "--nosignature"]).arg(package))?;
    say("The .rpm was read, not installed: that needs a Fedora.");
    Ok(())
}

fn apt_get(machine: &Path, packages: impl IntoIterator<Item = OsString>) -> Result<()> {
    let install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"];
    run(chroot(machine).args(install).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn chroot(machine: &Path) -> Command {
    let mut command = Command::new("chroot");
    command.arg(machine).env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command
}
