//! The helpers that git asks for Heroku's password, the lines that name them, and what can be known of their answers
//! without asking them (gitcredentials(7), INTEROP.md, "git").

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use url::Url;

use super::{CLI_HELPER, IF_THERE, failed, git, is_herokey, run, stderr};
use crate::env::Env;
use crate::error::Result;
use crate::store::file;
use crate::token::{Token, Trace};

/// Far above any real configuration, or file of passwords.
const LARGEST: u64 = 4 << 20;

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

/// What a helper answers when git asks it for Heroku's password.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// The token that the `heroku` command uses.
    WhatHerokuUses,
    /// This.
    This {
        /// The user name.
        account: Option<String>,
        /// The password.
        trace: Option<Trace>,
    },
    /// Nothing, so that git asks the next one; why, in one sentence.
    Nothing(String),
    /// It cannot be known without asking it.
    Unseen,
}

/// The helpers that git asks for Heroku's git host, first one first: those for every host and those for this one, in
/// the order of their lines; an empty value forgets those before it (gitcredentials(7)).
pub fn helpers(env: &Env) -> Result<Vec<HelperLine>> {
    let arguments = ["config", "--null", "--show-origin", "--show-scope", "--get-regexp"];
    let output = run(git(env).args(arguments).arg(r"^credential\.(.*\.)?helper$"))?;
    if !output.status.success() && output.status.code() != Some(1) {
        return Err(failed("read", &stderr(&output)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut fields = text.split_terminator('\0');
    let mut lines = Lines::default();
    let mut helpers = Vec::new();
    while let (Some(scope), Some(origin), Some(entry)) = (fields.next(), fields.next(), fields.next()) {
        let (key, value) = entry.split_once('\n').unwrap_or((entry, ""));
        let file = origin.strip_prefix("file:").map(|path| super::folder(env).join(path));
        let line = file.as_ref().and_then(|file| lines.next(file));
        if !concerns(key, &env.hosts().git) {
            continue;
        }
        if value.is_empty() {
            helpers.clear();
            continue;
        }
        let shown = match (&file, line) {
            (Some(file), Some(line)) => format!("{}:{line}", env.tilde(file)),
            (Some(file), None) => env.tilde(file),
            (None, _) => "the environment".to_owned(),
        };
        helpers.push(HelperLine {
            helper: match value {
                CLI_HELPER => Helper::Heroku,
                value if is_herokey(value) => Helper::Herokey,
                value => Helper::Other(value.to_owned()),
            },
            answers: answers(env, value),
            key: key.to_owned(),
            scope: scope.to_owned(),
            file,
            line,
            shown,
        });
    }
    Ok(helpers)
}

/// Whether git asks a helper of this key for `https://HOST` (gitcredentials(7), "CREDENTIAL CONTEXTS").
fn concerns(key: &str, host: &str) -> bool {
    let context = key.strip_prefix("credential.").and_then(|rest| rest.strip_suffix("helper"));
    let Some(context) = context.map(|context| context.strip_suffix('.').unwrap_or(context)) else {
        return false;
    };
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

fn answers(env: &Env, value: &str) -> Answers {
    let missing = |program: &str| Answers::Nothing(format!("The program {program} is not installed."));
    let is_there = |program: &str| env.find_program(program).is_some_and(|path| path.is_file());
    if value == CLI_HELPER {
        return if is_there("heroku") { Answers::WhatHerokuUses } else { missing("heroku") };
    }
    if is_herokey(value) {
        let program = program_of(value);
        return if is_there(&program) { Answers::WhatHerokuUses } else { missing(&program) };
    }
    let name = value.split_whitespace().next().unwrap_or_default();
    match name {
        "store" => stored(env, value),
        "cache" if !cache_runs(env, value) => {
            Answers::Nothing("No password is in its memory: its daemon does not run.".to_owned())
        }
        _ if value.starts_with('!') => Answers::Unseen,
        _ if Path::new(name).is_absolute() => {
            if is_there(name) {
                Answers::Unseen
            } else {
                missing(name)
            }
        }
        _ => {
            let program = format!("git-credential-{name}");
            if is_there(&program) || exec_path(env).is_some_and(|folder| has(&folder, &program)) {
                Answers::Unseen
            } else {
                missing(&program)
            }
        }
    }
}

fn has(folder: &Path, program: &str) -> bool {
    folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)).is_file()
}

/// The program of a line that git hands to a shell: in quotes, or the first word.
fn program_of(value: &str) -> String {
    let command = value.trim_start_matches('!').trim_start();
    let command = command.strip_prefix(IF_THERE).unwrap_or(command);
    match command.strip_prefix('\'') {
        Some(quoted) => {
            quoted.replace(r"'\''", "\0").split('\'').next().unwrap_or_default().replace('\0', "'")
        }
        None => command.split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

/// Where git has its own programs.
fn exec_path(env: &Env) -> Option<PathBuf> {
    let output = run(git(env).arg("--exec-path")).ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// What git-credential-store(1) finds in its files: the first URL of the host.
fn stored(env: &Env, value: &str) -> Answers {
    let own = value.split_once("--file").map(|(_, path)| path.trim_start_matches(['=', ' ']).trim());
    let config = env.os("XDG_CONFIG_HOME").map_or_else(|| env.home().join(".config"), PathBuf::from);
    let files = match own {
        Some(path) => vec![expand(env, path)],
        None => vec![env.home().join(".git-credentials"), config.join("git/credentials")],
    };
    let host = env.hosts().git;
    for path in files {
        let Ok(Some(bytes)) = file::read(&path, LARGEST) else { continue };
        let found = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| text.lines().find_map(|line| of_host(line, &host)));
        if let Some((account, token)) = found {
            return Answers::This { account: Some(account), trace: token.map(|token| token.trace()) };
        }
    }
    Answers::Nothing(format!("Its file has no password for {host}."))
}

/// User name and password of a line, if it is of this host.
fn of_host(line: &str, host: &str) -> Option<(String, Option<Token>)> {
    let url = Url::parse(line.trim_end()).ok()?;
    let asked = Url::parse(&format!("https://{host}")).ok()?;
    let same = url.scheme() == "https"
        && url.host_str() == asked.host_str()
        && url.port_or_known_default() == asked.port_or_known_default();
    let password = url.password().filter(|_| same)?;
    let decoded =
        secrecy::zeroize::Zeroizing::new(percent_decode_str(password).decode_utf8_lossy().into_owned());
    Some((percent_decode_str(url.username()).decode_utf8_lossy().into_owned(), Token::parse(&decoded)))
}

/// Whether git-credential-cache(1)'s daemon may have an answer.
fn cache_runs(env: &Env, value: &str) -> bool {
    if let Some((_, socket)) = value.split_once("--socket") {
        return expand(env, socket.trim_start_matches(['=', ' ']).trim()).exists();
    }
    let cache = env.os("XDG_CACHE_HOME").map_or_else(|| env.home().join(".cache"), PathBuf::from);
    [env.home().join(".git-credential-cache/socket"), cache.join("git/credential/socket")]
        .iter()
        .any(|socket| socket.exists())
}

/// A path as a shell would take it.
fn expand(env: &Env, path: &str) -> PathBuf {
    let path = path.trim_matches(['"', '\'']);
    match path.strip_prefix("~/").or_else(|| path.strip_prefix("$HOME/")) {
        Some(rest) => env.home().join(rest),
        None => path.into(),
    }
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
    let Ok(Some(bytes)) = file::read(path, LARGEST) else { return Vec::new() };
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
        let asked = |key| concerns(key, "git.heroku.com");
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

    #[test]
    fn reads_the_files_of_passwords() {
        let (account, token) =
            of_host("https://me%40example.com:fake%2Fone@git.heroku.com", "git.heroku.com").unwrap();
        assert_eq!((account.as_str(), token.unwrap().expose()), ("me@example.com", "fake/one"));
        assert!(of_host("https://me:fake@github.com", "git.heroku.com").is_none());
        assert!(of_host("http://me:fake@git.heroku.com", "git.heroku.com").is_none());
    }

    #[test]
    fn finds_the_program_of_a_line() {
        assert_eq!(program_of("!'/opt/her okey/herokey' git-credential"), "/opt/her okey/herokey");
        assert_eq!(program_of(r"!'/it'\''s/herokey' git-credential"), "/it's/herokey");
        assert_eq!(program_of("!herokey git-credential"), "herokey");
        let line = r"!test -x '/it'\''s/herokey' && '/it'\''s/herokey' git-credential";
        assert_eq!(program_of(line), "/it's/herokey");
    }
}
