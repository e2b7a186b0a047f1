//! Reports when something that a [`survey`](crate::survey) reads may have changed: files through the system's file
//! watches, the keychain and the screen lock through D-Bus signals, the network through the kernel. Nothing is polled.
//!
//! Waking from sleep is not watched here: the controller's timer fires then.

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
use crate::stores::netrc::{NetrcFile, curlrc};
use crate::stores::{login_json, netrc_choice};
use crate::tools::{extensions, git, mcp, shell};
use files::Files;

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something that a survey may show.
    Machine,
    /// A new route into a network exists.
    Network,
}

/// Watches the machine until the process ends.
pub struct Watch {
    /// `None` until the system allows it.
    files: Option<Files>,
    start: Box<dyn Fn() -> std::io::Result<Files> + Send>,
}

impl Watch {
    /// Starts to watch; files from the first [`refresh`](Self::refresh) on. Calls `notify` on its own threads, once for
    /// every event of a burst.
    pub fn start(env: &Env, notify: impl Fn(Change) + Clone + Send + 'static) -> Self {
        #[cfg(target_os = "linux")]
        {
            bus::watch(env, notify.clone());
            network::watch(notify.clone());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = env;
        let start = move || {
            let notify = notify.clone();
            Files::start(move |name: Option<&OsStr>| {
                tracing::debug!(?name, "changed");
                notify(Change::Machine);
            })
        };
        Self { files: None, start: Box::new(start) }
    }

    /// Adapts to files that were created or removed since the last call, and to links that now point elsewhere. Call it
    /// before each survey, so that no later change is missed.
    ///
    /// The error says why changes are not noticed. The next call tries again.
    pub fn refresh(&mut self, env: &Env) -> Result<()> {
        let refreshed = match &mut self.files {
            Some(files) => follow(files, || watched_paths(env)),
            None => (self.start)().and_then(|files| follow(self.files.insert(files), || watched_paths(env))),
        };
        refreshed.map_err(|detail| {
            Error::new(Code::Unsupported, "Changes by other programs are not noticed.")
                .means("Herokey may show an old state. heroku, git and curl are not affected.")
                .next_step(if cfg!(target_os = "linux") {
                    "Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances, or use Refresh."
                } else {
                    "Use Refresh to see changes."
                })
                .detail(detail)
        })
    }
}

/// Watches the paths. Files name some of them, as git's configuration names those that it includes. Such a file may have
/// changed after it was read and before its own watch began, so the paths are read again after each new watch.
fn follow(files: &mut Files, paths: impl Fn() -> Vec<PathBuf>) -> std::io::Result<()> {
    // A file that changes more often than that is watched by now, so that its next change is noticed.
    for _ in 0..4 {
        if !files.refresh(&paths())? {
            break;
        }
    }
    Ok(())
}

/// The files and folders that a survey reads, links not resolved. A folder stands for everything in it.
fn watched_paths(env: &Env) -> Vec<PathBuf> {
    let netrc = NetrcFile::plain(env).path;
    let mut paths = vec![
        netrc.with_extension("gpg"),
        netrc,
        login_json::path(env),
        journal::path(env),
        known_tokens::path(env),
        netrc_choice::path(env),
        docker::config_path(env),
        // The CLI uses the second folder only if the first does not exist.
        env.home().join(".heroku/accounts"),
        env.home().join(".config/heroku/accounts"),
    ];
    paths.extend(env.os("NETRC").map(PathBuf::from).filter(|path| path.is_absolute()));
    paths.extend(curlrc::places(env).into_iter().map(|place| place.path));
    paths.extend(NetrcFile::named(env).into_iter().map(|file| file.path));
    paths.extend(git::config_files(env));
    paths.extend(mcp::files(env, env.folder.as_deref()).into_iter().map(|file| file.path));
    paths.extend(extensions::folders(env));
    paths.extend(shell::watched_paths(env));
    paths.extend(autostart::watched_path(env));
    paths
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{Files, follow};

    #[test]
    fn watches_what_a_file_names_that_changed_before_its_watch_began() {
        let folder = tempfile::tempdir().unwrap();
        let [including, included] = ["including", "included"].map(|name| folder.path().join(name));
        for path in [&including, &included] {
            std::fs::write(path, "fake").unwrap();
        }
        let (sender, changes) = mpsc::channel();
        let mut files = Files::start(move |_| sender.send(()).unwrap_or_default()).unwrap();
        let is_read_again = Cell::new(false);
        let paths = || {
            let mut paths = vec![including.clone()];
            paths.extend(is_read_again.replace(true).then(|| included.clone()));
            paths
        };
        follow(&mut files, paths).unwrap();
        std::fs::write(&included, "changed").unwrap();
        assert_eq!(changes.recv_timeout(Duration::from_secs(20)), Ok(()));

        let readings = Cell::new(0);
        let counted = || {
            readings.set(readings.get() + 1);
            paths()
        };
        follow(&mut files, counted).unwrap();
        assert_eq!(readings.get(), 1, "nothing new is watched");
    }
}
