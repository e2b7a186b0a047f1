//! Owners, groups and modes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use tempfile::NamedTempFile;

/// Makes a file that its owner alone may read, beside the one it is for.
pub(super) fn private(named: &mut tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<NamedTempFile> {
    named.tempfile_in(folder)
}

/// A file's permission bits.
pub(super) fn mode(path: &Path) -> io::Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o7777)
}

/// Changes a file's permission bits.
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Gives a file that is about to take another's place the owner and the group of that one.
pub(super) fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    let before = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let now = file.metadata()?;
    if (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    fchown(file, Some(before.uid()), Some(before.gid()))
}

/// Lets the same people at a file that is about to take another's place.
pub(super) fn keep_access(target: &Path, temporary: &NamedTempFile) -> io::Result<()> {
    keep_owner(target, temporary.as_file())?;
    temporary.as_file().set_permissions(std::fs::metadata(target)?.permissions())
}

/// Opening a FIFO must not wait for somebody at its other end.
pub(super) fn without_waiting(options: &mut OpenOptions) {
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
}

/// For folders that are made.
pub(super) fn for_the_owner(builder: &mut std::fs::DirBuilder) {
    builder.mode(0o700);
}

/// Makes a rename last through a crash.
pub(super) fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// An open file can be replaced and removed.
pub(super) fn is_held(_: &io::Error) -> bool {
    false
}
