//! Tells whether a program listens on a socket, without sending it anything.

use std::path::Path;

/// True if a program listens on this socket, or if that cannot be found out. The file outlives a daemon that was killed.
#[cfg(unix)]
pub(super) fn listens(path: &Path) -> bool {
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};

    // git reaches a socket with a longer path from its folder.
    let Ok(address) = SocketAddrUnix::new(path) else { return path.exists() };
    // A daemon that hangs must not make this wait.
    let connected = socket(AddressFamily::UNIX, SocketType::STREAM, None).and_then(|socket| {
        rustix::io::ioctl_fionbio(&socket, true)?;
        connect(&socket, &address)
    });
    !matches!(connected, Err(Errno::NOENT | Errno::NOTDIR | Errno::CONNREFUSED | Errno::ACCESS))
}

/// True if the socket's file exists: only Cygwin's git has this kind of socket on Windows.
#[cfg(windows)]
pub(super) fn listens(path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_socket_without_a_listener_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert!(!listens(&path), "no file");
        let listener = UnixListener::bind(&path).unwrap();
        assert!(listens(&path));
        drop(listener);
        assert!(path.exists() && !listens(&path), "the file alone");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        assert!(!listens(&path), "no socket");
    }
}
