//! macOS's program `security`, which reads and writes generic passwords. Secrets go to its standard input, never into
//! arguments, which other programs can see.
//!
//! Names in parentheses are those of its source, `SecurityTool`. On other systems this module is compiled for tests, which
//! use a stand-in for the program.

use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use keyring_core::{Error, Result};
use secrecy::zeroize::Zeroizing;

use super::backend::Backend;
use super::{KeychainFailure, failure, no_access};
use crate::base::env::Env;
use crate::base::process;
use crate::base::process::Answer;

/// It cuts a line of 4095 bytes or more (`MAX_LINE_LEN`), runs the rest as the next command, and exits with that one's code.
const MAX_LINE_BYTES: usize = 4000;
/// More than it prints about a keychain with thousands of entries.
const MAX_BYTES: u64 = 32 << 20;

/// The exit codes: the last bytes of Apple's error codes (`SecBase.h`).
mod code {
    pub(super) const ITEM_NOT_FOUND: i32 = 44; // errSecItemNotFound, -25300
    pub(super) const INTERACTION_NOT_ALLOWED: i32 = 36; // errSecInteractionNotAllowed, -25308
    pub(super) const AUTH_FAILED: i32 = 51; // errSecAuthFailed, -25293
    pub(super) const USER_CANCELED: i32 = 128; // errSecUserCanceled, -128
    pub(super) const NO_DEFAULT_KEYCHAIN: i32 = 37; // errSecNoDefaultKeychain, -25307
    pub(super) const NO_SUCH_KEYCHAIN: i32 = 50; // errSecNoSuchKeychain, -25294
}

/// The program, and how long a call of it may take.
pub(super) struct Security {
    program: OsString,
    env: Env,
    timeout: Duration,
}

impl Security {
    pub(super) fn new(program: impl Into<OsString>, env: &Env, timeout: Duration) -> Self {
        Self { program: program.into(), env: env.clone(), timeout }
    }

    /// Unlocks the default keychain by showing its settings, for which the user must unlock it.
    pub(super) fn unlock(&self) -> Result<()> {
        self.run(&["show-keychain-info"]).map(drop)
    }

    fn run(&self, arguments: &[&str]) -> Result<Answer> {
        self.run_with_input(arguments, Zeroizing::default())
    }

    fn run_with_input(&self, arguments: &[&str], input: Zeroizing<Vec<u8>>) -> Result<Answer> {
        let mut command = self.env.command(&self.program);
        let answer =
            process::run(command.args(arguments), input, self.timeout, MAX_BYTES).map_err(|error| {
                failure(match error.kind() {
                    ErrorKind::TimedOut => KeychainFailure::Timeout,
                    ErrorKind::NotFound => {
                        KeychainFailure::Missing(format!("{}: {error}", self.program.display()))
                    }
                    _ => KeychainFailure::Failed(format!("{}: {error}", self.program.display())),
                })
            })?;
        match answer.status.code() {
            Some(0) => Ok(answer),
            Some(code::ITEM_NOT_FOUND) => Err(Error::NoEntry),
            Some(code::INTERACTION_NOT_ALLOWED) => Err(no_access(KeychainFailure::Locked)),
            Some(code::AUTH_FAILED | code::USER_CANCELED) => Err(no_access(KeychainFailure::Denied)),
            Some(code::NO_DEFAULT_KEYCHAIN | code::NO_SUCH_KEYCHAIN) => {
                Err(failure(KeychainFailure::Missing("no default keychain".to_owned())))
            }
            // Its output is not shown, because it may repeat the input.
            _ => {
                Err(failure(KeychainFailure::Failed(format!("security {}: {}", arguments[0], answer.status))))
            }
        }
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Heroku CLI's entries in the login keychain")
    }
}

impl Backend for Security {
    const NAME: &str = "macos-keychain";

    fn get(&self, service: &str, account: &str) -> Result<Vec<u8>> {
        let answer = self.run(&["find-generic-password", "-a", account, "-s", service, "-w"])?;
        Ok(answer.stdout.strip_suffix(b"\n").unwrap_or(&answer.stdout).to_vec())
    }

    /// Uses the same options as the CLI, but passes them as a command line on standard input.
    fn set(&self, service: &str, account: &str, secret: &[u8]) -> Result<()> {
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE_BYTES));
        line.extend_from_slice(b"add-generic-password -U");
        for (option, value) in
            [(b" -a ", account.as_bytes()), (b" -s ", service.as_bytes()), (b" -w ", secret)]
        {
            line.extend_from_slice(option);
            quote(value, &mut line)?;
        }
        line.push(b'\n');
        if line.len() > MAX_LINE_BYTES {
            return Err(failure(KeychainFailure::Failed("the entry is too long for `security`".to_owned())));
        }
        self.run_with_input(&["-i"], line).map(drop)
    }

    fn remove(&self, service: &str, account: &str) -> Result<()> {
        self.run(&["delete-generic-password", "-a", account, "-s", service]).map(drop)
    }

    /// Without `-d` it prints no secrets, so the system does not ask the user.
    fn accounts(&self, service: &str) -> Result<Vec<String>> {
        let answer = self.run(&["dump-keychain"])?;
        Ok(accounts(&String::from_utf8_lossy(&answer.stdout), service))
    }
}

/// Adds a quoted word to a command line. Within double quotes only the backslash is special: it makes the next character
/// an ordinary one (`split_line`).
fn quote(word: &[u8], line: &mut Vec<u8>) -> Result<()> {
    if word.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        return Err(failure(KeychainFailure::Failed("`security` accepts no line breaks".to_owned())));
    }
    line.push(b'"');
    for &byte in word {
        if matches!(byte, b'"' | b'\\') {
            line.push(b'\\');
        }
        line.push(byte);
    }
    line.push(b'"');
    Ok(())
}

/// The accounts of a service in the output of `dump-keychain`, which prints for each entry a line `keychain: …`, its class
/// and one line per attribute.
fn accounts(dump: &str, service: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in dump.split("\nkeychain: ") {
        if !item.lines().any(|line| line == "class: \"genp\"") {
            continue;
        }
        let attribute =
            |name: &str| item.lines().find_map(|line| blob(line.trim_start().strip_prefix(name)?));
        // If several keychains have an entry for the account, the program uses the first.
        if let Some(account) = attribute("\"acct\"<blob>=")
            && attribute("\"svce\"<blob>=").as_deref() == Some(service)
            && !found.contains(&account)
        {
            found.push(account);
        }
    }
    found
}

/// Parses a printed value (`print_buffer`). A value is printed in quotes, without escapes, or, if it contains a backslash
/// or anything but printable ASCII, as `0x` and hexadecimal digits. `None` for `<NULL>` and for what is not text.
fn blob(printed: &str) -> Option<String> {
    if let Some(text) = printed.strip_prefix('"') {
        return text.strip_suffix('"').map(str::to_owned);
    }
    let digits = printed.strip_prefix("0x")?.split(' ').next()?;
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    String::from_utf8(digits.as_bytes().chunks(2).map(byte).collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests;
