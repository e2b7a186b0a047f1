//! Tries the packages: installs, upgrades and purges the `.deb` on a fresh Debian, and checks what the `.rpm` contains and
//! requires.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{deb, output, tree};
use crate::{Result, cargo, output_of, run, say, setup};

const RELEASE: &str = "bookworm";

/// The version to upgrade to. It is higher than any real one.
const NEWER: &str = "99.0.0";

/// Debian packages of the programs that the suites run. The `.deb` itself requires none of them.
const FOR_SUITES: &[&str] = &[
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
    if !setup::is_root() {
        return Err("only root can create the Debian; run `sudo cargo xtask package --check`".into());
    }
    let newer = deb::pack(root, &output(root)?.join("deb"), NEWER)?;
    let machine = fresh(root)?;
    install_alone(&machine, debian)?;
    apt_get(&machine, FOR_SUITES.iter().map(|name| OsString::from(*name)))?;
    suites(root, &machine, &newer)?;
    fs::remove_file(newer)?;
    check_rpm(fedora)
}

/// Creates a minimal Debian and returns its root folder.
fn fresh(root: &Path) -> Result<PathBuf> {
    let machine = output(root)?.join("machine");
    if machine.exists() {
        fs::remove_dir_all(&machine)?;
    }
    say(&format!("Creating a fresh Debian {RELEASE} in {}", machine.display()));
    run(Command::new("mmdebstrap").args(["--quiet", "--variant=minbase", RELEASE]).arg(&machine))?;
    // Debian's installer, not mmdebstrap, creates this file. The suites mount their own over it.
    fs::write(machine.join("etc/hosts"), "127.0.0.1 localhost\n")?;
    run(chroot(&machine).args(["apt-get", "update", "-qq"]))?;
    Ok(machine)
}

/// Installs the package with its dependencies alone, and checks that its programs find their libraries.
fn install_alone(machine: &Path, package: &Path) -> Result<()> {
    let name = package.file_name().unwrap_or_default();
    fs::copy(package, machine.join(name))?;
    apt_get(machine, [Path::new("/").join(name).into_os_string()])?;
    for program in ["herokey", "herokey-tray"] {
        say(&output_of(chroot(machine).arg(program).arg("--version"))?);
    }
    say(&output_of(chroot(machine).arg(tree::DOCKER_HELPER).arg("version"))?);
    for program in ["herokey", "herokey-tray", "herokey-desktop"] {
        let libraries = output_of(chroot(machine).arg("ldd").arg(Path::new("/usr/bin").join(program)))?;
        if libraries.contains("not found") {
            return Err(format!("{program} does not find a library:\n{libraries}").into());
        }
    }
    Ok(())
}

/// Runs suites on that machine with the installed programs. The last one removes the package.
fn suites(root: &Path, machine: &Path, newer: &Path) -> Result<()> {
    let test = |arguments: &[&str]| {
        let enter = root.join("packaging/enter-root");
        let runner = format!("unshare --mount {} {} {}", enter.display(), machine.display(), root.display());
        let host = output_of(Command::new("rustc").args(["--print", "host-tuple"]))?;
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

fn check_rpm(package: &Path) -> Result<()> {
    let query = |what: &[&str]| output_of(Command::new("rpm").arg("-qp").args(what).arg(package));
    let files = query(&["--list"])?;
    let programs = ["herokey", "herokey-tray", "herokey-desktop", tree::DOCKER_HELPER];
    let is_there = |program: &&str| files.lines().any(|line| line == format!("/usr/bin/{program}"));
    if let Some(missing) = programs.iter().find(|program| !is_there(program)) {
        return Err(format!("the .rpm lacks {missing}").into());
    }
    let requires = query(&["--requires"])?;
    if !requires.contains("libwebkit2gtk-4.1.so.0") {
        return Err(format!("the .rpm does not require WebKitGTK:\n{requires}").into());
    }
    run(Command::new("rpm").args(["-K", "--nosignature"]).arg(package))?;
    say("The .rpm was checked but not installed, since that needs Fedora.");
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
