//! Builds the `.rpm` with rpm's own tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::output;
use super::tree::{self, Layout};
use crate::{Result, run};

const LAYOUT: Layout = Layout { zsh: "zsh/site-functions/_herokey", licences: "licenses/herokey" };

/// Builds the package and returns its path.
pub(super) fn make(root: &Path, version: &str) -> Result<PathBuf> {
    let folder = output(root)?;
    let tree = folder.join("rpm");
    tree::lay_out(root, &tree, &LAYOUT, version)?;
    let work = folder.join("rpmbuild");
    let define = |name: &str, value: &str| format!("{name} {value}");
    run(Command::new("rpmbuild")
        .args(["-bb", "--quiet"])
        .args(["--define", &define("_topdir", &work.to_string_lossy())])
        .args(["--define", &define("_rpmdir", &folder.to_string_lossy())])
        .args(["--define", "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm"])
        .args(["--define", "clamp_mtime_to_source_date_epoch 1"])
        // Compress as Fedora does. Debian's rpmbuild uses gzip by default.
        .args(["--define", "_binary_payload w19.zstdio"])
        .args(["--define", &define("herokey_version", version)])
        .args(["--define", &define("herokey_tree", &tree.to_string_lossy())])
        .arg(root.join("packaging/herokey.spec"))
        .env("SOURCE_DATE_EPOCH", tree::epoch(root)?))?;
    fs::remove_dir_all(work)?;
    Ok(folder.join(format!("herokey-{version}-1.{}.rpm", std::env::consts::ARCH)))
}
