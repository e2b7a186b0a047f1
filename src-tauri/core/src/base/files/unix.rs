//! Files on Linux and macOS: owners, groups, modes and extended attributes.

mod attributes;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use tempfile::NamedTempFile;

use super::EVERYBODY;

/// What the owner may do with a file of Herokey's.
const OWNERS: u32 = 0o600;

/// Makes a temporary file that only its owner may read.
pub(super) fn private(named: &mut tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<NamedTempFile> {
    named.tempfile_in(folder)
}

/// The permission bits of a file.
pub(super) fn mode(path: &Path) -> io::Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o7777)
}

/// Changes the permission bits of a file.
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// True if files can be created in a folder.
pub(super) fn can_write_in(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// Gives `file`, which is about to replace the file at `path`, the owner and group of that one.
pub(super) fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    let before = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !rustix::process::geteuid().is_root() {
                return Ok(());
            }
            std::fs::metadata(super::folder_of(path))?
        }
        other => other?,
    };
    let now = file.metadata()?;
    if (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    fchown(file, Some(before.uid()), Some(before.gid()))
}

/// Gives a new folder the owner and group of the folder it is in, if root has created it.
pub(super) fn adopt(folder: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let parent = std::fs::metadata(super::folder_of(folder))?;
    // That user may put something else in the folder's place.
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW;
    let folder = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(folder)?;
    fchown(folder, Some(parent.uid()), Some(parent.gid()))
}

/// True if nobody may write to a file or folder, or this process may not. Root may do so whatever the permissions say.
pub(super) fn is_protected(path: &Path) -> bool {
    let nobody = std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o222 == 0);
    nobody || rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err()
}

/// True if a file is the root of a mount (statx(2), `STATX_ATTR_MOUNT_ROOT`).
#[cfg(target_os = "linux")]
pub(super) fn is_mount_point(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::empty());
    found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Always false: macOS mounts no files.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_mount_point(_: &Path) -> bool {
    false
}

/// Gives a temporary file the owner, group, extended attributes and mode of the file that it is about to replace. If
/// everybody may read that one, the temporary file stays private. Fails as unsupported if it cannot have one of them.
pub(super) fn keep_likeness(target: &Path, temporary: &NamedTempFile) -> io::Result<()> {
    let old = match File::open(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let new = temporary.as_file();
    keep_owner(target, new).map_err(|error| io::Error::new(io::ErrorKind::Unsupported, error))?;
    let wanted = old.metadata()?.permissions().mode() & 0o777;
    let is_private = wanted & EVERYBODY == 0;
    if is_private && new.metadata()?.permissions().mode() & 0o777 != wanted | OWNERS {
        new.set_permissions(std::fs::Permissions::from_mode(wanted | OWNERS))?;
    }
    attributes::copy(&old, new, is_private)
}

/// True if the file has more than one name.
pub(super) fn has_other_names(path: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(path)?.nlink() > 1)
}

/// Takes an open file's permissions away from everybody but its owner, if everybody may read it.
pub(super) fn refuse_everybody(file: &File) -> io::Result<()> {
    if file.metadata()?.permissions().mode() & EVERYBODY == 0 {
        return Ok(());
    }
    match file.set_permissions(std::fs::Permissions::from_mode(OWNERS)) {
        // A file system that gives all its files one mode.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// Gives a temporary file the owner, group, extended attributes and mode of the file that it is about to replace.
pub(super) fn keep_access(target: &Path, temporary: &NamedTempFile) -> io::Result<()> {
    keep_owner(target, temporary.as_file())?;
    temporary.as_file().set_permissions(std::fs::metadata(target)?.permissions())?;
    match attributes::copy(&File::open(target)?, temporary.as_file(), true) {
        // The file system, or the label's owner, does not allow it.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

/// Makes sure that opening a FIFO does not wait for its other end.
pub(super) fn non_blocking(options: &mut OpenOptions) {
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
}

/// Makes a new file accessible only to its owner, follows no link, and does not wait for the other end of a FIFO.
pub(super) fn private_lock(options: &mut OpenOptions) {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    options.mode(0o600).custom_flags(flags.bits().cast_signed());
}

/// Takes an open file's permissions away from everybody but its owner. Fails if that is another user.
pub(super) fn keep_private(file: &File, path: &Path) -> io::Result<()> {
    let metadata = file.metadata()?;
    if !is_own(&metadata) {
        let text = format!("{} belongs to another user", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    if metadata.permissions().mode() & 0o777 == 0o600 {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

/// True if this process's user owns the file.
pub(in crate::base) fn is_own(metadata: &std::fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Makes new folders accessible only to their owner.
pub(super) fn owner_only(builder: &mut std::fs::DirBuilder) {
    builder.mode(0o700);
}

/// Flushes a folder to the disk, so that a rename in it survives a crash.
pub(super) fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Always false: here an open file can be replaced and removed.
pub(super) fn is_held(_: &io::Error) -> bool {
    false
}
