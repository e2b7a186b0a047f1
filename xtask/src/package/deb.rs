//! The `.deb`, by dpkg's own tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tree::{self, Layout};
use super::{output, printed};
use crate::{Result, run};

const LAYOUT: Layout = Layout { zsh: "zsh/vendor-completions/_herokey", licences: "doc/herokey/copyright" };

/// Beside the libraries that the programs are linked with: where the token is kept, the program through which the
/// Heroku CLI reads it there, and what opens the browser.
const RECOMMENDS: &str = "gnome-keyring | libkf5wallet-bin | keepassxc, libsecret-tools, xdg-utils";

/// Makes the package of this version and returns its path.
pub(super) fn make(root: &Path, version: &str) -> Result<PathBuf> {
    let folder = output(root)?;
    let tree = folder.join("deb");
    tree::lay_out(root, &tree, &LAYOUT, version)?;
    pack(root, &tree, version)
}

/// Packs the files in `tree`.
pub(super) fn pack(root: &Path, tree: &Path, version: &str) -> Result<PathBuf> {
    let folder = output(root)?;
    let architecture = printed(Command::new("dpkg").arg("--print-architecture"))?;
    let control = tree.join("DEBIAN");
    fs::create_dir_all(&control)?;
    let size = printed(Command::new("du").args(["-ks", "--exclude=DEBIAN"]).arg(tree))?;
    let size = size.split_whitespace().next().unwrap_or_default();
    let depends = libraries(&folder, tree)?;
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
             Herokey shows who is logged in, where the token lives, and which\n \
             credential heroku, git and curl will really use. It holds a tray icon,\n \
             a window, the command herokey for the terminal, and git's credential\n \
             helper for Heroku.\n"
        ),
    )?;
    fs::write(control.join("md5sums"), sums(tree)?)?;
    let package = folder.join(format!("herokey_{version}_{architecture}.deb"));
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Zxz", "--build"])
        .args([tree, &package])
        .env("SOURCE_DATE_EPOCH", tree::epoch(root)?))?;
    Ok(package)
}

/// The packages of the libraries that the programs are linked with.
fn libraries(folder: &Path, tree: &Path) -> Result<String> {
    let source = folder.join("shlibs");
    fs::create_dir_all(source.join("debian"))?;
    // dpkg-shlibdeps reads nothing of it and does without nothing.
    fs::write(source.join("debian/control"), "Source: herokey\n\nPackage: herokey\nArchitecture: any\n")?;
    let mut command = Command::new("dpkg-shlibdeps");
    command.current_dir(&source).arg("-O");
    for program in fs::read_dir(tree.join("usr/bin"))? {
        command.arg(program?.path());
    }
    let found = printed(&mut command)?;
    let depends = found.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    depends.map(str::to_owned).ok_or_else(|| format!("dpkg-shlibdeps says: {found}").into())
}

fn sums(tree: &Path) -> Result<String> {
    let sums = printed(
        Command::new("sh")
            .current_dir(tree)
            .args(["-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"]),
    )?;
    Ok(format!("{sums}\n"))
}
