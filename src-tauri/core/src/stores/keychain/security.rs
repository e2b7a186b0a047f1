//! macOS's program `security`, which reads and writes generic passwords. A secret goes to it on standard input, never in
//! an argument, which other programs can see.
//!
//! Facts of its source (`SecurityTool`) are marked so. It is compiled for tests on other systems too, against a stand-in.

use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use keyring_core::{Error, Result};
use secrecy::zeroize::Zeroizing;

use super::logins::Logins;
use super::{Trouble, failure, no_access};
use crate::base::env::Env;
use crate::base::process;
use crate::base::process::Answer;

/// A line of commands is shorter (`MAX_LINE_LEN` is 4096).
const LONGEST_LINE: usize = 4000;
/// More than a keychain of thousands of entries prints.
const LARGEST: u64 = 32 << 20;

/// The exit codes are the last byte of Apple's error codes (`SecBase.h`).
mod code {
    pub(super) const ITEM_NOT_FOUND: i32 = 44; // errSecItemNotFound, -25300
    pub(super) const INTERACTION_NOT_ALLOWED: i32 = 36; // errSecInteractionNotAllowed, -25308
    pub(super) const AUTH_FAILED: i32 = 51; // errSecAuthFailed, -25293
    pub(super) const USER_CANCELED: i32 = 128; // errSecUserCanceled, -128
    pub(super) const NO_DEFAULT_KEYCHAIN: i32 = 37; // errSecNoDefaultKeychain, -25307
    pub(super) const NO_SUCH_KEYCHAIN: i32 = 50; // errSecNoSuchKeychain, -25294
}

/// The program, and how long it may take.
pub(super) struct Security {
    program: OsString,
    env: Env,
    limit: Duration,
}

impl Security {
    pub(super) fn new(program: impl Into<OsString>, env: &Env, limit: Duration) -> Self {
        Self { program: program.into(), env: env.clone(), limit }
    }

    /// Shows the settings of the default keychain, which a locked one does only once the person has unlocked it.
    pub(super) fn unlock(&self) -> Result<()> {
        self.ask(&["show-keychain-info"]).map(drop)
    }

    fn ask(&self, arguments: &[&str]) -> Result<Answer> {
        self.run(arguments, Zeroizing::default())
    }

    fn run(&self, arguments: &[&str], input: Zeroizing<Vec<u8>>) -> Result<Answer> {
        let mut command = self.env.command(&self.program);
        let answer = process::run(command.args(arguments), input, self.limit, LARGEST).map_err(|error| {
            failure(match error.kind() {
                ErrorKind::TimedOut => Trouble::Timeout,
                ErrorKind::NotFound => Trouble::Missing(format!("{}: {error}", self.program.display())),
                _ => Trouble::Failed(format!("{}: {error}", self.program.display())),
            })
        })?;
        match answer.status.code() {
            Some(0) => Ok(answer),
            Some(code::ITEM_NOT_FOUND) => Err(Error::NoEntry),
            Some(code::INTERACTION_NOT_ALLOWED) => Err(no_access(Trouble::Locked)),
            Some(code::AUTH_FAILED | code::USER_CANCELED) => Err(no_access(Trouble::Denied)),
            Some(code::NO_DEFAULT_KEYCHAIN | code::NO_SUCH_KEYCHAIN) => {
                Err(failure(Trouble::Missing("no default keychain".to_owned())))
            }
            // What it printed may repeat what it was told.
            _ => Err(failure(Trouble::Failed(format!("security {}: {}", arguments[0], answer.status)))),
        }
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Heroku CLI's entries in the login keychain")
    }
}

impl Logins for Security {
    const BACKEND: &str = "macos-keychain";

    fn get(&self, service: &str, account: &str) -> Result<Vec<u8>> {
        let answer = self.ask(&["find-generic-password", "-a", account, "-s", service, "-w"])?;
        Ok(answer.stdout.strip_suffix(b"\n").unwrap_or(&answer.stdout).to_vec())
    }

    /// As the CLI does, with the same options, but as a line of commands on standard input.
    fn set(&self, service: &str, account: &str, secret: &[u8]) -> Result<()> {
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
        line.extend_from_slice(b"add-generic-password -U");
        for (option, value) in
            [(b" -a ", account.as_bytes()), (b" -s ", service.as_bytes()), (b" -w ", secret)]
        {
            line.extend_from_slice(option);
            quote(value, &mut line)?;
        }
        // It obeys a line once it has come to its end.
        line.push(b'\n');
        if line.len() > LONGEST_LINE {
            return Err(failure(Trouble::Failed("that is too long for `security`".to_owned())));
        }
        self.run(&["-i"], line).map(drop)
    }

    fn remove(&self, service: &str, account: &str) -> Result<()> {
        self.ask(&["delete-generic-password", "-a", account, "-s", service]).map(drop)
    }

    /// Without `-d` it prints no secrets, and so asks nobody.
    fn accounts(&self, service: &str) -> Result<Vec<String>> {
        let answer = self.ask(&["dump-keychain"])?;
        Ok(accounts(&String::from_utf8_lossy(&answer.stdout), service))
    }
}

/// Adds a word as the program takes lines apart (`split_line`): between double quotes a backslash makes the next
/// character an ordinary one, and nothing else has a meaning.
fn quote(word: &[u8], line: &mut Vec<u8>) -> Result<()> {
    if word.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        return Err(failure(Trouble::Failed("`security` takes no line ends".to_owned())));
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

/// The accounts of a service in what `dump-keychain` prints: for each entry a line `keychain: …`, its class, and its
/// attributes, one a line.
fn accounts(dump: &str, service: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in dump.split("\nkeychain: ") {
        if !item.lines().any(|line| line == "class: \"genp\"") {
            continue;
        }
        let attribute =
            |name: &str| item.lines().find_map(|line| blob(line.trim_start().strip_prefix(name)?));
        // Of several keychains with one entry each, the program itself asks the first.
        if let Some(account) = attribute("\"acct\"<blob>=")
            && attribute("\"svce\"<blob>=").as_deref() == Some(service)
            && !found.contains(&account)
        {
            found.push(account);
        }
    }
    found
}

/// A value as it is printed (`print_buffer`): as it is between quotes, of which those within it are not marked; or, with
/// a backslash or anything but printable ASCII in it, as `0x` and hexadecimal digits. `None` is `<NULL>`, or no text.
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
