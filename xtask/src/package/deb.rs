//! Builds the `.deb` with dpkg's own tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::output;
use super::tree::{self, Layout};
use crate::{Result, output_of, run};

const LAYOUT: Layout = Layout { zsh: "zsh/vendor-completions/_herokey", licences: "doc/herokey/copyright" };

/// Packages that Herokey works without, but not fully: a keychain, `secret-tool` (the Heroku CLI reads the keychain with
/// it), and `xdg-open` for the browser.
const RECOMMENDS: &str = "gnome-keyring | libkf5wallet-bin | keepassxc, libsecret-tools, xdg-utils";

/// Builds the package and returns its path.
pub(super) fn make(root: &Path, version: &str) -> Result<PathBuf> {
    let folder = output(root)?;
    let tree = folder.join("deb");
    tree::lay_out(root, &tree, &LAYOUT, version)?;
    pack(root, &tree, version)
}

/// Packs the files in `tree` into a package of the given version, and returns its path.
pub(super) fn pack(root: &Path, tree: &Path, version: &str) -> Result<PathBuf> {
    let folder = output(root)?;
    let architecture = output_of(Command::new("dpkg").arg("--print-architecture"))?;
    let control = tree.join("DEBIAN");
    fs::create_dir_all(&control)?;
    let size = output_of(Command::new("du").args(["-ks", "--exclude=DEBIAN"]).arg(tree))?;
    let size = size.split_whitespace().next().unwrap_or_default();
    let depends = depends(&folder, tree)?;
    fs::write(
        control.join("control"),
        format!(
            "Package: herokey\n\
             Version: {version}\n\
             Architecture: {architecture}\n\
             Maintainer: The Herokey authors <herokey@users.noreply.github.com>\n\
             Installed-Size: {size}\n\
             Depends: {depends}\n\
             Recommends: {RECOMMENDS}\n\
             Section: utils\n\
             Priority: optional\n\
             Homepage: https://github.com/herokey/herokey\n\
             Description: Heroku credentials in the tray\n \
             One click logs in to Heroku through the browser, one click logs out.\n \
             Herokey shows which account is logged in, where the token is stored,\n \
             and which credential heroku, git and curl will really use. The package\n \
             contains a tray icon, a window, the terminal command herokey, and a\n \
             git credential helper for Heroku.\n"
        ),
    )?;
    fs::write(control.join("md5sums"), md5_sums(tree)?)?;
    let package = folder.join(format!("herokey_{version}_{architecture}.deb"));
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Zxz", "--build"])
        .args([tree, &package])
        .env("SOURCE_DATE_EPOCH", tree::epoch(root)?))?;
    Ok(package)
}

/// Returns the `Depends` field: the packages of all libraries that the programs link.
fn depends(folder: &Path, tree: &Path) -> Result<String> {
    let source = folder.join("shlibs");
    fs::create_dir_all(source.join("debian"))?;
    // dpkg-shlibdeps requires this file, whatever it says.
    fs::write(source.join("debian/control"), "Source: herokey\n\nPackage: herokey\nArchitecture: any\n")?;
    let mut command = Command::new("dpkg-shlibdeps");
    command.current_dir(&source).arg("-O");
    for program in fs::read_dir(tree.join("usr/bin"))? {
        command.arg(program?.path());
    }
    let found = output_of(&mut command)?;
    let depends = found.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    depends.map(str::to_owned).ok_or_else(|| format!("dpkg-shlibdeps found no libraries: {found}").into())
}

/// Returns the MD5 sum of every file, as `DEBIAN/md5sums` lists them.
fn md5_sums(tree: &Path) -> Result<String> {
    let sums = output_of(
        Command::new("sh")
            .current_dir(tree)
            .args(["-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"]),
    )?;
    Ok(format!("{sums}\n"))
}
