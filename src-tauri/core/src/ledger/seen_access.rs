//! The authorizations and sessions that Heroku listed last, for the completion of their ids in a shell. They are no secrets.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::files;
use crate::base::state_folder;
use crate::base::text::Text;

const MAX_BYTES: u64 = 256 << 10;
/// More than anybody completes.
const MAX: usize = 500;

/// What can act as the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Heroku's id of the authorization or session.
    pub id: Text,
    /// Heroku's description.
    pub description: Text,
}

/// What was listed last. A file that is missing or cannot be read counts as empty, because the next list replaces it.
pub fn read(env: &Env) -> Vec<Seen> {
    let json = files::read(&path(env), MAX_BYTES).ok().flatten();
    json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

/// Records a list in place of the last one. Nothing depends on it, so that a failure is only logged.
pub(crate) fn record(env: &Env, seen: impl Iterator<Item = Seen>) {
    let seen: Vec<Seen> = seen.take(MAX).collect();
    let written = serde_json::to_vec(&seen)
        .map_err(io::Error::other)
        .and_then(|json| state_folder::write(env, &path(env), &json));
    if let Err(error) = written {
        tracing::warn!(%error, "could not record the authorizations");
    }
}

/// Removes what was revoked from the list.
pub(crate) fn remove(env: &Env, id: &str) {
    let seen = read(env);
    if seen.iter().any(|one| &*one.id == id) {
        record(env, seen.into_iter().filter(|one| &*one.id != id));
    }
}

/// Forgets the list, which is of an account that is no longer in use.
pub(crate) fn forget(env: &Env) -> io::Result<()> {
    files::remove(&path(env)).map(drop)
}

fn path(env: &Env) -> PathBuf {
    env.state_dir().join("access.json")
}
