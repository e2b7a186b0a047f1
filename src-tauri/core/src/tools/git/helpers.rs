//! The helpers that git asks for Heroku's password, and the lines that name them (gitcredentials(7), INTEROP.md, "git").

use std::path::{Path, PathBuf};

use url::Url;

use super::answers::{self, Answers, CredentialRequest};
use super::{CLI_HELPER, MAX_BYTES, failed, git, is_herokey, run};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;
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

/// The helpers that git asks for Heroku's git host, in the order in which it asks them: helpers for all hosts and for
/// this one, in the order of their lines. An empty value drops the helpers before it (gitcredentials(7)).
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
    let mut request = CredentialRequest { host: env.hosts().git, ..CredentialRequest::default() };
    let mut helpers = Vec::new();
    while let (Some(scope), Some(origin), Some(entry)) = (fields.next(), fields.next(), fields.next()) {
        let (key, value) = entry.split_once('\n').map_or((entry, None), |(key, value)| (key, Some(value)));
        let (context, name) = key.rsplit_once('.').unwrap_or_default();
        let file = origin.strip_prefix("file:").map(|path| super::folder(env).join(path));
        let line = file.as_ref().filter(|_| name == "helper").and_then(|file| lines.next(file));
        if !applies_to(context, &request.host) {
            continue;
        }
        let shown = match (&file, line) {
            (Some(file), Some(line)) => format!("{}:{line}", env.tilde(file)),
            (Some(file), None) => env.tilde(file),
            (None, _) => "the environment".to_owned(),
        };
        match (name, value) {
            ("usehttppath", value) => {
                let mut falses = ["", "false", "no", "off", "0"].iter();
                request.has_path =
                    value.is_none_or(|value| !falses.any(|text| value.eq_ignore_ascii_case(text)));
            }
            (_, None) => return Err(failed("read", &format!("{key} has no value, in {shown}"))),
            ("username", Some(value)) => request.username = Some(value.to_owned()),
            (_, Some("")) => helpers.clear(),
            (_, Some(value)) => {
                let helper = match value {
                    CLI_HELPER => Helper::Heroku,
                    value if is_herokey(value) => Helper::Herokey,
                    value => Helper::Other(text::shown(value)),
                };
                let (key, scope) = (text::shown(key), text::shown(scope));
                let line = HelperLine { helper, key, scope, file, line, shown, answers: Answers::Unseen };
                helpers.push((value, line));
            }
        }
    }
    // git reads its whole configuration before it asks the first helper.
    let predicted = |(value, line): (&str, HelperLine)| {
        let answers = answers::predict(env, value, &request);
        HelperLine { answers, ..line }
    };
    Ok(helpers.into_iter().map(predicted).collect())
}

/// True if git applies this section, `credential` with or without a URL, to `https://HOST` (gitcredentials(7),
/// "CREDENTIAL CONTEXTS").
fn applies_to(section: &str, host: &str) -> bool {
    let Some(context) = section.strip_prefix("credential") else { return false };
    let context = context.strip_prefix('.').unwrap_or(context);
    if context.is_empty() {
        return true;
    }
    // A context without a scheme is a host name.
    let url = if context.contains("://") { context.to_owned() } else { format!("https://{context}") };
    let (Some(pattern), Ok(asked)) = (parse(&url), Url::parse(&format!("https://{host}"))) else {
        return false;
    };
    let labels =
        |url: &Url| url.host_str().unwrap_or_default().split('.').map(str::to_owned).collect::<Vec<_>>();
    let (patterns, names) = (labels(&pattern), labels(&asked));
    let same_host = patterns.len() == names.len()
        && patterns.iter().zip(&names).all(|(pattern, label)| pattern == WILDCARD || pattern == label);
    // git passes a helper neither a path nor a user name, unless it is configured to.
    let bare = matches!(pattern.path(), "" | "/") && pattern.username().is_empty();
    pattern.scheme() == "https"
        && same_host
        && bare
        && pattern.port_or_known_default() == asked.port_or_known_default()
}

/// Replaces `*` in a host name, so that it can be parsed.
const WILDCARD: &str = "xxanyxx";

fn parse(context: &str) -> Option<Url> {
    Url::parse(&context.replace('*', WILDCARD)).ok()
}

/// The helper lines of each file, handed out one by one: git prints them in order, but without line numbers.
#[derive(Default)]
struct Lines(std::collections::BTreeMap<PathBuf, std::vec::IntoIter<usize>>);

impl Lines {
    fn next(&mut self, file: &Path) -> Option<usize> {
        self.0.entry(file.to_owned()).or_insert_with(|| helper_lines(file).into_iter()).next()
    }
}

/// The numbers of the lines that set a `helper` in a section `credential` (git-config(1), "CONFIGURATION FILE").
fn helper_lines(path: &Path) -> Vec<usize> {
    let Ok(Some(bytes)) = files::read(path, MAX_BYTES) else { return Vec::new() };
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
    fn matches_the_contexts_of_herokus_git() {
        let applies = |key: &str| applies_to(key.strip_suffix(".helper").unwrap(), "git.heroku.com");
        for key in [
            "credential.helper",
            "credential.https://git.heroku.com.helper",
            "credential.https://git.heroku.com/.helper",
            "credential.https://*.heroku.com.helper",
            "credential.git.heroku.com.helper",
            "credential.https://git.heroku.com:443.helper",
        ] {
            assert!(applies(key), "{key}");
        }
        for key in [
            "credential.http://git.heroku.com.helper",
            "credential.https://heroku.com.helper",
            "credential.https://git.heroku.com/app.helper",
            "credential.https://me@git.heroku.com.helper",
            "credential.https://git.heroku.com:8443.helper",
            "credential.https://git.heroku.com.evil.example.helper",
        ] {
            assert!(!applies(key), "{key}");
        }
    }

    #[test]
    fn finds_the_helper_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = "[user]\n\thelper = no\n[credential] helper = store\n[credential \"https://git.heroku.com\"]\n\t\
                    username = \\\nhelper = no\n\tHelper=\n\t# helper = no\n\thelper = mine\n[core]\n\thelper = no\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(helper_lines(&path), [3, 7, 9]);
    }
}
