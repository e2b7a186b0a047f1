//! Extended attributes, which also hold access lists and `SELinux`'s labels; see xattr(7).

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
use rustix::io::Errno;

/// The access list on Linux; see acl(5).
const ACCESS_LIST: &CStr = c"system.posix_acl_access";
/// The largest list of names, and the largest value, on Linux.
const MAX_BYTES: usize = 64 << 10;
/// The error for an attribute that a file does not have.
#[cfg(target_os = "linux")]
const MISSING: Errno = Errno::NODATA;
#[cfg(not(target_os = "linux"))]
const MISSING: Errno = Errno::NOATTR;
/// macOS gives every file its own.
const PROVENANCE: &CStr = c"com.apple.provenance";

/// Gives a file the attributes of another one. Fails as unsupported if it cannot have one of them.
pub(super) fn copy(from: &File, to: &File, with_access_list: bool) -> io::Result<()> {
    for name in names(from)? {
        let name = name.as_c_str();
        if name == PROVENANCE || name == ACCESS_LIST && !with_access_list {
            continue;
        }
        let Some(value) = value(from, name)? else { continue };
        if self::value(to, name)?.as_ref() == Some(&value) {
            continue;
        }
        fsetxattr(to, name, &value, XattrFlags::empty()).map_err(|error| {
            let text = format!("the extended attribute {} cannot be kept: {error}", name.to_string_lossy());
            io::Error::new(io::ErrorKind::Unsupported, text)
        })?;
    }
    Ok(())
}

fn names(file: &File) -> io::Result<Vec<CString>> {
    let mut list = vec![0_u8; MAX_BYTES];
    let read = match flistxattr(file, &mut list[..]) {
        // A file system without attributes.
        Err(Errno::NOTSUP | Errno::NOSYS | Errno::PERM) => return Ok(Vec::new()),
        other => other?,
    };
    let names = list[..read].split_inclusive(|&byte| byte == 0);
    Ok(names.filter_map(|name| CStr::from_bytes_with_nul(name).ok()).map(CStr::to_owned).collect())
}

fn value(file: &File, name: &CStr) -> io::Result<Option<Vec<u8>>> {
    let mut value = vec![0_u8; MAX_BYTES];
    let read = match fgetxattr(file, name, &mut value[..]) {
        Err(error) if error == MISSING || error == Errno::NOTSUP => return Ok(None),
        other => other?,
    };
    value.truncate(read);
    Ok(Some(value))
}
