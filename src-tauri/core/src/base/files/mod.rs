//! Small files that must never be seen half written, nor by others.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use secrecy::zeroize::Zeroizing;
use tempfile::NamedTempFile;

#[cfg(unix)]
use self::unix as system;
#[cfg(windows)]
use self::windows as system;

/// How long another program may hold a file that is to be replaced: a scanner for viruses reads what was just written.
const HELD_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause before a lock or a held file is tried again.
const POLL: Duration = Duration::from_millis(10);

/// A file's bytes, wiped when dropped.
pub type Bytes = Zeroizing<Vec<u8>>;

/// Between a file's name and the random end of a temporary file's beside it.
const TEMPORARY: &str = ".herokey-";

/// Writes a file in one step: a temporary one beside it, readable by the owner alone from its first byte, flushed
/// to the disk and then renamed. The owner and the group stay those of the file that was there.
///
/// A process that is killed may leave the temporary file: [`sweep`] removes it.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let mut temporary = temporary(path)?;
    keep_owner(path, temporary.as_file())?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    put(temporary, path, HELD_TIMEOUT)?;
    flush_folder(folder)
}

/// Puts other bytes in the place of a file's own, in one step: mode, owner and group stay, and a link stays a link.
/// The bytes that were read are given too, and the file is left alone where it has others by now.
pub fn replace(path: &Path, read_before: &[u8], bytes: &[u8]) -> io::Result<()> {
    let target = dunce::canonicalize(path)?;
    let folder = folder_of(&target);
    let mut temporary = temporary(&target)?;
    temporary.write_all(bytes)?;
    system::keep_access(&target, &temporary)?;
    temporary.as_file().sync_all()?;
    if read(&target, bytes.len().max(read_before.len()) as u64)?.is_none_or(|now| *now != read_before) {
        return Err(io::Error::other("another program has changed it meanwhile"));
    }
    put(temporary, &target, HELD_TIMEOUT)?;
    flush_folder(folder)
}

/// Removes what killed processes left beside a file that was being written. Only while no other process can be
/// writing it: each file here has a lock that its writers hold.
pub fn sweep(path: &Path) -> io::Result<()> {
    temporary_files(path)?.iter().try_for_each(|left| remove(left).map(drop))
}

/// A temporary file beside the one that it is for, which its owner alone may read.
pub(crate) fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    system::private(tempfile::Builder::new().prefix(&temporary_prefix(path)), folder_of(path))
}

/// Renames a temporary file.
fn put(mut temporary: NamedTempFile, path: &Path, held: Duration) -> io::Result<()> {
    rename(temporary.path(), path, held)?;
    temporary.disable_cleanup(true);
    Ok(())
}

/// Puts a file in the place of another. On Windows that is refused while a program has the other one open, so it is
/// tried again for a while.
pub(crate) fn rename_patiently(from: &Path, to: &Path) -> io::Result<()> {
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

/// Another program holds the file, for the moment.
pub(crate) fn is_held(error: &io::Error) -> bool {
    system::is_held(error)
}

/// The temporary files that were made to be renamed to this one.
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

/// How the names of the temporary files for a file begin.
pub(crate) fn temporary_prefix(path: &Path) -> OsString {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(TEMPORARY);
    prefix
}

/// Makes a folder for the owner alone, with its parents.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    system::for_the_owner(&mut builder);
    builder.create(path)
}

/// Reads a regular file of at most `limit` bytes, wiped when dropped; `None` where there is no file.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    open_regular(path, limit)?.map(|file| read_again(&file, limit)).transpose()
}

/// Opens a regular file of at most `limit` bytes for reading; `None` where there is no file.
pub(crate) fn open_regular(path: &Path, limit: u64) -> io::Result<Option<File>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > limit { Err(too_large(limit)) } else { Ok(Some(file)) }
}

/// Reads a file from its start to its end.
pub(crate) fn read_again(mut file: &File, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    file.rewind()?;
    read_bounded(file, file.metadata()?.len(), limit)
}

/// Reads to the end, into a buffer that never has to grow if there is no more than `expected`.
pub(crate) fn read_bounded(source: impl Read, expected: u64, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let capacity = usize::try_from(expected.min(limit)).unwrap_or_default().saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    source.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// Locks an open file for this program alone, as soon as no other program holds its lock; false if that takes longer
/// than `limit`.
pub(crate) fn lock(file: &File, limit: Duration) -> io::Result<bool> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if started.elapsed() < limit => std::thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Removes a file; true if it was there.
pub fn remove(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn too_large(limit: u64) -> io::Error {
    io::Error::other(format!("it is larger than {} MiB", limit.div_ceil(1 << 20)))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    system::without_waiting(&mut options);
    options.open(path)
}

/// Gives a file that is about to take another's place the owner and the group of that one.
pub(crate) fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    system::keep_owner(path, file)
}

/// A file's permission bits. Unsupported where there are none.
pub(crate) fn mode(path: &Path) -> io::Result<u32> {
    system::mode(path)
}

/// Changes a file's permission bits. Unsupported where there are none.
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    system::set_mode(path, mode)
}

/// Makes a rename last through a crash.
pub(crate) fn flush_folder(folder: &Path) -> io::Result<()> {
    system::flush_folder(folder)
}

#[cfg(test)]
mod tests;
