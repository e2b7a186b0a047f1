//! The variables that Windows' registry sets for this user's programs.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::files::Bytes;

const PREFIX: &str = r"HKEY_CURRENT_USER\Environment\";

/// A variable that the registry sets for this user's programs, or may set.
pub(crate) struct UserVariable(String);

impl UserVariable {
    /// The variable of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The variable that [`path`](Self::path) names; `None` for a file.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        path.to_str().filter(|_| cfg!(windows))?.strip_prefix(PREFIX).map(Self::named)
    }

    /// What stands for it where a change of a file has the file's path.
    pub(crate) fn path(&self) -> PathBuf {
        format!("{PREFIX}{}", self.0).into()
    }

    /// Its value; `None` without one.
    pub(crate) fn read(&self) -> io::Result<Option<Bytes>> {
        system::read(&self.0)
    }

    /// Sets or removes it, and tells the programs that start others, such as Explorer.
    pub(crate) fn write(&self, value: Option<&[u8]>) -> io::Result<()> {
        system::write(&self.0, value)
    }
}

#[cfg(windows)]
mod system {
    use secrecy::zeroize::Zeroizing;
    use windows::Win32::Foundation::{ERROR_FILE_NOT_FOUND, LPARAM, WPARAM};
    use windows::Win32::UI::WindowsAndMessaging::{
        HWND_BROADCAST, SMTO_ABORTIFHUNG, SendMessageTimeoutW, WM_SETTINGCHANGE,
    };
    use windows_registry::CURRENT_USER;

    use super::{Bytes, io};

    const KEY: &str = "Environment";
    /// How long each program may take to notice, in milliseconds.
    const PATIENCE: u32 = 1000;

    pub(super) fn read(name: &str) -> io::Result<Option<Bytes>> {
        match CURRENT_USER.open(KEY).and_then(|key| key.get_string(name)) {
            Ok(value) => Ok(Some(Zeroizing::new(value.into_bytes()))),
            Err(error) if error.code() == ERROR_FILE_NOT_FOUND.to_hresult() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn write(name: &str, value: Option<&[u8]>) -> io::Result<()> {
        let key = CURRENT_USER.create(KEY)?;
        match value {
            None => key.remove_value(name)?,
            Some(value) => key.set_string(name, str::from_utf8(value).map_err(io::Error::other)?)?,
        }
        announce();
        Ok(())
    }

    /// As Microsoft's "Environment Variables" (Win32) asks of a program that changes them.
    fn announce() {
        let changed = windows::core::w!("Environment");
        #[expect(unsafe_code, reason = "the standard library has no such call")]
        // SAFETY: the text is static, and no result is asked for.
        let answered = unsafe {
            SendMessageTimeoutW(
                HWND_BROADCAST,
                WM_SETTINGCHANGE,
                WPARAM(0),
                LPARAM(changed.as_ptr() as isize),
                SMTO_ABORTIFHUNG,
                PATIENCE,
                None,
            )
        };
        if answered.0 == 0 {
            tracing::warn!("a program may not have noticed the change of the environment");
        }
    }
}

/// No other system has a registry.
#[cfg(not(windows))]
mod system {
    use super::{Bytes, io};

    pub(super) fn read(_name: &str) -> io::Result<Option<Bytes>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn write(_name: &str, _value: Option<&[u8]>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
