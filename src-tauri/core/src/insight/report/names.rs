//! The names in the facts that a report must not show.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::base::terminal::SetIn;
use crate::insight::facts::{Facts, Overrides};
use crate::ledger::journal::Activity;

/// Names of files and folders that say nothing about the user.
const COMMON: [&str; 40] = [
    "~",
    ".local",
    "state",
    "share",
    "/",
    ".netrc",
    "_netrc",
    ".netrc.gpg",
    "_netrc.gpg",
    ".gitconfig",
    ".config",
    "git",
    "config",
    "etc",
    "gitconfig",
    "usr",
    "local",
    "opt",
    "bin",
    "heroku",
    "homebrew",
    ".profile",
    "profile",
    "environment",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    "bash.bashrc",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    "zsh",
    "fish",
    "config.fish",
    "fish_variables",
    ".docker",
    "config.json",
    ".env",
    ".envrc",
];

/// Every email of an account or a login, each once.
pub(super) fn emails(facts: &Facts) -> Vec<String> {
    all(facts).into_iter().filter(|name| name.contains('@')).map(str::to_owned).collect()
}

/// Every other name of an account or a login, unless it names a part of Heroku that each report mentions.
pub(super) fn words(facts: &Facts) -> Vec<String> {
    let is_name =
        |name: &&str| !name.contains('@') && !matches!(*name, "heroku" | "git" | "curl" | "herokey");
    all(facts).into_iter().filter(is_name).map(str::to_owned).collect()
}

fn all(facts: &Facts) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    names.extend(facts.keychain.present().into_iter().flatten().map(|entry| entry.account.as_str()));
    names.extend(facts.login_state.present().map(String::as_str));
    for record in facts.netrc.records.present().into_iter().flatten() {
        names.extend([&record.cli_login, &record.curl_login].into_iter().flatten().map(String::as_str));
    }
    for file in facts.accounts.present().into_iter().flatten() {
        names.extend([file.username.as_str(), file.alias.as_str()]);
    }
    names.extend(facts.known.iter().filter_map(|known| known.account.as_deref()));
    if let Activity::Ended(entry) | Activity::Running(entry) | Activity::Interrupted(entry) = &facts.activity
    {
        names.extend(entry.account.as_deref());
    }
    names.into_iter().map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Every path that the user has named: as it is, and as it is shown.
pub(super) fn files(facts: &Facts, home: &Path, named: &[PathBuf]) -> BTreeSet<[String; 2]> {
    let mut paths = BTreeSet::new();
    let mut add = |path: &Path, shown: &str| {
        // Without a line number.
        let shown = match shown.rsplit_once(':') {
            Some((file, line)) if line.parse::<usize>().is_ok() => file,
            _ => shown,
        };
        let below = path.strip_prefix(home).unwrap_or(path);
        if !below.iter().all(|part| part.to_str().is_some_and(|part| COMMON.contains(&part))) {
            paths.insert([path.to_string_lossy().into_owned(), shown.to_owned()]);
        }
    };
    for path in named {
        let shown = path.strip_prefix(home).map_or_else(|_| path.clone(), |below| Path::new("~").join(below));
        add(path, &shown.to_string_lossy());
    }
    add(&facts.netrc.path, &facts.netrc.shown);
    for file in facts.accounts.present().into_iter().flatten() {
        add(&file.path, &file.shown);
    }
    for line in facts.git_helpers.present().into_iter().flatten() {
        if let Some(file) = &line.file {
            add(file, &line.shown);
        }
    }
    for rewrite in facts.git_routes.iter().filter_map(|route| route.rewrite.as_ref()) {
        if let Some(file) = &rewrite.file {
            add(file, &rewrite.shown);
        }
    }
    for token in &facts.git_tokens {
        add(&token.path, &token.shown);
    }
    for set_in in [Some(&facts.overrides), facts.login_shell.present()].into_iter().flatten().flat_map(set_in)
    {
        add(&set_in.path, &set_in.shown);
    }
    if let Some(docker) = facts.docker.present() {
        add(&docker.path, &docker.shown);
    }
    if let Some(program) = facts.program.present() {
        add(&program.path, &program.path.to_string_lossy());
    }
    if let Some(folder) = &facts.folder {
        add(&folder.path, &folder.path.to_string_lossy());
        folder.sets.iter().for_each(|set| add(&set.set_in.path, &set.set_in.shown));
    }
    paths
}

fn set_in(overrides: &Overrides) -> impl Iterator<Item = &SetIn> {
    let api_key = overrides.api_key.as_ref().and_then(|found| found.set_in.as_ref());
    overrides.variables.iter().filter_map(|variable| variable.set_in.as_ref()).chain(api_key)
}
