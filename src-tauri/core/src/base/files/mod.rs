//! Small files that are replaced atomically and that only their owner may read.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

mod lock;
mod obstacle;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use secrecy::zeroize::Zeroizing;
use tempfile::NamedTempFile;

pub(crate) use self::lock::FileLock;
pub use self::lock::open_lock;
pub(crate) use self::obstacle::{Obstacle, is_protected, obstacle};
#[cfg(unix)]
use self::unix as system;
#[cfg(unix)]
pub(in crate::base) use self::unix::is_own;
#[cfg(windows)]
use self::windows as system;

/// How long another program may hold a file that is to be replaced, such as a virus scanner that reads what was just
/// written.
const HELD_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause between two attempts to take a lock or to replace a held file.
const POLL: Duration = Duration::from_millis(10);

/// The permission bits of a file that only its owner can use.
pub(crate) const PRIVATE: u32 = 0o600;

/// The permission bits for those who are neither a file's owner nor in its group.
pub(crate) const EVERYBODY: u32 = 0o007;

/// A file's bytes, wiped when dropped.
pub type Bytes = Zeroizing<Vec<u8>>;

/// Stands between the name of a file and the random end in the names of its temporary files.
const TEMPORARY: &str = ".herokey-";

/// Writes a file atomically: writes and flushes a temporary file next to it, which only the owner may ever read, then
/// renames it. Owner and group of an existing file stay.
///
/// A killed process may leave its temporary file behind, which [`sweep`] removes.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path)?;
    keep_owner(path, temporary.as_file())?;
    finish(temporary, path, bytes)
}

/// Like [`write`], and the new file also has the mode and the extended attributes of an existing one; a file that
/// everybody may read becomes private. Fails as unsupported if it cannot have one of them.
pub(crate) fn write_alike(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path)?;
    system::keep_likeness(path, &temporary)?;
    finish(temporary, path, bytes)
}

/// Like [`write`], but the file then belongs to the user, whoever owned an existing one.
pub(crate) fn write_own(path: &Path, bytes: &[u8]) -> io::Result<()> {
    finish(temporary(path)?, path, bytes)
}

/// A file that is about to exist, and that only its owner may read.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
}

impl NewFile {
    /// Fails if no file can be created there.
    pub fn prepare(path: &Path) -> io::Result<Self> {
        // Removed again, so that a program that is stopped before it writes leaves nothing behind.
        temporary(path)?.close()?;
        Ok(Self { path: path.to_owned() })
    }

    /// Writes it. Fails if it exists by now.
    pub fn write(self, bytes: &[u8]) -> io::Result<()> {
        let mut temporary = temporary(&self.path)?;
        temporary.write_all(bytes)?;
        temporary.as_file().sync_all()?;
        temporary.persist_noclobber(&self.path)?;
        flush_folder(folder_of(&self.path))
    }
}

fn finish(mut temporary: NamedTempFile, path: &Path, bytes: &[u8]) -> io::Result<()> {
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    put(temporary, path, HELD_TIMEOUT)?;
    flush_folder(folder_of(path))
}

/// Replaces the content of a file atomically. Its mode, owner and group stay, and a link stays a link. Fails if the file
/// no longer holds `read_before`.
pub(crate) fn replace(path: &Path, read_before: &[u8], bytes: &[u8]) -> io::Result<()> {
    let target = dunce::canonicalize(path)?;
    let folder = folder_of(&target);
    let mut temporary = temporary(&target)?;
    temporary.write_all(bytes)?;
    system::keep_access(&target, &temporary)?;
    temporary.as_file().sync_all()?;
    if read(&target, bytes.len().max(read_before.len()) as u64)?.is_none_or(|now| *now != read_before) {
        return Err(io::Error::other("another program has changed it in the meantime"));
    }
    put(temporary, &target, HELD_TIMEOUT)?;
    flush_folder(folder)
}

/// Removes the temporary files that killed processes left next to a file. Call it only while holding the lock of that
/// file's writers.
pub(crate) fn sweep(path: &Path) -> io::Result<()> {
    temporary_files(path)?.iter().try_for_each(|left| remove(left).map(drop))
}

/// Makes a temporary file next to the file it is for. Only its owner may read it.
pub(crate) fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    system::private(tempfile::Builder::new().prefix(&temporary_prefix(path)), folder_of(path))
}

/// Renames a temporary file to its final name. A device, a pipe or a socket of that name stays.
fn put(mut temporary: NamedTempFile, path: &Path, held: Duration) -> io::Result<()> {
    let there = path.symlink_metadata();
    if there.is_ok_and(|there| !there.is_file() && !there.is_symlink()) {
        return Err(not_regular());
    }
    rename(temporary.path(), path, held)?;
    temporary.disable_cleanup(true);
    Ok(())
}

/// Renames a file to a name that another file may have. Windows refuses that while a program has that file open, so this
/// retries for a while.
pub(crate) fn rename_with_retry(from: &Path, to: &Path) -> io::Result<()> {
    rename(from, to, HELD_TIMEOUT)
}

