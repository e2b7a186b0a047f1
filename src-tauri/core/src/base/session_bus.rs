//! The session bus of a Linux desktop: where it is, and a connection to it.
//!
//! `DBUS_SESSION_BUS_ADDRESS` is a list of addresses with escapes (D-Bus Specification, "Server Addresses"). zbus takes one
//! address and does not decode the escapes of a path, so this module reads the list as `GDBus` does, the library behind
//! `secret-tool` (INTEROP.md, "The session bus").

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;

use zbus::Address;
use zbus::address::transport::{Tcp, TcpTransportFamily, Transport, Unix, UnixSocket};
use zbus::blocking::{Connection, connection};

use crate::base::env::Env;

/// The variable that names the bus.
const VARIABLE: &str = "DBUS_SESSION_BUS_ADDRESS";

/// Why there is no connection to the session bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// This session has no bus: no variable names one, and the session's folder has no socket of one.
    #[error("no session bus: DBUS_SESSION_BUS_ADDRESS is not set")]
    Missing,
    /// There is an address, but none of its entries leads to a bus.
    #[error("{0}")]
    Unreachable(String),
}

/// Connects to the bus with the keychain: the one in `HEROKEY_KEYRING_BUS`, which lets the demo run a keyring of its own, or
/// else the session bus. A call on the connection fails after `timeout`.
///
/// Tries each entry of the address in its order. Passes by an entry that it does not understand, as `GDBus` does.
pub fn connect_to_keyring(env: &Env, timeout: Option<Duration>) -> Result<Connection, BusError> {
    let address = env
        .os("HEROKEY_KEYRING_BUS")
        .map(OsStrExt::as_bytes)
        .map_or_else(|| address(env), |own| Ok(own.to_vec()))?;
    first_of(&address, |entry| {
        let builder = connection::Builder::address(entry)?;
        timeout.into_iter().fold(builder, connection::Builder::method_timeout).build()
    })
}

/// The first address in `DBUS_SESSION_BUS_ADDRESS` that leads to a bus, in the form that other programs' zbus takes: one
/// address without escapes. `None` if the variable already has that form, or if there is no such address.
pub fn plain_address(env: &Env) -> Option<String> {
    let value = env.os(VARIABLE)?.as_bytes();
    if !value.iter().any(|byte| matches!(byte, b';' | b'%')) {
        return None;
    }
    let plain =
        |key: &str, value: &str| (!value.contains([',', ';', '%'])).then(|| format!("unix:{key}={value}"));
    let mut found = None;
    let reached = first_of(value, |entry| {
        found = match entry.transport() {
            Transport::Unix(unix) => match unix.path() {
                UnixSocket::File(path) => path.to_str().and_then(|path| plain("path", path)),
                UnixSocket::Abstract(name) => name.to_str().and_then(|name| plain("abstract", name)),
                _ => None,
            },
            _ => Some(entry.to_string()),
        };
        connection::Builder::address(entry)?.build()
    });
    found.filter(|_| reached.is_ok())
}

/// The address of the session bus, as `GDBus` finds it.
fn address(env: &Env) -> Result<Vec<u8>, BusError> {
    if let Some(address) = env.os(VARIABLE) {
        return Ok(address.as_bytes().to_vec());
    }
    let socket = env.runtime_dir().map(|folder| folder.join("bus")).ok_or(BusError::Missing)?;
    if !fs::metadata(&socket).is_ok_and(|found| found.file_type().is_socket()) {
        return Err(BusError::Missing);
    }
    let mut address = b"unix:path=".to_vec();
    escape(socket.as_os_str().as_bytes(), &mut address);
    Ok(address)
}

/// The result of the first entry that `connect` succeeds with.
fn first_of<T>(address: &[u8], mut connect: impl FnMut(Address) -> zbus::Result<T>) -> Result<T, BusError> {
    let mut failed = Vec::new();
    for entry in address.split(|byte| *byte == b';').filter(|entry| !entry.is_empty()) {
        match parse(entry).and_then(|entry| connect(entry).map_err(|error| error.to_string())) {
            Ok(connected) => return Ok(connected),
            Err(why) => failed.push(format!("{}: {why}", String::from_utf8_lossy(entry))),
        }
    }
    Err(BusError::Unreachable(format!("{VARIABLE} has no entry that works. {}", failed.join("; "))))
}

/// Reads one entry: a transport, a colon, and keys with escaped values.
fn parse(entry: &[u8]) -> Result<Address, String> {
    let colon = entry.iter().position(|byte| *byte == b':').ok_or("it has no colon")?;
    let (transport, keys) = (&entry[..colon], &entry[colon + 1..]);
    let mut values = Vec::new();
    for pair in keys.split(|byte| *byte == b',').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|byte| *byte == b'=').ok_or("a key has no value")?;
        values.push((&pair[..equals], unescape(&pair[equals + 1..]).ok_or("an escape is wrong")?));
    }
    let value = |name: &str| {
        values
            .iter()
            .find(|(key, _)| *key == name.as_bytes())
            .map(|(_, value)| OsString::from_vec(value.clone()))
    };
    let transport = match transport {
        b"unix" => match (value("path"), value("abstract")) {
            (Some(path), None) => Transport::Unix(Unix::new(UnixSocket::File(path.into()))),
            (None, Some(name)) => Transport::Unix(Unix::new(UnixSocket::Abstract(name))),
            _ => return Err("it needs either a path or an abstract name to connect to".to_owned()),
        },
        b"tcp" | b"nonce-tcp" => Transport::Tcp(tcp(value, transport == b"nonce-tcp")?),
        _ => return Err("Herokey does not know this transport".to_owned()),
    };
    // Without its `guid`, which GDBus does not compare either.
    Ok(transport.into())
}

