//! A stand-in for the `PasswordVault` of Windows, for tests under Wine, which has none.
//!
//! A `WinRT` server that keeps the real one's contract as far as Herokey and the Heroku CLI see it: one credential for each
//! resource and user name; `Add` replaces; `Retrieve` fills the password, and a search leaves that to `RetrievePassword`;
//! 0x80070490 where there is nothing, from a search too; and at most twenty credentials of a resource.
//! The file behind it is encrypted for the user with `CryptProtectData`.
//!
//! Wine finds it through `DllPath` in `HKLM\Software\Microsoft\WindowsRuntime\ActivatableClassId\CLASS`. The library also
//! answers Wine's question whether a certificate is revoked, and a tray's question where its icon is.
#![cfg(windows)]
#![allow(
    non_snake_case,
    clippy::inline_always,
    clippy::ref_as_ptr,
    clippy::transmute_ptr_to_ptr,
    reason = "the interfaces' names, and the macros' code"
)]
#![allow(unsafe_code, reason = "a COM server is called with pointers")]

mod file;
mod interfaces;
mod tray_icon;

use std::cell::RefCell;
use std::ffi::c_void;

use windows::Security::Credentials::PasswordCredential;
use windows::Win32::Foundation::{
    CLASS_E_CLASSNOTAVAILABLE, E_FAIL, E_INVALIDARG, E_NOTIMPL, E_POINTER, S_OK, TRUE,
};
use windows::Win32::System::WinRT::{IActivationFactory, IActivationFactory_Impl};
use windows_collections::IVectorView;
use windows_core::{BOOL, Error, GUID, HRESULT, HSTRING, IInspectable, Interface, Result, implement};

use file::Entry;
use interfaces::{
    Given, ICredential, ICredential_Impl, ICredentialFactory, ICredentialFactory_Impl, IVault, IVault_Impl,
    Wanted, answer, text,
};

/// `HRESULT_FROM_WIN32(ERROR_NOT_FOUND)`.
const NOT_FOUND: HRESULT = HRESULT::from_win32(1168);
/// `HRESULT_FROM_WIN32(ERROR_NOT_ENOUGH_QUOTA)`.
const FULL: HRESULT = HRESULT::from_win32(1816);
/// How many credentials of one resource the vault keeps.
const MAX: usize = 20;

/// Wine calls this for each class of this library that a program makes an object of.
///
/// # Safety
/// `class` is a string of `WinRT`, and `factory` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DllGetActivationFactory(class: Given, factory: Wanted) -> HRESULT {
    if factory.is_null() {
        return E_POINTER;
    }
    tray_icon::replace();
    // SAFETY: as the caller promises.
    unsafe {
        let made = match text(&class).as_str() {
            "Windows.Security.Credentials.PasswordVault" => Ok(IActivationFactory::from(VaultFactory)),
            "Windows.Security.Credentials.PasswordCredential" => Ok(CredentialFactory.into()),
            _ => Err(CLASS_E_CLASSNOTAVAILABLE.into()),
        };
        answer(factory, made)
    }
}

/// Wine calls this to ask whether certificates are revoked. No: Wine's own provider finds no list of the sandbox's authority,
/// and Wine takes "unknown" for an error, which Windows ignores as Herokey asks it to.
#[unsafe(no_mangle)]
pub extern "system" fn CertDllVerifyRevocation(
    _encoding: u32,
    _type: u32,
    _count: u32,
    _certificates: *const Given,
    _flags: u32,
    _parameters: *const c_void,
    _status: *mut c_void,
) -> BOOL {
    TRUE
}

#[implement(IActivationFactory)]
struct VaultFactory;

impl IActivationFactory_Impl for VaultFactory_Impl {
    fn ActivateInstance(&self) -> Result<IInspectable> {
        IVault::from(Vault).cast()
    }
}

#[implement(IActivationFactory, ICredentialFactory)]
struct CredentialFactory;

impl IActivationFactory_Impl for CredentialFactory_Impl {
    fn ActivateInstance(&self) -> Result<IInspectable> {
        Credential::make(Entry::default()).cast()
    }
}

/// The methods of `IInspectable` that nobody asks a stand-in for.
macro_rules! inspectable {
    () => {
        unsafe fn GetIids(&self, _: *mut u32, _: *mut *mut GUID) -> HRESULT {
            E_NOTIMPL
        }
        unsafe fn GetRuntimeClassName(&self, _: Wanted) -> HRESULT {
            E_NOTIMPL
        }
        unsafe fn GetTrustLevel(&self, _: *mut i32) -> HRESULT {
            E_NOTIMPL
        }
    };
}

impl ICredentialFactory_Impl for CredentialFactory_Impl {
    inspectable!();

    unsafe fn CreatePasswordCredential(
        &self,
        resource: Given,
        user: Given,
        password: Given,
        made: Wanted,
    ) -> HRESULT {
        // SAFETY: the caller's strings and pointer.
        unsafe {
            let [resource, user, password] = [text(&resource), text(&user), text(&password)];
            let is_whole = !resource.is_empty() && !user.is_empty() && !password.is_empty();
            answer(
                made,
                if is_whole {
                    Ok(Credential::make(Entry { resource, user, password }))
                } else {
                    Err(E_INVALIDARG.into())
                },
            )
        }
    }
}

#[implement(ICredential)]
struct Credential(RefCell<Entry>);

impl Credential {
    fn make(entry: Entry) -> PasswordCredential {
        let made = ICredential::from(Self(RefCell::new(entry)));
        // SAFETY: `ICredential` is the class's default interface, `IPasswordCredential`.
        unsafe { PasswordCredential::from_raw(made.into_raw()) }
    }
}

