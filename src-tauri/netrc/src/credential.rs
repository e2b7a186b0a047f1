use std::fmt;

use zeroize::Zeroizing;

/// The login and password that a program reads for a host, unquoted. Both are wiped when dropped.
///
/// `Debug` shows the login and whether there is a password, never the password itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub(crate) login: Option<Zeroizing<Vec<u8>>>,
    pub(crate) password: Option<Zeroizing<Vec<u8>>>,
}

impl Credential {
    /// The login, or `None` if the record has none. It need not be UTF-8.
    pub fn login(&self) -> Option<&[u8]> {
        self.login.as_ref().map(|value| value.as_slice())
    }

    /// The password, or `None` if the record has none. It need not be UTF-8.
    pub fn password(&self) -> Option<&[u8]> {
        self.password.as_ref().map(|value| value.as_slice())
    }

    pub(crate) fn new(login: Option<&[u8]>, password: Option<&[u8]>) -> Self {
        let owned = |value: &[u8]| Zeroizing::new(value.to_vec());
        Credential { login: login.map(owned), password: password.map(owned) }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("login", &self.login().map(String::from_utf8_lossy))
            .field("password", &self.password.as_ref().map(|_| format_args!("…")))
            .finish()
    }
}
