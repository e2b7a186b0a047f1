//! Tells when something that [`survey`](crate::survey) would see has changed: files through the system's watches,
//! the keychain through its signals. Nothing is polled.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::autostart;
use crate::env::Env;
use crate::store::netrc::NetrcFile;
use crate::store::{lives, login_state};
use crate::{git, journal, shell};

/// Watches until it is dropped.
pub struct Watch {
    env: Env,
    files: Option<RecommendedWatcher>,
    folders: HashSet<PathBuf>,
}

impl Watch {
    /// Begins to watch. `changed` is called on threads of the watch; bursts are not merged here.
    pub fn start(env: &Env, changed: impl Fn() + Clone + Send + 'static) -> Self {
        let (watched_env, told) = (env.clone(), changed.clone());
        let files = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
            // Reading is not changing, and survey reads what is watched.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) if !concerns(&event, &wanted(&watched_env)) => {}
            // After an error events may be missing, so it counts as a change.
            Ok(_) | Err(_) => told(),
        });
        let files = files.inspect_err(|error| tracing::warn!(%error, "files are not watched")).ok();
        let mut watch = Self { env: env.clone(), files, folders: HashSet::new() };
        watch.refresh();
        keychain(env, changed);
        watch
    }

    /// Follows folders that have come or gone since.
    pub fn refresh(&mut self) {
        let Some(files) = &mut self.files else { return };
        let wanted: HashSet<PathBuf> =
            wanted(&self.env).iter().filter_map(|path| nearest_folder(path)).collect();
        for gone in self.folders.difference(&wanted) {
            // A folder that was removed took its watch along.
            let _ = files.unwatch(gone);
        }
        let kept = self.folders.intersection(&wanted).cloned();
        let new = wanted.difference(&self.folders).filter(|folder| {
            let watched = files.watch(folder, RecursiveMode::NonRecursive);
            watched
                .inspect_err(|error| tracing::warn!(%error, folder = %folder.display(), "not watched"))
                .is_ok()
        });
        self.folders = new.cloned().collect::<Vec<_>>().into_iter().chain(kept).collect();
    }
}

/// The files that survey reads, as named and as links lead to.
fn wanted(env: &Env) -> Vec<PathBuf> {
    let netrc = NetrcFile::plain(env).path;
    let mut named = vec![
        netrc.with_extension("gpg"),
        netrc,
        login_state::path(env),
        git::global_config(env),
        journal::path(env),
        lives::path(env),
    ];
    named.extend(shell::watched(env));
    named.extend(autostart::watched(env));
    let led_to = named.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect::<Vec<_>>();
    named.into_iter().chain(led_to).collect()
}

/// An event concerns a file if it names the file or a folder above it.
fn concerns(event: &Event, wanted: &[PathBuf]) -> bool {
    event.need_rescan() || event.paths.iter().any(|path| wanted.iter().any(|file| file.starts_with(path)))
}

fn nearest_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find(|folder| folder.is_dir()).map(Path::to_path_buf)
}

#[cfg(target_os = "linux")]
fn keychain(env: &Env, changed: impl Fn() + Send + 'static) {
    let env = env.clone();
    let listen = move || {
        if let Err(error) = listen(&env, changed) {
            tracing::info!(%error, "the keychain's changes are not watched");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("keychain-signals".to_owned()).spawn(listen) {
        tracing::warn!(%error, "the keychain's changes are not watched");
    }
}

/// Other systems' keychains tell nobody; what changes there is seen at the next look.
#[cfg(not(target_os = "linux"))]
fn keychain(_env: &Env, _changed: impl Fn() + Send + 'static) {}

/// Items that come, go and change; collections that are locked and unlocked; a Secret Service that starts or ends.
#[cfg(target_os = "linux")]
fn listen(env: &Env, changed: impl Fn()) -> zbus::Result<()> {
    const RULES: [&str; 3] = [
        "type='signal',path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.Secret.Collection'",
        "type='signal',path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.DBus.Properties'",
        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',\
         arg0='org.freedesktop.secrets'",
    ];
    let address = crate::store::keychain::secret_service::session_bus(env)?;
    let connection = zbus::blocking::connection::Builder::address(address.as_str())?.build()?;
    let messages = zbus::blocking::MessageIterator::from(&connection);
    let bus = zbus::blocking::fdo::DBusProxy::new(&connection)?;
    for rule in RULES {
        bus.add_match_rule(rule.try_into()?)?;
    }
    for message in messages {
        if message?.message_type() == zbus::message::Type::Signal {
            changed();
        }
    }
    Ok(())
}