impl ICredential_Impl for Credential_Impl {
    inspectable!();

    unsafe fn Resource(&self, resource: Wanted) -> HRESULT {
        // SAFETY: the caller's pointer.
        unsafe { answer(resource, Ok(HSTRING::from(&self.0.borrow().resource))) }
    }

    unsafe fn SetResource(&self, resource: Given) -> HRESULT {
        // SAFETY: the caller's string.
        self.0.borrow_mut().resource = unsafe { text(&resource) };
        S_OK
    }

    unsafe fn UserName(&self, user: Wanted) -> HRESULT {
        // SAFETY: the caller's pointer.
        unsafe { answer(user, Ok(HSTRING::from(&self.0.borrow().user))) }
    }

    unsafe fn SetUserName(&self, user: Given) -> HRESULT {
        // SAFETY: the caller's string.
        self.0.borrow_mut().user = unsafe { text(&user) };
        S_OK
    }

    unsafe fn Password(&self, password: Wanted) -> HRESULT {
        // SAFETY: the caller's pointer.
        unsafe { answer(password, Ok(HSTRING::from(&self.0.borrow().password))) }
    }

    unsafe fn SetPassword(&self, password: Given) -> HRESULT {
        // SAFETY: the caller's string.
        self.0.borrow_mut().password = unsafe { text(&password) };
        S_OK
    }

    unsafe fn RetrievePassword(&self) -> HRESULT {
        let mut own = self.0.borrow_mut();
        match stored(|entries| {
            find(entries, &own.resource, &own.user).map(|index| entries[index].password.clone())
        }) {
            Ok(password) => {
                own.password = password;
                S_OK
            }
            Err(error) => error.code(),
        }
    }

    unsafe fn Properties(&self, _: Wanted) -> HRESULT {
        E_NOTIMPL
    }
}

#[implement(IVault)]
struct Vault;

impl IVault_Impl for Vault_Impl {
    inspectable!();

    unsafe fn Add(&self, credential: Given) -> HRESULT {
        // SAFETY: the caller's object.
        code(unsafe { given(credential) }.and_then(|new| {
            if new.password.is_empty() {
                return Err(E_INVALIDARG.into());
            }
            stored(|entries| {
                match find(entries, &new.resource, &new.user) {
                    Ok(index) => entries[index] = new,
                    Err(_)
                        if entries.iter().filter(|entry| entry.resource == new.resource).count() >= MAX =>
                    {
                        return Err(FULL.into());
                    }
                    Err(_) => entries.push(new),
                }
                Ok(())
            })
        }))
    }

    unsafe fn Remove(&self, credential: Given) -> HRESULT {
        // SAFETY: the caller's object.
        code(unsafe { given(credential) }.and_then(|old| {
            stored(|entries| find(entries, &old.resource, &old.user).map(|index| drop(entries.remove(index))))
        }))
    }

    unsafe fn Retrieve(&self, resource: Given, user: Given, credential: Wanted) -> HRESULT {
        // SAFETY: the caller's strings and pointer.
        unsafe {
            let (resource, user) = (text(&resource), text(&user));
            let found = stored(|entries| {
                find(entries, &resource, &user).map(|index| Credential::make(entries[index].clone()))
            });
            answer(credential, found)
        }
    }

    unsafe fn FindAllByResource(&self, resource: Given, credentials: Wanted) -> HRESULT {
        // SAFETY: the caller's string and pointer.
        unsafe {
            let resource = text(&resource);
            answer(credentials, all(|entry| entry.resource == resource))
        }
    }

    unsafe fn FindAllByUserName(&self, user: Given, credentials: Wanted) -> HRESULT {
        // SAFETY: the caller's string and pointer.
        unsafe {
            let user = text(&user);
            answer(credentials, all(|entry| entry.user == user))
        }
    }

    unsafe fn RetrieveAll(&self, credentials: Wanted) -> HRESULT {
        // SAFETY: the caller's pointer.
        unsafe { answer(credentials, all(|_| true)) }
    }
}

/// Unlike other lists of `WinRT`, this one is never empty: the vault answers that there is nothing.
fn all(is_wanted: impl Fn(&Entry) -> bool) -> Result<IVectorView<PasswordCredential>> {
    stored(|entries| {
        let hidden = |entry: &Entry| Credential::make(Entry { password: String::new(), ..entry.clone() });
        let found: Vec<_> =
            entries.iter().filter(|entry| is_wanted(entry)).map(|entry| Some(hidden(entry))).collect();
        if found.is_empty() { Err(NOT_FOUND.into()) } else { Ok(found.into()) }
    })
}

fn find(entries: &[Entry], resource: &str, user: &str) -> Result<usize> {
    let is_it = |entry: &Entry| entry.resource == resource && entry.user == user;
    entries.iter().position(is_it).ok_or_else(|| NOT_FOUND.into())
}

fn stored<T>(use_them: impl FnOnce(&mut Vec<Entry>) -> Result<T>) -> Result<T> {
    file::with(use_them).unwrap_or_else(|error| Err(Error::new(E_FAIL, error.to_string())))
}

/// # Safety
/// The pointer is a credential or null.
unsafe fn given(credential: Given) -> Result<Entry> {
    // SAFETY: as the caller promises.
    let credential = unsafe { PasswordCredential::from_raw_borrowed(&credential) }.ok_or(E_POINTER)?;
    Ok(Entry {
        resource: credential.Resource()?.to_string_lossy(),
        user: credential.UserName()?.to_string_lossy(),
        password: credential.Password()?.to_string_lossy(),
    })
}

fn code(result: Result<()>) -> HRESULT {
    result.map_or_else(|error| error.code(), |()| S_OK)
}
