//! Herokey's programs for Windows, run under Wine as a user of Windows runs them, with a Heroku of their own.
//!
//! A test says that it is skipped unless `HEROKEY_WINE_PREFIX` and `HEROKEY_WINDOWS_PROGRAMS` name a Wine and programs
//! built for Windows (CONTRIBUTING.md).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics if it cannot continue")]

mod console;
mod doctor;
mod exec;
mod heroku_cli;
mod keychain;
mod races;
mod terminal;
mod tray;

use herokey_tests::{ME, Windows, netrc_record};
use heroku_sandbox::Grant;

/// Another service's record, indented as the Heroku CLI indents its own.
const OTHERS: &str = "# für mich\nmachine ftp.example.com\n  login anna\n  password \"two words\"\n";

/// A Windows without a vault, on which a token, which is returned, is in `_netrc`, beside another service's record.
fn with_netrc() -> Option<(Windows, String)> {
    let windows = Windows::without_vault()?;
    let token = windows.world().sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    windows.write_file("_netrc", &netrc_of(&token));
    Some((windows, token))
}

/// A netrc with another service's record and those of Heroku, as the Heroku CLI writes them.
fn netrc_of(token: &str) -> String {
    let [api, git] = ["api.heroku.com", "git.heroku.com"].map(|host| netrc_record(host, ME, token));
    format!("{OTHERS}{api}{git}")
}