fn rename(from: &Path, to: &Path, held: Duration) -> io::Result<()> {
    let started = Instant::now();
    loop {
        match std::fs::rename(from, to) {
            Err(error) if is_held(&error) && started.elapsed() < held => std::thread::sleep(POLL),
            other => return other,
        }
    }
}

/// True if the error of a hard link may mean that the file system has none: vboxsf and FAT answer EPERM, others that they
/// do not support it (link(2)).
pub(crate) fn has_no_links(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported)
}

/// True if the error means that another program has the file open.
pub(crate) fn is_held(error: &io::Error) -> bool {
    system::is_held(error)
}

/// The temporary files next to a file.
pub(crate) fn temporary_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = temporary_prefix(path);
    let entries = match std::fs::read_dir(folder_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// How the names of a file's temporary files start.
pub(crate) fn temporary_prefix(path: &Path) -> OsString {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(TEMPORARY);
    prefix
}

fn not_regular() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// Creates a folder, and its missing parents, that only the owner may open. What root creates in another user's folder
/// belongs to that user.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    system::owner_only(&mut builder);
    create_folder(&builder, path)
}

/// Creates a folder, and its missing parents, with the usual mode and the owner that [`private_folder`] gives.
#[cfg(unix)]
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    create_folder(&std::fs::DirBuilder::new(), path)
}

/// Creates a folder that only the owner may open and that belongs to this process's user, wherever it is.
pub(crate) fn own_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    system::owner_only(&mut builder);
    builder.recursive(true).create(path)
}

fn create_folder(builder: &std::fs::DirBuilder, path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(builder, parent)?;
    }
    match builder.create(path) {
        Ok(()) => system::adopt(path),
        // Another program has created it in the meantime.
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads a regular file of at most `max_bytes`. `None` if there is no file.
pub fn read(path: &Path, max_bytes: u64) -> io::Result<Option<Bytes>> {
    open_regular(path, max_bytes)?.map(|file| read_again(&file, max_bytes)).transpose()
}

/// Opens a regular file of at most `max_bytes` for reading. `None` if there is no file.
pub(crate) fn open_regular(path: &Path, max_bytes: u64) -> io::Result<Option<File>> {
    match open_with_size(path)? {
        Some((_, size)) if size > max_bytes => Err(too_large(max_bytes)),
        opened => Ok(opened.map(|(file, _)| file)),
    }
}

/// Opens a regular file of any size for reading, and returns its size. `None` if there is no file.
pub(crate) fn open_with_size(path: &Path) -> io::Result<Option<(File, u64)>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(not_regular());
    }
    Ok(Some((file, metadata.len())))
}

/// Opens a temporary file again after another program has replaced it. Follows no link: whoever owns the folder could
/// have put one there.
pub(crate) fn reopen(temporary: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    system::private_lock(&mut options);
    options.open(temporary)
}

/// Reads an open file from its start.
pub(crate) fn read_again(mut file: &File, max_bytes: u64) -> io::Result<Bytes> {
    file.rewind()?;
    read_bounded(file, file.metadata()?.len(), max_bytes)
}

/// Reads to the end. The buffer does not grow, and so leaves no copy behind, if there are at most `expected` bytes.
pub(crate) fn read_bounded(source: impl Read, expected: u64, max_bytes: u64) -> io::Result<Bytes> {
    let capacity = usize::try_from(expected.min(max_bytes)).unwrap_or_default().saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    source.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes { Err(too_large(max_bytes)) } else { Ok(bytes) }
}

/// Opens an existing regular file to write over its content. If everybody may read it, it becomes private first.
pub(crate) fn open_to_overwrite(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true);
    system::non_blocking(&mut options);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    system::refuse_everybody(&file)?;
    Ok(file)
}

/// Creates a file that only its owner may read. Fails if it exists.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    system::private_lock(&mut options);
    options.open(path)
}

/// True if the file has more than one name, as hard links give it.
pub(crate) fn has_other_names(path: &Path) -> io::Result<bool> {
    system::has_other_names(path)
}

/// Removes a file. True if it existed.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn too_large(max_bytes: u64) -> io::Error {
    io::Error::other(format!("it is larger than {} MiB", max_bytes.div_ceil(1 << 20)))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    system::non_blocking(&mut options);
    options.open(path)
}

/// True if a file can be replaced: its folder, or that of the file that it links to, can be written.
pub(crate) fn can_replace(path: &Path) -> bool {
    std::fs::canonicalize(path).is_ok_and(|target| system::can_write_in(folder_of(&target)))
}

/// Gives `file`, which is about to replace the file at `path`, the owner and group of that one. Without such a file, what
/// root writes into another user's folder belongs to that user.
pub(crate) fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    system::keep_owner(path, file)
}

/// The permission bits of a file. Fails as unsupported on systems without them.
pub(crate) fn mode(path: &Path) -> io::Result<u32> {
    system::mode(path)
}

/// Changes the permission bits of a regular file. Fails as unsupported on systems without them.
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    system::set_mode(path, mode)
}

/// Flushes a folder to the disk, so that a rename in it survives a crash.
pub(crate) fn flush_folder(folder: &Path) -> io::Result<()> {
    system::flush_folder(folder)
}

#[cfg(test)]
mod tests;
