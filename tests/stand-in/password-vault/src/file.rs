//! The file behind the vault: JSON, encrypted for the user of this Windows.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use windows::Win32::Foundation::{HLOCAL, LocalFree};
use windows::Win32::Security::Cryptography::{CRYPT_INTEGER_BLOB, CryptProtectData, CryptUnprotectData};

/// A credential in the vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) resource: String,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Lets `change` change the entries, while no other program reads or writes them.
pub(crate) fn with<T>(change: impl FnOnce(&mut Vec<Entry>) -> T) -> io::Result<T> {
    let local = std::env::var_os("LOCALAPPDATA").ok_or(io::ErrorKind::NotFound)?;
    let folder = PathBuf::from(local).join(r"Microsoft\Vault");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let path = folder.join("stand-in");
    let mut entries: Vec<Entry> = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&crypt(&bytes, false)?)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let before = entries.clone();
    let changed = change(&mut entries);
    if entries != before {
        let beside = folder.join("new");
        fs::write(&beside, crypt(&serde_json::to_vec(&entries)?, true)?)?;
        fs::rename(beside, path)?;
    }
    Ok(changed)
}

fn crypt(bytes: &[u8], protect: bool) -> io::Result<Vec<u8>> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let given = CRYPT_INTEGER_BLOB { cbData: length, pbData: bytes.as_ptr().cast_mut() };
    let mut made = CRYPT_INTEGER_BLOB::default();
    // SAFETY: the function reads the given bytes and allocates the others.
    unsafe {
        if protect {
            CryptProtectData(&raw const given, None, None, None, None, 0, &raw mut made)?;
        } else {
            CryptUnprotectData(&raw const given, None, None, None, None, 0, &raw mut made)?;
        }
        let bytes = std::slice::from_raw_parts(made.pbData, made.cbData as usize).to_vec();
        LocalFree(Some(HLOCAL(made.pbData.cast())));
        Ok(bytes)
    }
}
