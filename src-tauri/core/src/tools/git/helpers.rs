//! The helpers that git asks for Heroku's password, and the lines that name them (gitcredentials(7), INTEROP.md, "git").

use std::path::PathBuf;

use super::address::{Address, is_context_of};
use super::answers::{self, Answers, CredentialRequest};
use super::entries::{self, Entry};
use super::{CLI_HELPER, failed, is_herokey};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::text;

/// A helper that git would ask for Heroku's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helper {
    /// Herokey's.
    Herokey,
    /// The Heroku CLI's.
    Heroku,
    /// Any other helper, with its value in the configuration.
    Other(String),
}

/// A helper and the configuration line that names it.
#[derive(Clone, Debug, PartialEq)]
pub struct HelperLine {
    /// The helper.
    pub helper: Helper,
    /// The key as git prints it: `credential.helper`, or one with a URL in it.
    pub key: String,
    /// `system`, `global`, `local`, `worktree` or `command` (git-config(1), "SCOPES").
    pub scope: String,
    /// The file; `None` if the line comes from the environment.
    pub file: Option<PathBuf>,
    /// The line in the file, counted from 1; `None` if it was not found.
    pub line: Option<usize>,
    /// The file and line as people write them: `~/.gitconfig:12`.
    pub shown: String,
    /// What the helper answers, as far as that is known without running it.
    pub answers: Answers,
}

impl HelperLine {
    /// True if git asks Herokey here, and its program is installed.
    pub fn is_working_herokey(&self) -> bool {
        self.helper == Helper::Herokey && !matches!(self.answers, Answers::Nothing(_))
    }
}

/// The helpers that git asks for Heroku's git host, in the order in which it asks them.
pub fn helpers(env: &Env) -> Result<Vec<HelperLine>> {
    of_host(env, &entries::read(env)?)
}

/// Does the same as [`helpers`], with entries that have been read.
pub(super) fn of_host(env: &Env, entries: &[Entry]) -> Result<Vec<HelperLine>> {
    let address = Address::parse(&format!("https://{}", env.hosts().git));
    address.map_or_else(|| Ok(Vec::new()), |address| asked(env, entries, &address))
}

/// The helpers that git asks for an address: those for all hosts and those whose context fits, in the order of their
/// lines. An empty value drops the helpers before it (gitcredentials(7)).
pub(super) fn asked(env: &Env, entries: &[Entry], address: &Address) -> Result<Vec<HelperLine>> {
    let mut request = CredentialRequest { host: address.host.clone(), ..CredentialRequest::default() };
    let mut helpers = Vec::new();
    let applies = |entry: &&Entry| {
        let context = entry.subsection.as_deref();
        entry.section == "credential" && context.is_none_or(|context| is_context_of(context, address))
    };
    for entry in entries.iter().filter(applies) {
        match (entry.name.as_str(), entry.value.as_deref()) {
            // The address of each app has a path.
            ("usehttppath", value) => request.has_path = is_true(value),
            (_, None) => {
                let text = format!("{} has no value, in {}", entry.key(), entry.shown(env));
                return Err(failed("read", &text));
            }
            ("username", Some(value)) => request.username = Some(value.to_owned()),
            (_, Some("")) => helpers.clear(),
            (_, Some(value)) => helpers.push((value, line(env, entry, value))),
        }
    }
    // A user name in the address wins.
    request.username = address.user.clone().filter(|user| !user.is_empty()).or(request.username);
    // git reads its whole configuration before it asks the first helper.
    let predicted = |(value, line): (&str, HelperLine)| {
        let answers = answers::predict(env, value, &request);
        HelperLine { answers, ..line }
    };
    Ok(helpers.into_iter().map(predicted).collect())
}

fn line(env: &Env, entry: &Entry, value: &str) -> HelperLine {
    HelperLine {
        helper: match value {
            CLI_HELPER => Helper::Heroku,
            value if is_herokey(value) => Helper::Herokey,
            value => Helper::Other(text::shown(value)),
        },
        key: text::shown(&entry.key()),
        scope: text::shown(&entry.scope),
        file: entry.file.clone(),
        line: entry.line,
        shown: entry.shown(env),
        answers: Answers::Unseen,
    }
}

/// A boolean of git's configuration; a name without a value is true (git-config(1), "Values").
fn is_true(value: Option<&str>) -> bool {
    let mut falses = ["", "false", "no", "off", "0"].iter();
    value.is_none_or(|value| !falses.any(|text| value.eq_ignore_ascii_case(text)))
}
