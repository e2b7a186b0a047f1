//! The helpers that git asks for Heroku's password, and the lines that name them (gitcredentials(7), INTEROP.md, "git").

use std::path::{Path, PathBuf};

use url::Url;

use super::answers::{self, Answers, Question};
use super::{CLI_HELPER, LARGEST, failed, git, is_herokey, run};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;

/// A helper that git would ask for Heroku's password, in git's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helper {
    /// Herokey's.
    Herokey,
    /// The Heroku CLI's.
    Heroku,
    /// Any other; the value as it stands in the configuration.
    Other(String),
}

/// A helper and the line that names it.
#[derive(Clone, Debug, PartialEq)]
pub struct HelperLine {
    /// The helper.
    pub helper: Helper,
    /// The key, as git writes it: `credential.helper`, or one with a URL in it.
    pub key: String,
    /// `system`, `global`, `local`, `worktree` or `command` (git-config(1), "SCOPES").
    pub scope: String,
    /// The file; `None` where the line comes from the environment.
    pub file: Option<PathBuf>,
    /// The line in it, counted from 1; `None` where it could not be told.
    pub line: Option<usize>,
    /// Where the line is, as a person writes it: `~/.gitconfig:12`.
    pub shown: String,
    /// What is known of its answer.
    pub answers: Answers,
}

