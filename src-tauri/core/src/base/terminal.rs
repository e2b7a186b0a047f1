//! What a login shell and direnv set, as data. `tools::shell` asks them.

use std::fmt;
use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use crate::base::error::Error;
use crate::base::token::Trace;

/// Heroku's variables that decide which credential is used and where it is kept.
pub const VARIABLES: [&str; 7] = [
    "HEROKU_API_KEY",
    "HEROKU_API_TOKEN",
    "HEROKU_NETRC_WRITE",
    "HEROKU_HOST",
    "HEROKU_GIT_HOST",
    "HEROKU_LOGIN_HOST",
    "HEROKU_DATA_DIR",
];

/// What a new terminal has. Values are wiped when dropped, and `Debug` prints names only.
#[derive(Default, PartialEq)]
pub struct Terminal {
    variables: Vec<(&'static str, Zeroizing<String>)>,
    /// What `heroku` is there if it is not a program: the first line that the shell's `type` prints.
    pub alias: Option<String>,
}

impl Terminal {
    /// Keeps those of [`VARIABLES`] for which `value` returns text that is not empty.
    pub(crate) fn new(value: impl Fn(&str) -> Option<Zeroizing<String>>, alias: Option<String>) -> Self {
        let set =
            |name: &'static str| value(name).filter(|value| !value.is_empty()).map(|value| (name, value));
        Self { variables: VARIABLES.into_iter().filter_map(set).collect(), alias }
    }

    /// Each of [`VARIABLES`] that is set there, and its value.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

/// Where a variable is set: a line of a start-up file, a key of Windows' registry, or launchd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetIn {
    /// The file, or the registry key.
    pub path: PathBuf,
    /// The line, counted from 1; 0 if it is not a file.
    pub line: usize,
    /// Path and line as people write them: `~/.zshrc:12`.
    pub shown: String,
}

impl SetIn {
    /// Path and line for scripts: `/home/me/.zshrc:12`.
    pub fn place(&self) -> String {
        let path = self.path.display();
        if self.line == 0 { path.to_string() } else { format!("{path}:{}", self.line) }
    }
}

/// What direnv does in a folder (direnv(1)).
#[derive(Clone, Debug, PartialEq)]
pub enum Direnv {
    /// There is no `.envrc` for it, in the folder or above.
    Absent,
    /// There is one, and no direnv.
    Missing,
    /// The person has not allowed it to read the `.envrc`.
    Blocked,
    /// It sets the variables that the facts are about.
    Loaded,
    /// It did not say what it sets.
    Failed(Error),
}

/// A line of a folder's own file.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderVariable {
    /// The variable.
    pub name: &'static str,
    /// The file and line.
    pub set_in: SetIn,
    /// The value in it; `None` where the line computes one.
    pub value: Option<Trace>,
}
