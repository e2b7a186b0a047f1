//! The labels of the tray's menu and of the buttons on its notifications.
#![expect(missing_docs, reason = "each constant is named for what it says")]

pub const CHECKING: &str = "Checking your credentials…";
pub const NOT_LOGGED_IN: &str = "Not logged in to Heroku";
pub const KEYCHAIN_UNREADABLE: &str = "Your keychain cannot be read";
pub const LOGIN_STATE_UNREADABLE: &str = "login.json cannot be read";
pub const UNLOCK_KEYCHAIN: &str = "Unlock keychain…";
pub const WAITING_FOR_BROWSER: &str = "Waiting for your browser…";
pub const IN_KEYCHAIN: &str = "Token in keychain";
pub const IN_NETRC: &str = "Token in .netrc, plain text";
pub const IN_BOTH: &str = "Token in keychain and .netrc";
pub const IN_VARIABLE: &str = "Token in HEROKU_API_KEY";
pub const ACCOUNTS: &str = "Accounts";
pub const COPY_TOKEN: &str = "Copy token";
pub const MOVE_TO_KEYCHAIN: &str = "Move token to keychain";
pub const MOVE_TO_NETRC: &str = "Move token to .netrc…";
pub const REGENERATE: &str = "Regenerate…";
pub const LOG_IN: &str = "Log in…";
pub const LOG_IN_WITH_ANOTHER_ACCOUNT: &str = "Log in with another account…";
pub const LOG_IN_AGAIN: &str = "Log in again";
pub const CANCEL_LOGIN: &str = "Cancel login";
pub const LOG_OUT: &str = "Log out";
pub const OPEN: &str = "Open Herokey";
pub const START_AT_LOGIN: &str = "Start at login";
pub const QUIT: &str = "Quit";
pub const UNDO: &str = "Undo";
pub const TRY_AGAIN: &str = "Try again";
