//! Whether the display that this program was started on is still there: the session bus may outlive it.

use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::Path;

use herokey_core::Env;

/// The port of an X server's first display (X(7), "Display names").
const FIRST_PORT: u16 = 6000;

/// True if a compositor or an X server takes connections where the environment says.
pub(crate) fn is_there(env: &Env) -> bool {
    wayland(env) || env.text("DISPLAY").is_some_and(x11)
}

/// The socket is in the runtime folder, unless the name is a path (`wl_display_connect(3)`).
fn wayland(env: &Env) -> bool {
    let Some(name) = env.text("WAYLAND_DISPLAY").filter(|name| !name.is_empty()) else { return false };
    let folder = env.runtime_dir();
    let path = folder.map_or_else(|| Path::new(name).to_owned(), |folder| folder.join(name));
    UnixStream::connect(path).is_ok()
}

fn x11(display: &str) -> bool {
    let Some((host, number)) = display.rsplit_once(':') else { return false };
    let Some(Ok(number)) = number.split('.').next().map(str::parse::<u16>) else { return false };
    if !matches!(host, "" | "unix") {
        // A server on another machine may take long to answer, and no session of this one ends with it.
        let is_forwarded = matches!(host, "localhost" | "127.0.0.1" | "::1");
        return !is_forwarded || TcpStream::connect(("localhost", FIRST_PORT.saturating_add(number))).is_ok();
    }
    let path = format!("/tmp/.X11-unix/X{number}");
    let is_abstract =
        SocketAddr::from_abstract_name(&path).is_ok_and(|at| UnixStream::connect_addr(&at).is_ok());
    is_abstract || UnixStream::connect(path).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_socket_that_nobody_listens_on_is_no_display() {
        let runtime = tempfile::tempdir().unwrap();
        let folder = runtime.path().to_str().unwrap();
        let env = |name: &str| Env::new([("XDG_RUNTIME_DIR", folder), ("WAYLAND_DISPLAY", name)]);
        let socket = runtime.path().join("wayland-7");
        let listener = UnixListener::bind(&socket).unwrap();
        assert!(is_there(&env("wayland-7")) && is_there(&env(socket.to_str().unwrap())));
        drop(listener);
        assert!(socket.exists() && !is_there(&env("wayland-7")));
        assert!(!is_there(&env("")) && !is_there(&Env::new([("HOME", folder)])));
    }

    #[test]
    fn names_of_displays() {
        assert!(x11("fake.example.com:0"), "nobody is asked");
        assert!(!x11("") && !x11("0") && !x11(":fake") && !x11(":54321") && !x11("unix:54321.0"));
        let name = SocketAddr::from_abstract_name("/tmp/.X11-unix/X54322").unwrap();
        let _server = UnixListener::bind_addr(&name).unwrap();
        assert!(x11(":54322") && x11(":54322.0"));
    }
}
