//! The folder on Linux and macOS: owners and permission bits.

use std::fs::{Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::Access;
use rustix::process::geteuid;

use super::{Kind, Obstacle};
use crate::base::files;

/// Lets only its owner enter a folder. Fails if that is another user.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    let metadata = folder.metadata()?;
    if !is_own(&metadata) {
        let text = format!("{} belongs to {}", folder.display(), user(metadata.uid()));
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    if metadata.is_dir() && metadata.permissions().mode() & 0o777 != 0o700 {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// What keeps this process from writing to a folder. `is_ours`: it is Herokey's own one, with its locks.
pub(super) fn obstacle(folder: &Path, is_ours: bool) -> Option<Obstacle> {
    let foreign = |path: &Path| {
        let metadata = path.metadata().ok().filter(|metadata| !is_own(metadata))?;
        let kind = Kind::Foreign { owner: metadata.uid(), own: geteuid().as_raw() };
        Some(Obstacle { path: path.to_owned(), kind })
    };
    let is = |kind| Some(Obstacle { path: folder.to_owned(), kind });
    if is_ours && let Some(found) = foreign(folder) {
        return Some(found);
    }
    match rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Err(rustix::io::Errno::ROFS) => return is(Kind::ReadOnly),
        Err(_) => return foreign(folder).or_else(|| is(Kind::Denied)),
        Ok(()) => {}
    }
    if is_full(folder) {
        return is(Kind::Full);
    }
    // Files can be replaced, but a lock must stay the file that other programs have locked.
    let locks = folder.read_dir().ok().filter(|_| is_ours)?;
    let mut paths = locks.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find_map(|path| foreign(&path).filter(|_| path.extension().is_some_and(|end| end == "lock")))
}

/// True if no program of this user can write one more block.
fn is_full(folder: &Path) -> bool {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return false };
    let (blocks, files) =
        if geteuid().is_root() { (disk.f_bfree, disk.f_ffree) } else { (disk.f_bavail, disk.f_favail) };
    // A file system that does not count files, such as btrfs, has none in all.
    (disk.f_blocks > 0 && blocks == 0) || (disk.f_files > 0 && files == 0)
}

fn is_own(metadata: &Metadata) -> bool {
    files::is_own(metadata)
}

/// A user in words.
pub(super) fn user(id: u32) -> String {
    if id == 0 { "root".to_owned() } else { format!("another user (id {id})") }
}

/// A path as a shell reads it. A `~` at its start stays outside the quotes.
pub(super) fn quoted(path: &str) -> String {
    let (home, rest) = path.strip_prefix("~/").map_or(("", path), |rest| ("~/", rest));
    let is_plain = rest.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c));
    if is_plain { path.to_owned() } else { format!("{home}'{}'", rest.replace('\'', r"'\''")) }
}
