//! Files on Windows: access lists, and files that other programs have open.

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

/// Makes a temporary file that only its owner may read.
pub(super) fn private(named: &mut tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<NamedTempFile> {
    named.make_in(folder, create)
}

fn create(path: &Path) -> io::Result<File> {
    let mut descriptor = Descriptor::default();
    // Full access for this user only, without what the folder would add.
    let list = HSTRING::from(format!("D:P(A;;FA;;;{})", user_sid()?));
    let path = wide(path);
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    let access = GENERIC_READ.0 | GENERIC_WRITE.0;
    #[expect(unsafe_code, reason = "the standard library cannot create a file with an access list")]
    // SAFETY: the strings end in a null, the descriptor lives until the end, and nothing else uses the handle.
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
        // With the number of the error, so that the caller recognizes a name that is taken.
        let handle = made.map_err(|error| from_hresult(&error))?;
        Ok(File::from_raw_handle(handle.0))
    }
}

/// The SID of the user of this process, as text. The owner of new files would be wrong: an administrator's files may
/// belong to all administrators.
fn user_sid() -> io::Result<String> {
    let mut user = [0_u64; 32];
    let size = u32::try_from(size_of_val(&user)).map_err(io::Error::other)?;
    let mut length = 0;
    #[expect(unsafe_code, reason = "the standard library has no such call")]
    // SAFETY: the handle is open; the buffer is aligned for `TOKEN_USER`, which is read only after it was written.
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

/// Does nothing: the access list of the user's own folder applies.
pub(super) fn private_lock(_: &mut OpenOptions) {}

/// Does nothing: the access list of the user's own folder applies.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn keep_private(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Fails: Windows has access lists instead of permission bits.
pub(super) fn mode(_: &Path) -> io::Result<u32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Fails: Windows has access lists instead of permission bits.
pub(super) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// True for every folder: only an attempt to write shows what its access list allows.
pub(super) fn can_write_in(_: &Path) -> bool {
    true
}

/// Does nothing: new files get the right owner.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn keep_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

/// Does nothing: new folders get the right owner.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn adopt(_: &Path) -> io::Result<()> {
    Ok(())
}

/// True for a file with the attribute "read-only". A folder's has another meaning.
pub(super) fn is_protected(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().readonly())
}

/// Always false: Windows mounts no files.
pub(super) fn is_mount_point(_: &Path) -> bool {
    false
}

/// Does nothing: the temporary file has an access list of its own, for the user alone.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn keep_likeness(_: &Path, _: &NamedTempFile) -> io::Result<()> {
    Ok(())
}

/// Always false: programs on Windows give a file no second name.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn has_other_names(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Does nothing: Windows has access lists instead of permission bits.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn refuse_everybody(_: &File) -> io::Result<()> {
    Ok(())
}

/// Gives a temporary file the access list of the file that it is about to replace.
pub(super) fn keep_access(target: &Path, temporary: &NamedTempFile) -> io::Result<()> {
    let mut descriptor = Descriptor::default();
    let mut list: *mut ACL = std::ptr::null_mut();
    let (mut control, mut revision) = (0, 0);
    #[expect(unsafe_code, reason = "the standard library does not support access lists")]
    // SAFETY: the strings end in a null; the list is part of the descriptor, which lives until the end.
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
        check(got)?;
        GetSecurityDescriptorControl(descriptor.0, &raw mut control, &raw mut revision)?;
        let inherits = if control & SE_DACL_PROTECTED.0 == 0 {
            UNPROTECTED_DACL_SECURITY_INFORMATION
        } else {
            PROTECTED_DACL_SECURITY_INFORMATION
        };
        check(SetNamedSecurityInfoW(
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

/// Does nothing: Windows has no FIFOs among its files.
pub(super) fn non_blocking(_: &mut OpenOptions) {}

/// Does nothing: only the user may open the folders in their profile.
pub(super) fn owner_only(_: &mut std::fs::DirBuilder) {}

/// Does nothing: the file system keeps renames in order, so after a crash either the old or the new file is there.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// True if another program has the file open and lets nobody replace or remove it, or is about to remove it.
pub(super) fn is_held(error: &io::Error) -> bool {
    let codes = [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE];
    error.raw_os_error().is_some_and(|code| codes.iter().any(|held| held.0 == code.cast_unsigned()))
}

/// A security descriptor, freed when dropped.
#[derive(Default)]
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Drop for Descriptor {
    fn drop(&mut self) {
        let memory: *mut c_void = self.0.0;
        if !memory.is_null() {
            #[expect(unsafe_code, reason = "the system allocated it, so the system must free it")]
            // SAFETY: it came from a call whose documentation says to free it this way, and nothing uses it any more.
            unsafe {
                LocalFree(Some(HLOCAL(memory)));
            }
        }
    }
}

fn wide(path: &Path) -> HSTRING {
    HSTRING::from_wide(&path.as_os_str().encode_wide().collect::<Vec<_>>())
}

fn check(code: WIN32_ERROR) -> io::Result<()> {
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
    #[expect(unsafe_code, reason = "the standard library does not support access lists")]
    // SAFETY: as in `keep_access`; the text is copied before it is freed.
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
        check(got)?;
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
