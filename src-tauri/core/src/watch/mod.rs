//! Tells when something that [`survey`](crate::survey) would see has changed: files through the system's watches,
//! the keychain and the screen's lock through their signals, the network through the kernel. Nothing is polled.
//!
//! That the machine has slept is told by the controller's timer, which the kernel rings then.

#[cfg(target_os = "linux")]
mod bus;
#[cfg_attr(target_os = "linux", path = "inotify.rs")]
#[cfg_attr(not(target_os = "linux"), path = "folders.rs")]
mod files;
#[cfg(target_os = "linux")]
mod network;

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::desktop::autostart;
use crate::ledger::journal;
use crate::ledger::known_tokens;
use crate::stores::docker;
use crate::stores::netrc::NetrcFile;
use crate::stores::{login_json, netrc_choice};
use crate::tools::{git, shell};
use files::Files;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something that a survey would see, or may see.
    Machine,
    /// There is a way into a network that was not there before.
    Network,
}

/// Watches for as long as the process lives.
pub struct Watch {
    files: std::result::Result<Files, String>,
}

impl Watch {
    /// Begins to watch; files from the first [`refresh`](Self::refresh) on. `tell` is called on threads of the watch;
    /// bursts are not merged here.
    pub fn start(env: &Env, tell: impl Fn(Change) + Clone + Send + 'static) -> Self {
        #[cfg(target_os = "linux")]
        {
            bus::watch(env, tell.clone());
            network::watch(tell.clone());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = env;
        let changed = move |name: Option<&OsStr>| {
            tracing::debug!(?name, "changed");
            tell(Change::Machine);
        };
        Self { files: Files::start(changed).map_err(|error| error.to_string()) }
    }

    /// Watches what a survey of this environment reads, as it is now: files that have come or gone since, and links
    /// that lead elsewhere. Call it before each survey, so that nothing that comes later is missed.
    ///
    /// The error says that changes are not noticed, and why.
    pub fn refresh(&mut self, env: &Env) -> Result<()> {
        let refreshed = match &mut self.files {
            Ok(files) => files.refresh(&wanted(env)).map_err(|error| error.to_string()),
            Err(error) => Err(error.clone()),
        };
        refreshed.map_err(|detail| {
            Error::new(Code::Unsupported, "Changes by other programs are not noticed.")
                .means("What is shown here may be old; what heroku, git and curl use is not concerned.")
                .next_step(if cfg!(target_os = "linux") {
                    "Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances, or look again by hand."
                } else {
                    "Look again by hand."
                })
                .detail(detail)
        })
    }
}

/// The files and folders that a survey reads, by the names it has for them. A folder counts with all that is in it.
fn wanted(env: &Env) -> Vec<PathBuf> {
    let netrc = NetrcFile::plain(env).path;
    let mut wanted = vec![
        netrc.with_extension("gpg"),
        netrc,
        login_json::path(env),
        journal::path(env),
        known_tokens::path(env),
        netrc_choice::path(env),
        docker::config_path(env),
        // Which of the two counts depends on whether the first is there.
        env.home().join(".heroku/accounts"),
        env.home().join(".config/heroku/accounts"),
    ];
    wanted.extend(git::config_files(env));
    wanted.extend(shell::watched(env));
    wanted.extend(autostart::watched(env));
    wanted
}
