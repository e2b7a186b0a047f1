//! Reads secrets from a standard input that is no terminal.

use std::fs::File;
use std::io::{self, Read};

use secrecy::zeroize::Zeroizing;

/// Reads to the end, at most `max_bytes`; more is an error. Goes past the buffer of [`io::stdin`], which is never wiped.
pub(crate) fn read(max_bytes: usize) -> io::Result<Zeroizing<String>> {
    // With room for all of it, the text does not grow and so leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(max_bytes + 1));
    open()?.take(max_bytes as u64 + 1).read_to_string(&mut text)?;
    if text.len() > max_bytes {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it has more than {max_bytes} bytes"),
        ));
    }
    Ok(text)
}

#[cfg(unix)]
fn open() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn open() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}
