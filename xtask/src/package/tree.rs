//! Collects the files of a Linux package in a folder, at the paths where they will be installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Result, cargo, icons, output_of, run};

/// The paths below `/usr/share` that differ between Debian and Fedora.
pub(super) struct Layout {
    /// The file with zsh's completions.
    pub(super) zsh: &'static str,
    /// Debian's `copyright` file, or the folder with the licences.
    pub(super) licences: &'static str,
}

const PROGRAMS: [&str; 3] = ["herokey", "herokey-tray", "herokey-desktop"];

/// Docker's helper: another name of `herokey`.
pub(super) const DOCKER_HELPER: &str = "docker-credential-herokey";

/// Widths of the app's icon that panels, menus and software centres ask for (Icon Theme Specification, `hicolor`).
const ICONS: [u32; 9] = [16, 22, 24, 32, 48, 64, 128, 256, 512];
const ID: &str = "dev.herokey.Herokey";

/// Replaces the folder `tree` by one with all files of the package.
pub(super) fn lay_out(root: &Path, tree: &Path, layout: &Layout, version: &str) -> Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    let share = tree.join("usr/share");
    put_programs(&root.join("target/release"), &tree.join("usr/bin"))?;
    let packaging = root.join("packaging");
    put(
        &share.join(format!("applications/{ID}.desktop")),
        &fs::read(packaging.join(format!("{ID}.desktop")))?,
        0o644,
    )?;
    let metainfo = fs::read_to_string(packaging.join(format!("{ID}.metainfo.xml")))?;
    let date = output_of(git(root).args(["log", "-1", "--format=%cs"]))?;
    let metainfo = metainfo.replace("@VERSION@", version).replace("@DATE@", &date);
    put(&share.join(format!("metainfo/{ID}.metainfo.xml")), metainfo.as_bytes(), 0o644)?;

    let hicolor = share.join("icons/hicolor");
    for size in ICONS {
        put(&hicolor.join(format!("{size}x{size}/apps/herokey.png")), &icons::app(root, size)?, 0o644)?;
    }
    put(&hicolor.join("scalable/apps/herokey.svg"), &fs::read(root.join("icons/app.svg"))?, 0o644)?;

    let herokey = root.join("target/release/herokey");
    let completions = [
        ("bash", "bash-completion/completions/herokey"),
        ("zsh", layout.zsh),
        ("fish", "fish/vendor_completions.d/herokey.fish"),
    ];
    for (shell, path) in completions {
        let script = output_of(Command::new(&herokey).args(["completions", shell]))?;
        put(&share.join(path), format!("{script}\n").as_bytes(), 0o644)?;
    }

    let man = tree.with_extension("man");
    run(cargo(root)
        .args(["run", "--quiet", "--locked", "--package", "herokey", "--example", "man", "--"])
        .arg(&man))?;
    for page in fs::read_dir(&man)? {
        let page = page?;
        let name = page.file_name().to_string_lossy().into_owned();
        put(&share.join(format!("man/man1/{name}.gz")), &gzip(&page.path())?, 0o644)?;
    }
    fs::remove_dir_all(man)?;

    let mit = fs::read_to_string(root.join("LICENSE-MIT"))?;
    if layout.licences.ends_with("copyright") {
        let indented: Vec<String> = mit
            .trim()
            .lines()
            .map(|line| if line.is_empty() { " .".to_owned() } else { format!(" {line}") })
            .collect();
        let copyright =
            fs::read_to_string(packaging.join("copyright"))?.replace("@MIT@", &indented.join("\n"));
        put(&share.join(layout.licences), copyright.as_bytes(), 0o644)?;
        put(&share.join("doc/herokey/changelog.gz"), &gzip(&root.join("CHANGELOG.md"))?, 0o644)?;
    } else {
        for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
            put(&share.join(layout.licences).join(name), &fs::read(root.join(name))?, 0o644)?;
        }
    }
    run(Command::new("desktop-file-validate").arg(share.join(format!("applications/{ID}.desktop"))))?;
    let validate = ["validate", "--no-net", "--explain"];
    run(Command::new("appstreamcli").args(validate).arg(share.join(format!("metainfo/{ID}.metainfo.xml"))))
}

/// Puts the programs into `folder`, and Docker's helper as a link.
fn put_programs(built: &Path, folder: &Path) -> Result<()> {
    for name in PROGRAMS {
        put(&folder.join(name), &fs::read(built.join(name))?, 0o755)?;
    }
    #[cfg(unix)] // only Linux builds these packages
    std::os::unix::fs::symlink("herokey", folder.join(DOCKER_HELPER))?;
    Ok(())
}

/// Returns the time of the current commit, in seconds. With it as `SOURCE_DATE_EPOCH` a commit always gives the same
/// packages.
pub(super) fn epoch(root: &Path) -> Result<String> {
    output_of(git(root).args(["log", "-1", "--format=%ct"]))
}

fn git(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root);
    command
}

/// Writes a file and creates its folders. Sets their modes explicitly, so that the umask has no effect.
fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folders = path.ancestors().skip(1).take_while(|folder| !folder.ends_with("target/package"));
        for folder in folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = mode; // only Linux builds these packages
    Ok(())
}

fn gzip(path: &Path) -> Result<Vec<u8>> {
    let output = Command::new("gzip").args(["-9nc"]).arg(path).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("gzip failed on {}", path.display()).into())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{DOCKER_HELPER, PROGRAMS, put_programs};

    #[test]
    fn dockers_helper_is_a_link_to_herokey_beside_it() {
        let folder = std::env::temp_dir().join(format!("herokey-tree-{}", std::process::id()));
        // `put` sets the modes of all folders below this one.
        let package = folder.join("target/package");
        fs::create_dir_all(&package).unwrap();
        for name in PROGRAMS {
            fs::write(package.join(name), name).unwrap();
        }
        let bin = package.join("usr/bin");
        put_programs(&package, &bin).unwrap();
        let link = fs::read_link(bin.join(DOCKER_HELPER)).unwrap();
        let program = fs::read_to_string(bin.join(DOCKER_HELPER)).unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(link, Path::new("herokey"), "it works wherever the package is unpacked");
        assert_eq!(program, "herokey");
    }
}
