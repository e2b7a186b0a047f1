//! Access lists, and files that other programs hold.

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::FromRawHandle;
use std::path::Path;

use tempfile::NamedTempFile;
use windows::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE, GENERIC_READ,
    GENERIC_WRITE, HANDLE, HLOCAL, LocalFree, WIN32_ERROR,
};
use windows::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
    SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorControl, GetTokenInformation,
    PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SE_DACL_PROTECTED, SECURITY_ATTRIBUTES,
    TOKEN_QUERY, TOKEN_USER, TokenUser, UNPROTECTED_DACL_SECURITY_INFORMATION,
};
use windows::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
};
use windows::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows::core::{HSTRING, Owned, PWSTR};

/// Makes a file that its owner alone may read, beside the one it is for.
pub(super) fn private(named: &mut tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<NamedTempFile> {
    named.make_in(folder, create)
}

fn create(path: &Path) -> io::Result<File> {
    let mut descriptor = Descriptor::default();
    // Full access for this person and nobody else, and nothing that the folder would add.
    let list = HSTRING::from(format!("D:P(A;;FA;;;{})", this_person()?));
    let path = wide(path);
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    let access = GENERIC_READ.0 | GENERIC_WRITE.0;
    #[expect(unsafe_code, reason = "the standard library cannot create a file with an access list")]
    // SAFETY: the strings end in a null, the descriptor lives until the end, and the handle is nobody else's.
    unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            &list,
            SDDL_REVISION_1,
            &raw mut descriptor.0,
            None,
        )?;
        let attributes = SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>().try_into().map_err(io::Error::other)?,
            lpSecurityDescriptor: descriptor.0.0,
            bInheritHandle: false.into(),
        };
        let made = CreateFileW(
            &path,
            access,
            share,
            Some(&raw const attributes),
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            None,
        );
        // By its number, so that a name that is taken is known as such.
        let handle = made.map_err(|error| from_hresult(&error))?;
        Ok(File::from_raw_handle(handle.0))
    }
}

/// Who this process acts for, as a SID in text. Not the owner of what it makes: an administrator's files may belong to
/// all of them.
fn this_person() -> io::Result<String> {
    let mut user = [0_u64; 32];
    let size = u32::try_from(size_of_val(&user)).map_err(io::Error::other)?;
    let mut length = 0;
    #[expect(unsafe_code, reason = "the standard library does not tell it")]
    // SAFETY: the handle is open; the buffer is aligned for `TOKEN_USER`, which is read only where it was written.
    unsafe {
        let mut token = Owned::new(HANDLE::default());
        OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut *token)?;
        GetTokenInformation(*token, TokenUser, Some(user.as_mut_ptr().cast()), size, &raw mut length)?;
        let user: &TOKEN_USER = &*user.as_ptr().cast();
        let mut text = PWSTR::null();
        ConvertSidToStringSidW(user.User.Sid, &raw mut text)?;
        let copied = text.to_string().map_err(io::Error::other);
        LocalFree(Some(HLOCAL(text.0.cast())));
        copied
    }
}

/// Access lists stand in their place.
pub(super) fn mode(_: &Path) -> io::Result<u32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// As above.
pub(super) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A file belongs to whoever's folder it is in.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(super) fn keep_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

/// Lets the same people at a file that is about to take another's place.
pub(super) fn keep_access(target: &Path, temporary: &NamedTempFile) -> io::Result<()> {
    let mut descriptor = Descriptor::default();
    let mut list: *mut ACL = std::ptr::null_mut();
    let (mut control, mut revision) = (0, 0);
    #[expect(unsafe_code, reason = "the standard library knows nothing of access lists")]
    // SAFETY: the strings end in a null; the list is a part of the descriptor, which lives until the end.
    unsafe {
        let got = GetNamedSecurityInfoW(
            &wide(target),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION,
            None,
            None,
            Some(&raw mut list),
            None,
            &raw mut descriptor.0,
        );
        done(got)?;
        GetSecurityDescriptorControl(descriptor.0, &raw mut control, &raw mut revision)?;
        let inherits = if control & SE_DACL_PROTECTED.0 == 0 {
            UNPROTECTED_DACL_SECURITY_INFORMATION
        } else {
            PROTECTED_DACL_SECURITY_INFORMATION
        };
        done(SetNamedSecurityInfoW(
            &wide(temporary.path()),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | inherits,
            None,
            None,
            Some(list),
            None,
        ))
    }
}

/// There are no FIFOs among files.
pub(super) fn without_waiting(_: &mut OpenOptions) {}

/// A folder in the person's profile is theirs.
pub(super) fn for_the_owner(_: &mut std::fs::DirBuilder) {}

/// There is no such call: the file system keeps renames in their order, so after a crash there is the one file or the
/// other.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the other systems' function")]
pub(super) fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Another program has it open without letting others replace or remove it, or is about to remove it.
pub(super) fn is_held(error: &io::Error) -> bool {
    let codes = [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE];
    error.raw_os_error().is_some_and(|code| codes.iter().any(|held| held.0 == code.cast_unsigned()))
}

/// Freed when dropped.
#[derive(Default)]
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Drop for Descriptor {
    fn drop(&mut self) {
        let memory: *mut c_void = self.0.0;
        if !memory.is_null() {
            #[expect(unsafe_code, reason = "the system made it, so it frees it")]
            // SAFETY: it came from a call that says to free it so, and nobody has it any more.
            unsafe {
                LocalFree(Some(HLOCAL(memory)));
            }
        }
    }
}

fn wide(path: &Path) -> HSTRING {
    HSTRING::from_wide(&path.as_os_str().encode_wide().collect::<Vec<_>>())
}

fn done(code: WIN32_ERROR) -> io::Result<()> {
    if code.0 == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code.0.cast_signed())) }
}

fn from_hresult(error: &windows::core::Error) -> io::Error {
    match WIN32_ERROR::from_error(error) {
        Some(code) => io::Error::from_raw_os_error(code.0.cast_signed()),
        None => io::Error::other(error.clone()),
    }
}

/// The access list as text (SDDL), for tests.
#[cfg(test)]
pub(super) fn access(path: &Path) -> io::Result<String> {
    use windows::Win32::Security::Authorization::ConvertSecurityDescriptorToStringSecurityDescriptorW;

    let mut descriptor = Descriptor::default();
    let mut text = PWSTR::null();
    #[expect(unsafe_code, reason = "the standard library knows nothing of access lists")]
    // SAFETY: as above; the text is copied before it is freed.
    unsafe {
        let got = GetNamedSecurityInfoW(
            &wide(path),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION,
            None,
            None,
            None,
            None,
            &raw mut descriptor.0,
        );
        done(got)?;
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.0,
            SDDL_REVISION_1,
            DACL_SECURITY_INFORMATION,
            &raw mut text,
            None,
        )?;
        let copied = text.to_string().map_err(io::Error::other);
        LocalFree(Some(HLOCAL(text.0.cast())));
        copied
    }
}
