//! Herokey's own folder. It belongs to the user and only they may enter it, whatever it was like before.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::error::{Code, Error};
use crate::base::files;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

/// Creates the folder if it is missing, and makes it private if it is not. Fails if it belongs to another user.
pub(crate) fn prepare(env: &Env) -> io::Result<PathBuf> {
    let folder = env.state_dir();
    files::private_folder(files::folder_of(&folder))?;
    files::own_folder(&folder)?;
    system::make_private(&folder)?;
    Ok(folder)
}

/// Opens a lock file in the folder, and creates it if it is missing.
pub fn open_lock(env: &Env, name: &str) -> io::Result<File> {
    files::open_lock(&prepare(env)?.join(name))
}

/// Writes one of the folder's files atomically.
pub(crate) fn write(env: &Env, path: &Path, bytes: &[u8]) -> io::Result<()> {
    prepare(env)?;
    files::sweep(path)?;
    files::write_own(path, bytes)
}

/// Why Herokey cannot write to the folder; `None` if it can. Makes a folder private that is not.
pub fn unwritable(env: &Env) -> Option<Error> {
    let folder = env.state_dir();
    // Whoever owns the folder is named below.
    let _ = system::make_private(&folder);
    let obstacle = obstacle(&folder)?;
    Some(obstacle.into_error(env))
}

/// The error for a file of the folder that could not be written. It says how to make the folder writable.
pub(crate) fn failed(env: &Env, what: &str, error: &io::Error) -> Error {
    let obstacle = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(Obstacle { path: env.state_dir(), kind: Kind::Full })
        }
        _ => obstacle(&env.state_dir()),
    };
    let failed = Error::new(Code::JournalFailed, what);
    match obstacle.map(|obstacle| obstacle.into_error(env)) {
        Some(cause) => failed.next_step(cause.next_step).detail(format!("{} ({error})", cause.what)),
        None => failed
            .next_step(format!(
                "Check that Herokey can write to {}, then try again.",
                env.tilde(&env.state_dir())
            ))
            .detail(error),
    }
}

/// What keeps Herokey from writing to its folder.
#[derive(Debug, PartialEq)]
struct Obstacle {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, PartialEq)]
enum Kind {
    /// The path is not a folder.
    NoFolder,
    /// The path belongs to the user with this id; this process's user has the other id.
    #[cfg(unix)]
    Foreign { owner: u32, own: u32 },
    /// The permission bits of the path do not allow it.
    #[cfg(unix)]
    Denied,
    /// The path is on a file system that is mounted read-only.
    #[cfg(unix)]
    ReadOnly,
    /// The disk is full.
    Full,
}

/// What keeps Herokey from writing to the folder or, if it does not exist yet, from creating it.
fn obstacle(folder: &Path) -> Option<Obstacle> {
    let nearest = folder.ancestors().find(|path| path.symlink_metadata().is_ok())?;
    if !nearest.is_dir() {
        return Some(Obstacle { path: nearest.to_owned(), kind: Kind::NoFolder });
    }
    system::obstacle(nearest, nearest == folder)
}

impl Obstacle {
    fn into_error(self, env: &Env) -> Error {
        let (folder, shown) = (env.tilde(&env.state_dir()), env.tilde(&self.path));
        let it = if self.path == env.state_dir() { "it" } else { &shown };
        let cause = match self.kind {
            Kind::NoFolder => format!("{it} is not a folder"),
            #[cfg(unix)]
            Kind::Foreign { owner, .. } => format!("{it} belongs to {}", system::user(owner)),
            #[cfg(unix)]
            Kind::Denied => format!("the permissions of {shown} do not allow it"),
            #[cfg(unix)]
            Kind::ReadOnly => format!("{it} is on a file system that is mounted read-only"),
            Kind::Full => "the disk is full".to_owned(),
        };
        Error::new(Code::JournalFailed, format!("Herokey cannot write to its folder {folder}: {cause}."))
            .means(
                "Your tokens are not affected, but Herokey changes nothing that it could not finish after a crash.",
            )
            .next_step(self.remedy(env))
    }

    fn remedy(&self, env: &Env) -> String {
        let shown = env.tilde(&self.path);
        match self.kind {
            Kind::NoFolder => format!("Move {shown} away, then start Herokey again."),
            #[cfg(unix)]
            Kind::Foreign { own, .. } => {
                let folder = env.state_dir();
                // What is above the folder may hold more than Herokey's files.
                let (all, path) =
                    if self.path.starts_with(&folder) { ("-R ", &folder) } else { ("", &self.path) };
                let command = format!("sudo chown {all}{own} {}", system::quoted(&env.tilde(path)));
                if own == 0 {
                    format!(
                        "Run Herokey without sudo, as that user. To give it to root instead, run `{command}`."
                    )
                } else {
                    format!("Run `{command}`, then start Herokey again.")
                }
            }
            #[cfg(unix)]
            Kind::Denied => {
                format!("Run `chmod u+rwx {}`, then start Herokey again.", system::quoted(&shown))
            }
            #[cfg(unix)]
            Kind::ReadOnly if cfg!(target_os = "macos") => {
                "Make it writable, then start Herokey again.".to_owned()
            }
            #[cfg(unix)]
            Kind::ReadOnly => {
                "Make it writable, or set XDG_STATE_HOME to a folder that you can write to.".to_owned()
            }
            Kind::Full => format!("Free some space on the disk that holds {shown}, then try again."),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