/// The helpers that git asks for Heroku's git host, first one first: those for every host and those for this one, in
/// the order of their lines; an empty value forgets those before it (gitcredentials(7)).
pub fn helpers(env: &Env) -> Result<Vec<HelperLine>> {
    let arguments = ["config", "--null", "--show-origin", "--show-scope", "--get-regexp"];
    let output =
        run(env, git(env).args(arguments).arg(r"^credential\.(.*\.)?(helper|username|usehttppath)$"))?;
    if !output.status.success() && output.status.code() != Some(1) {
        return Err(failed("read", &output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut fields = text.split_terminator('\0');
    let mut lines = Lines::default();
    let mut question = Question { host: env.hosts().git, ..Question::default() };
    let mut helpers = Vec::new();
    while let (Some(scope), Some(origin), Some(entry)) = (fields.next(), fields.next(), fields.next()) {
        let (key, value) = entry.split_once('\n').map_or((entry, None), |(key, value)| (key, Some(value)));
        let (context, name) = key.rsplit_once('.').unwrap_or_default();
        let file = origin.strip_prefix("file:").map(|path| super::folder(env).join(path));
        let line = file.as_ref().filter(|_| name == "helper").and_then(|file| lines.next(file));
        if !concerns(context, &question.host) {
            continue;
        }
        let shown = match (&file, line) {
            (Some(file), Some(line)) => format!("{}:{line}", env.tilde(file)),
            (Some(file), None) => env.tilde(file),
            (None, _) => "the environment".to_owned(),
        };
        match (name, value) {
            ("usehttppath", value) => {
                let says_no = ["", "false", "no", "off", "0"].iter();
                question.has_path =
                    value.is_none_or(|value| !says_no.clone().any(|no| value.eq_ignore_ascii_case(no)));
            }
            (_, None) => return Err(failed("read", &format!("{key} has no value, in {shown}"))),
            ("username", Some(value)) => question.username = Some(value.to_owned()),
            (_, Some("")) => helpers.clear(),
            (_, Some(value)) => {
                let helper = match value {
                    CLI_HELPER => Helper::Heroku,
                    value if is_herokey(value) => Helper::Herokey,
                    value => Helper::Other(value.to_owned()),
                };
                let (key, scope) = (key.to_owned(), scope.to_owned());
                let line = HelperLine { helper, key, scope, file, line, shown, answers: Answers::Unseen };
                helpers.push((value, line));
            }
        }
    }
    // git reads all of its configuration before it asks the first of them.
    let answered = |(value, line): (&str, HelperLine)| {
        let answers = answers::of(env, value, &question);
        HelperLine { answers, ..line }
    };
    Ok(helpers.into_iter().map(answered).collect())
}

/// Whether git goes by the lines of this section, `credential` and perhaps a URL, for `https://HOST` (gitcredentials(7),
/// "CREDENTIAL CONTEXTS").
fn concerns(section: &str, host: &str) -> bool {
    let Some(context) = section.strip_prefix("credential") else { return false };
    let context = context.strip_prefix('.').unwrap_or(context);
    if context.is_empty() {
        return true;
    }
    // A context without a scheme is a host.
    let whole = if context.contains("://") { context.to_owned() } else { format!("https://{context}") };
    let (Some(pattern), Ok(asked)) = (parse(&whole), Url::parse(&format!("https://{host}"))) else {
        return false;
    };
    let labels =
        |url: &Url| url.host_str().unwrap_or_default().split('.').map(str::to_owned).collect::<Vec<_>>();
    let (wanted, names) = (labels(&pattern), labels(&asked));
    let same_host = wanted.len() == names.len()
        && wanted.iter().zip(&names).all(|(pattern, label)| pattern == WILDCARD || pattern == label);
    // git tells a helper neither a path nor a user name, unless it is configured to.
    let bare = matches!(pattern.path(), "" | "/") && pattern.username().is_empty();
    pattern.scheme() == "https"
        && same_host
        && bare
        && pattern.port_or_known_default() == asked.port_or_known_default()
}

/// What stands for `*` in a host that is parsed.
const WILDCARD: &str = "xxanyxx";

fn parse(context: &str) -> Option<Url> {
    Url::parse(&context.replace('*', WILDCARD)).ok()
}

/// The numbers of the helper lines of each file, given out one by one: git tells the order and not the numbers.
#[derive(Default)]
struct Lines(std::collections::BTreeMap<PathBuf, std::vec::IntoIter<usize>>);

impl Lines {
    fn next(&mut self, file: &Path) -> Option<usize> {
        self.0.entry(file.to_owned()).or_insert_with(|| helper_lines(file).into_iter()).next()
    }
}

/// The lines of a configuration that set a `helper` in a section `credential` (git-config(1), "CONFIGURATION FILE").
fn helper_lines(path: &Path) -> Vec<usize> {
    let Ok(Some(bytes)) = files::read(path, LARGEST) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let (mut found, mut in_section, mut continued) = (Vec::new(), false, false);
    for (number, line) in text.lines().enumerate() {
        let is_continued = std::mem::replace(&mut continued, line.ends_with('\\'));
        let mut rest = line.trim_start();
        if is_continued {
            continue;
        }
        if let Some((header, after)) = rest.strip_prefix('[').and_then(|header| header.split_once(']')) {
            let section = header.split([' ', '\t', '"', '.']).next().unwrap_or_default();
            in_section = section.eq_ignore_ascii_case("credential");
            rest = after.trim_start();
        }
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
        if in_section && name.eq_ignore_ascii_case("helper") {
            found.push(number + 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_contexts_of_herokus_git() {
        let asked = |key: &str| concerns(key.strip_suffix(".helper").unwrap(), "git.heroku.com");
        for key in [
            "credential.helper",
            "credential.https://git.heroku.com.helper",
            "credential.https://git.heroku.com/.helper",
            "credential.https://*.heroku.com.helper",
            "credential.git.heroku.com.helper",
            "credential.https://git.heroku.com:443.helper",
        ] {
            assert!(asked(key), "{key}");
        }
        for key in [
            "credential.http://git.heroku.com.helper",
            "credential.https://heroku.com.helper",
            "credential.https://git.heroku.com/app.helper",
            "credential.https://me@git.heroku.com.helper",
            "credential.https://git.heroku.com:8443.helper",
            "credential.https://git.heroku.com.evil.example.helper",
        ] {
            assert!(!asked(key), "{key}");
        }
    }

    #[test]
    fn finds_the_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = "[user]\n\thelper = no\n[credential] helper = store\n[credential \"https://git.heroku.com\"]\n\t\
                    username = \\\nhelper = no\n\tHelper=\n\t# helper = no\n\thelper = mine\n[core]\n\thelper = no\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(helper_lines(&path), [3, 7, 9]);
    }
}
