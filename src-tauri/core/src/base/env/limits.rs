//! How long Herokey waits for other programs, for Heroku and for the user.

use std::time::Duration;

/// How long Herokey waits for each of these.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the keychain may take to answer without asking the user.
    pub keychain: Duration,
    /// How long the user may take to unlock the keychain.
    pub unlock: Duration,
    /// How long one request to Heroku may take, retries included.
    pub http: Duration,
    /// How long connecting to Heroku may take.
    pub connect: Duration,
    /// The pause before the first retry of a request that is safe to repeat. It doubles with each retry.
    pub retry_pause: Duration,
    /// How long the user may take to log in with the browser.
    pub login: Duration,
    /// How long the browser may take to send Heroku's answer to a login once it is connected, and to read the page.
    pub callback: Duration,
    /// How long another program may hold `.netrc.lock`.
    pub netrc_lock: Duration,
    /// How long a program that writes netrc in place may leave the file empty, or pause between two writes.
    pub netrc_pause: Duration,
    /// How long a program may take in all to write netrc in place.
    pub netrc_writer: Duration,
    /// How long the login shell may take to start.
    pub shell: Duration,
    /// How long git may take to read or change its configuration.
    pub git: Duration,
    /// How long git's credential helpers may take to answer. The Heroku CLI's takes about a second, and one that
    /// prompts never answers.
    pub git_helpers: Duration,
    /// How long another program may hold the lock of git's configuration.
    pub git_lock: Duration,
    /// How long macOS's launchd may take to answer.
    pub launchd: Duration,
    /// How long the desktop's clipboard may take to answer.
    pub clipboard: Duration,
    /// How long a program of the desktop may take to fail. If it still runs then, it counts as started.
    pub launch: Duration,
    /// How long another program may hold the journal's lock to see whether an action is running.
    pub journal_lock: Duration,
    /// How long another program may hold the lock of a small file of Herokey's while it writes it.
    pub file_lock: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            keychain: Duration::from_secs(3),
            unlock: Duration::from_mins(1),
            http: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            retry_pause: Duration::from_millis(250),
            login: Duration::from_mins(10),
            callback: Duration::from_secs(3),
            netrc_lock: Duration::from_secs(10),
            netrc_pause: Duration::from_millis(250),
            netrc_writer: Duration::from_secs(5),
            shell: Duration::from_secs(5),
            git: Duration::from_secs(5),
            git_helpers: Duration::from_secs(15),
            git_lock: Duration::from_secs(1),
            launchd: Duration::from_secs(1),
            clipboard: Duration::from_secs(5),
            launch: Duration::from_secs(1),
            journal_lock: Duration::from_millis(500),
            file_lock: Duration::from_secs(2),
        }
    }
}