fn tcp(value: impl Fn(&str) -> Option<OsString>, has_nonce: bool) -> Result<Tcp, String> {
    let text = |name: &str| value(name).and_then(|value| value.into_string().ok());
    let host = text("host").ok_or("it has no host")?;
    let port = text("port").and_then(|port| port.parse().ok()).ok_or("it has no port")?;
    let family = match text("family").as_deref() {
        None => None,
        Some("ipv4") => Some(TcpTransportFamily::Ipv4),
        Some("ipv6") => Some(TcpTransportFamily::Ipv6),
        Some(_) => return Err("its family is neither ipv4 nor ipv6".to_owned()),
    };
    let nonce = value("noncefile").map(OsString::into_vec);
    if has_nonce && nonce.is_none() {
        return Err("it has no noncefile".to_owned());
    }
    Ok(Tcp::new(&host, port).set_family(family).set_nonce_file(nonce.filter(|_| has_nonce)))
}

/// Decodes `%20`. `None` for an escape that is incomplete or stands for NUL. `GDBus` lets bytes stand for themselves that
/// should be escaped, such as a blank.
fn unescape(value: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = value.iter();
    let mut decoded = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            byte => *byte,
        };
        decoded.push(Some(byte).filter(|byte| *byte != 0)?);
    }
    Some(decoded)
}

/// Encodes what must not stand for itself in a value.
fn escape(value: &[u8], into: &mut Vec<u8>) {
    for byte in value {
        match byte {
            b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'/' | b'.' | b'\\' | b'*' => {
                into.push(*byte);
            }
            byte => into.extend(format!("%{byte:02x}").bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn tried(address: &[u8]) -> Vec<String> {
        let mut tried = Vec::new();
        let none: Result<(), BusError> = first_of(address, |entry| {
            tried.push(entry.to_string());
            Err(zbus::Error::Unsupported)
        });
        assert!(matches!(none, Err(BusError::Unreachable(_))), "{none:?}");
        tried
    }

    #[test]
    fn each_entry_is_tried_in_its_order() {
        assert_eq!(tried(b"unix:path=/a;unix:path=/b"), ["unix:path=/a", "unix:path=/b"]);
        assert_eq!(tried(b"foo;;unix:runtime=yes;autolaunch:;unix:path=/b;"), ["unix:path=/b"]);
        let guid = b"unix:path=/a,guid=0123456789abcdef0123456789abcdef,later=1";
        assert_eq!(tried(guid), ["unix:path=/a"]);
        assert_eq!(tried(b"unix:abstract=/tmp/x%2cy"), ["unix:abstract=/tmp/x%2cy"]);
        assert_eq!(
            tried(b"tcp:host=127.0.0.1,port=4,family=ipv4"),
            ["tcp:host=127.0.0.1,port=4,family=ipv4"]
        );
    }

    #[test]
    fn an_entry_that_leads_nowhere_is_passed_by() {
        for entry in [
            "",
            ";",
            "unix",
            "unix:",
            "unix:path",
            "unix:path=%2",
            "unix:path=%zz",
            "unix:path=/a%00",
            "unix:path=/a,abstract=b",
            "unix:dir=/tmp",
            "unix:runtime=yes",
            "autolaunch:",
            "unixexec:path=/bin/true",
            "launchd:env=X",
            "systemd:",
            "tcp:host=x",
            "tcp:port=1",
            "tcp:host=x,port=1,family=ipv7",
            "nonce-tcp:host=x,port=1",
        ] {
            assert_eq!(tried(entry.as_bytes()), [""; 0], "{entry}");
        }
    }

    #[test]
    fn escapes_stand_for_bytes() {
        assert_eq!(unescape(b"/a%20b%2C%3b%ff").unwrap(), b"/a b,;\xff");
        assert_eq!(unescape(b"/a b").unwrap(), b"/a b");
        let mut escaped = Vec::new();
        escape(b"/a b,;\xff", &mut escaped);
        assert_eq!(unescape(&escaped).unwrap(), b"/a b,;\xff");
    }

    #[test]
    fn without_an_address_the_session_has_a_socket_or_no_bus() {
        let folder = tempfile::tempdir().unwrap();
        let env = || Env::new([("XDG_RUNTIME_DIR", folder.path())]);
        assert!(matches!(address(&env()), Err(BusError::Missing)));
        fs::write(folder.path().join("bus"), "").unwrap();
        assert!(matches!(address(&env()), Err(BusError::Missing)), "it is no socket");
        fs::remove_file(folder.path().join("bus")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("bus")).unwrap();
        assert!(address(&env()).unwrap().starts_with(b"unix:path=/"));
        assert!(matches!(address(&Env::new([("HOME", "/home/me")])), Err(BusError::Missing)));
    }
}
