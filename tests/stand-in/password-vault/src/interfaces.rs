//! The interfaces behind the classes (`windows.security.credentials.idl`), which the `windows` crate lets a program call but
//! not implement.
//!
//! Each declares the methods of `IInspectable` itself, because the macro only knows interfaces that follow `IUnknown`.

use std::ffi::c_void;

use windows_core::{GUID, HRESULT, HSTRING, IUnknown, IUnknown_Vtbl, Result, interface};

/// A pointer to a string or an object, which the caller owns.
pub(crate) type Given = *mut c_void;
/// Where to put a string or an object, which the caller owns from then on.
pub(crate) type Wanted = *mut *mut c_void;

/// `IPasswordVault`.
#[interface("61fd2c0b-c8d4-48c1-a54f-bc5a64205af2")]
pub(crate) unsafe trait IVault: IUnknown {
    fn GetIids(&self, count: *mut u32, ids: *mut *mut GUID) -> HRESULT;
    fn GetRuntimeClassName(&self, name: Wanted) -> HRESULT;
    fn GetTrustLevel(&self, level: *mut i32) -> HRESULT;
    fn Add(&self, credential: Given) -> HRESULT;
    fn Remove(&self, credential: Given) -> HRESULT;
    fn Retrieve(&self, resource: Given, user: Given, credential: Wanted) -> HRESULT;
    fn FindAllByResource(&self, resource: Given, credentials: Wanted) -> HRESULT;
    fn FindAllByUserName(&self, user: Given, credentials: Wanted) -> HRESULT;
    fn RetrieveAll(&self, credentials: Wanted) -> HRESULT;
}

/// `IPasswordCredential`.
#[interface("6ab18989-c720-41a7-a6c1-feadb36329a0")]
pub(crate) unsafe trait ICredential: IUnknown {
    fn GetIids(&self, count: *mut u32, ids: *mut *mut GUID) -> HRESULT;
    fn GetRuntimeClassName(&self, name: Wanted) -> HRESULT;
    fn GetTrustLevel(&self, level: *mut i32) -> HRESULT;
    fn Resource(&self, resource: Wanted) -> HRESULT;
    fn SetResource(&self, resource: Given) -> HRESULT;
    fn UserName(&self, user: Wanted) -> HRESULT;
    fn SetUserName(&self, user: Given) -> HRESULT;
    fn Password(&self, password: Wanted) -> HRESULT;
    fn SetPassword(&self, password: Given) -> HRESULT;
    fn RetrievePassword(&self) -> HRESULT;
    fn Properties(&self, properties: Wanted) -> HRESULT;
}

/// `ICredentialFactory`.
#[interface("54ef13a1-bf26-47b5-97dd-de779b7cad58")]
pub(crate) unsafe trait ICredentialFactory: IUnknown {
    fn GetIids(&self, count: *mut u32, ids: *mut *mut GUID) -> HRESULT;
    fn GetRuntimeClassName(&self, name: Wanted) -> HRESULT;
    fn GetTrustLevel(&self, level: *mut i32) -> HRESULT;
    fn CreatePasswordCredential(
        &self,
        resource: Given,
        user: Given,
        password: Given,
        made: Wanted,
    ) -> HRESULT;
}

/// The text of a string that a caller gave.
///
/// # Safety
/// It is a string of `WinRT`, or null, which is the empty one.
pub(crate) unsafe fn text(given: &Given) -> String {
    // SAFETY: an `HSTRING` is this pointer and nothing else.
    let string = unsafe { &*std::ptr::from_ref(given).cast::<HSTRING>() };
    string.to_string_lossy()
}

/// Puts a string or an object where the caller wants it.
///
/// # Safety
/// `wanted` can be written to, and `T` is a string or an object of `WinRT`.
pub(crate) unsafe fn answer<T>(wanted: Wanted, result: Result<T>) -> HRESULT {
    const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
    match result {
        Ok(value) => {
            // SAFETY: both are one pointer, and the value's destructor does not run.
            unsafe { wanted.write(std::mem::transmute_copy(&std::mem::ManuallyDrop::new(value))) };
            HRESULT(0)
        }
        Err(error) => error.code(),
    }
}
