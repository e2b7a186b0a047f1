//! What a scan finds, as data. No token is in it, only masks.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::env::Env;
use crate::base::error::Error;
use crate::base::expiry::day_in;
use crate::tools::git::ObjectKind;

/// How much of an object's name is shown; git finds the object by it.
const SHORT_ID: usize = 12;

/// A file or object in which tokens were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// An object of a git repository.
    Object {
        /// The repository's folder, which is `.git` in a working tree.
        repository: PathBuf,
        /// The object's name.
        id: String,
        /// The object's kind.
        kind: ObjectKind,
    },
}

/// The tokens in one file or object.
#[derive(Clone, Debug)]
pub struct FoundIn {
    /// The file or object.
    pub place: Place,
    /// The first tokens, at least one.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more: u64,
}

/// A token that was found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The line, counted from 1. `None` in a file without lines, such as a database.
    pub line: Option<u64>,
    /// The byte, counted from 0; in a file in UTF-16, the unit.
    pub offset: u64,
    /// The token's mask.
    pub masked: String,
    /// True if the token is in Base64, as in an `Authorization` header.
    pub in_base64: bool,
    /// What this machine knows about the token.
    pub origin: Origin,
}

/// What this machine knows about a token.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The place that holds the token, in words. `None` for a token that is only recognized by its shape.
    pub held_in: Option<String>,
    /// The account's email.
    pub account: Option<String>,
    /// True for the token that the Heroku CLI uses.
    pub in_use: bool,
    /// When Heroku first refused the token.
    pub refused_at: Option<Timestamp>,
}

/// What a scan has to say at its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How many files were searched.
    pub files: u64,
    /// How many git objects were searched.
    pub objects: u64,
    /// How many bytes were read, those of git objects unpacked.
    pub bytes: u64,
    /// How many tokens were found.
    pub found: u64,
    /// In how many files and objects.
    pub places: u64,
    /// True if the token that the Heroku CLI uses is one of them.
    pub in_use: bool,
    /// True if another one is among them that Heroku has not refused yet.
    pub others: bool,
    /// True if there are git objects among the places.
    pub in_git: bool,
    /// The files in which tokens of this machine are stored, which are no findings there.
    pub stores: Vec<PathBuf>,
    /// The first files, folders and repositories that could not be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
    /// How many there are.
    pub unreadable_count: u64,
    /// The stores whose tokens were not searched for, with the reason.
    pub missed: Vec<Error>,
    /// How many tokens of this machine are too short or too long to search for.
    pub not_searched_for: usize,
    /// The first places with possible tokens, and how many each has.
    pub unsure: Vec<(Place, u64)>,
    /// How many possible tokens there are in all places.
    pub unsure_count: u64,
}

impl Place {
    /// `~/.bash_history`, or `~/app/.git, blob 0123456789ab`.
    pub fn name(&self, env: &Env) -> String {
        match self {
            Self::File(path) => env.tilde(path),
            Self::Object { repository, id, kind } => {
                let short = id.get(..SHORT_ID).unwrap_or(id);
                format!("{}, {} {short}", env.tilde(repository), kind.name())
            }
        }
    }
}

impl Finding {
    /// The place with the line or byte: `~/.bash_history:12`.
    pub fn spot(&self, env: &Env, place: &Place) -> String {
        let name = place.name(env);
        match self.line {
            Some(line) => format!("{name}:{line}"),
            None => format!("{name}, byte {}", self.offset),
        }
    }

    /// What this machine knows about the token: "the token of me@example.com in the keychain, in Base64".
    pub fn words(&self) -> String {
        let Origin { held_in, account, refused_at, .. } = &self.origin;
        let of = account.as_deref().map(|account| format!(" of {account}")).unwrap_or_default();
        let mut words = match held_in {
            Some(place) => format!("the token{of} in {place}"),
            None if of.is_empty() => "a Heroku token".to_owned(),
            None => format!("another token{of}"),
        };
        if self.in_base64 {
            words.push_str(", in Base64");
        }
        if let Some(at) = refused_at {
            words = format!("{words}, refused by Heroku since {}", day_in(&TimeZone::system(), *at));
        }
        words
    }
}
