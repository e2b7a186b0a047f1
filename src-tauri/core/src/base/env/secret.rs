//! Recognizes the variables that hold a secret, which only few programs need.

use std::ffi::OsStr;

/// The variables with a Heroku token.
pub(crate) const TOKENS: [&str; 2] = ["HEROKU_API_KEY", "HEROKU_API_TOKEN"];

/// True if a variable holds a token, or an address with a password.
pub(super) fn is_held(name: &OsStr, value: &OsStr) -> bool {
    let value = value.to_string_lossy();
    TOKENS.iter().any(|token| name == *token) || value.contains("HRKU-") || has_password(&value)
}

/// True for `scheme://user:password@host`, and without the scheme, as proxies may be written. A password may contain any
/// character, so after a scheme the rest of the value counts. Without one, paths of Windows are no addresses.
fn has_password(value: &str) -> bool {
    let (authority, _) = value.split_once('/').unwrap_or((value, ""));
    let rest = match value.split_once("://") {
        Some((_, rest)) => rest,
        None if value.contains(['\\', ';']) => return false,
        None => authority,
    };
    rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::is_held;

    #[test]
    fn tokens_and_passwords_in_addresses_are_secrets() {
        let held = |name: &str, value: &str| is_held(OsStr::new(name), OsStr::new(value));
        for (name, value) in [
            ("HEROKU_API_KEY", "HRKU-fake"),
            ("HEROKU_API_TOKEN", "HRKU-fake"),
            ("HTTPS_PROXY", "http://me:fake@proxy.example:3128/"),
            ("https_proxy", "me:fake@proxy.example:3128"),
            ("ALL_PROXY", "socks5h://me:fake/with@signs@proxy.example"),
            ("DATABASE_URL", "postgres://me:fake@db.example/app"),
            ("ANYTHING", "https://HRKU-fake@git.heroku.com"),
            ("TF_VAR_heroku_api_key", "HRKU-fake"),
        ] {
            assert!(held(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("HEROKU_HOST", "https://localhost:5000"),
            ("HTTPS_PROXY", "http://proxy.example:3128"),
            ("HTTPS_PROXY", "http://me@proxy.example:3128"),
            ("PATH", "/opt/node@22:/usr/bin:/home/me@work/bin"),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus"),
            ("SESSION_MANAGER", "local/me:@/tmp/.ICE-unix/1,unix/me:/tmp/.ICE-unix/1"),
            ("XMODIFIERS", "@im=ibus"),
            ("USERPROFILE", r"C:\Users\anna@corp"),
            ("Path", r"C:\tools\openssl@3\bin;C:\Windows"),
            ("XDG_ACTIVATION_TOKEN", "fake"),
        ] {
            assert!(!held(name, value), "{name}={value}");
        }
    }
}
