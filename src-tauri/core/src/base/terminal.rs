//! The variables that a login shell or direnv sets, as data. `tools::shell` and `survey` ask them.

use std::fmt;
use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use crate::base::error::Error;
use crate::base::token::Trace;

/// The variables that decide which Heroku credential programs use and where the Heroku CLI stores it.
pub const VARIABLES: [&str; 8] = [
    "HEROKU_API_KEY",
    "HEROKU_API_TOKEN",
    "HEROKU_NETRC_WRITE",
    "HEROKU_HOST",
    "HEROKU_GIT_HOST",
    "HEROKU_LOGIN_HOST",
    "HEROKU_DATA_DIR",
    "NETRC",
];

/// The environment of a new terminal, as far as it concerns Heroku. Values are wiped when dropped, and `Debug` prints only
/// names.
#[derive(Default, PartialEq)]
pub struct Terminal {
    variables: Vec<(&'static str, Zeroizing<String>)>,
    /// What the shell's `type heroku` prints first, if `heroku` is an alias or a function there.
    pub alias: Option<String>,
}

impl Terminal {
    /// Keeps those of [`VARIABLES`] for which `value` returns a text that is not empty.
    pub(crate) fn new(value: impl Fn(&str) -> Option<Zeroizing<String>>, alias: Option<String>) -> Self {
        let set =
            |name: &'static str| value(name).filter(|value| !value.is_empty()).map(|value| (name, value));
        Self { variables: VARIABLES.into_iter().filter_map(set).collect(), alias }
    }

    /// The names and values of those [`VARIABLES`] that are set.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

/// Where a variable is set: in a line of a start-up file, a key of Windows' registry, or launchd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetIn {
    /// The file or registry key.
    pub path: PathBuf,
    /// The line number, from 1. 0 if it is not in a file.
    pub line: usize,
    /// Path and line for display, such as `~/.zshrc:12`.
    pub shown: String,
    /// How Herokey can unset it; `None` if the user has to.
    pub unset: Option<Unset>,
}

/// A way to unset a variable for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// The line is a statement of its own in a file of the user's, and becomes a comment.
    CommentOut,
    /// The value is the user's own in Windows' registry, and is removed.
    RemoveValue,
}

impl SetIn {
    /// Path and line for scripts, such as `/home/me/.zshrc:12`.
    pub fn path_and_line(&self) -> String {
        let path = self.path.display();
        if self.line == 0 { path.to_string() } else { format!("{path}:{}", self.line) }
    }
}

/// What direnv does in a folder; see direnv(1).
#[derive(Clone, Debug, PartialEq)]
pub enum Direnv {
    /// Nothing: neither the folder nor one above it has an `.envrc`.
    Absent,
    /// Nothing: there is an `.envrc`, but direnv is not installed.
    Missing,
    /// Nothing: the user has not allowed the `.envrc`.
    Blocked,
    /// It sets the variables that the facts are about.
    Loaded,
    /// Unknown: asking direnv failed.
    Failed(Error),
}

/// A line in a folder's `.env` or `.envrc` that sets one of [`VARIABLES`].
#[derive(Clone, Debug, PartialEq)]
pub struct FolderVariable {
    /// The variable's name.
    pub name: &'static str,
    /// The file and line.
    pub set_in: SetIn,
    /// The trace of the value. `None` if the line computes it.
    pub value: Option<Trace>,
}
