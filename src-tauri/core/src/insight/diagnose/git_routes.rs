//! git's configuration: addresses that lead elsewhere, tokens in it, and repositories that git refuses.

use std::path::Path;

use super::{NextStep, Problem, Severity, command, problem};
use crate::base::text::shown;
use crate::insight::accounts::{TokenLocation, accounts};
use crate::insight::facts::{Facts, FolderAccount};
use crate::insight::readers::{Readers, Source, on_route};
use crate::insight::remedy::Fix;
use crate::tools::git::{Access, Direction, Rewrite, Route};

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    problems.extend(tokens(facts));
    problems.extend(folders_without_token(facts, readers));
    if readers.heroku.source == Source::None {
        return;
    }
    problems.extend(refused(facts));
    problems.extend(facts.git_routes.iter().find_map(|route| elsewhere(facts, route)));
    problems.extend(remote_differs(facts, readers));
}

/// Folders in which git and `herokey exec` shall use an account that has no token here: Herokey's helper then makes git
/// stop, so that nobody pushes as somebody else.
fn folders_without_token(facts: &Facts, readers: &Readers) -> Vec<Problem> {
    if facts.keychain_unseen().is_some() {
        return Vec::new();
    }
    let accounts = accounts(facts);
    // As `stores::lookup::account_token` looks: the token in use, then the keychain, then the files of `heroku accounts`.
    let is_found = |place: &TokenLocation| *place != TokenLocation::Netrc;
    let has_token = |email: &str| {
        readers.heroku.account.as_deref() == Some(email)
            || accounts.iter().any(|account| account.email == email && account.locations.iter().any(is_found))
    };
    let missing = |folder: &FolderAccount| {
        let (name, account) = (folder.name(), &folder.account);
        let remove = if folder.is_tree {
            format!("run `herokey use --includeIf {} --remove`", quoted(&folder.path))
        } else {
            "run `herokey use --here --remove` there".to_owned()
        };
        problem(
            "folder-account-missing",
            Severity::Warning,
            format!("{account} has no token here"),
            format!("In {name}, git and `herokey exec` use {account}, and fail."),
            format!("Log in to that account, or {remove}, so that git uses the same account as elsewhere."),
        )
    };
    facts.folders.iter().filter(|folder| !has_token(&folder.account)).map(missing).collect()
}

/// A token that any program can read in git's configuration: one problem for each file.
fn tokens(facts: &Facts) -> Vec<Problem> {
    let mut problems: Vec<(&Path, Problem)> = Vec::new();
    for token in &facts.git_tokens {
        if problems.iter().any(|(path, _)| *path == token.path) {
            continue;
        }
        let in_file = facts.git_tokens.iter().filter(|other| other.path == token.path);
        let places: Vec<_> =
            in_file.map(|token| format!("{} ({})", token.shown, token.trace.masked)).collect();
        let found = problem(
            "git-plain-token",
            Severity::Warning,
            "git's configuration contains a token",
            format!(
                "Any program you run can read it in {}. git sends it to {}, and asks no helper.",
                places.join(" and "),
                facts.git_host
            ),
            "",
        );
        let effect = "Removes the user name and the token from the address, or the header that contains it, and keeps \
                      the rest. The keychain keeps what is removed, so that you can undo this. Then git asks its \
                      helpers.";
        problems.push((&token.path, found.fixed_by(Fix::NoGitTokens { path: token.path.clone() }, effect)));
    }
    problems.into_iter().map(|(_, problem)| problem).collect()
}

/// git refuses to use the repository of the folder.
fn refused(facts: &Facts) -> Option<Problem> {
    let folder = facts.folder.as_ref().filter(|folder| folder.git_refuses)?;
    let path = quoted(&folder.path);
    Some(problem(
        "git-repository-refused",
        Severity::Warning,
        "git refuses this repository",
        "It belongs to another user, so git does not read its configuration and `git push` fails there.",
        command(format!("git config --global --add safe.directory {path}")),
    ))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", shown(&path.display().to_string()).replace('\'', r"'\''"))
}

/// git reaches Heroku over ssh, or not at all.
fn elsewhere(facts: &Facts, route: &Route) -> Option<Problem> {
    let host = &facts.git_host;
    let (leads, what) = match &route.access {
        Access::Heroku { .. } => return None,
        Access::Ssh { host } => (format!("{host} over ssh"), "Heroku's git server only takes https."),
        Access::Elsewhere => (route.address.clone(), "Heroku's git server is not there."),
    };
    let from = match &route.remote {
        Some(remote) => format!("the remote `{remote}`"),
        None => format!("https://{host}"),
    };
    let (message, next_step): (_, NextStep) = match (&route.rewrite, &route.remote) {
        (Some(Rewrite { name, shown, .. }), _) => (
            format!("{shown} rewrites the address of {from}, so git connects to {leads}. {what}"),
            format!(
                "Remove that line. If you need it for other hosts, run `git config --global url.https://{host}/.{name} \
                 https://{host}/`."
            )
            .into(),
        ),
        (None, Some(remote)) => (
            format!("The address of {from} leads to {leads}. {what}"),
            format!("Run `git remote set-url {remote} https://{host}/APP.git` there, with the name of your app.")
                .into(),
        ),
        (None, None) => return None,
    };
    Some(problem(
        "git-other-address",
        Severity::Warning,
        "git does not use a token for Heroku",
        message,
        next_step,
    ))
}

/// Another remote, or another direction, uses another token than `git push` does on its usual route.
fn remote_differs(facts: &Facts, readers: &Readers) -> Option<Problem> {
    let usual = facts.git_route()?;
    let others = facts.git_routes.iter().filter(|route| *route != usual && route.remote.is_some());
    let differs = |route: &&Route| {
        let answer = on_route(facts, &readers.heroku, route);
        let is_known = answer.source == Source::None || answer.trace.is_some();
        let in_configuration = answer.source == Source::GitConfig;
        is_known && !in_configuration && answer.trace != readers.git.trace
    };
    let route = others.filter(|route| matches!(route.access, Access::Heroku { .. })).find(differs)?;
    let answer = on_route(facts, &readers.heroku, route);
    let remote = route.remote.as_deref().unwrap_or_default();
    let verb = match route.direction {
        Direction::Both | Direction::Push => "push",
        Direction::Fetch => "fetch",
    };
    let masked = answer.trace.as_ref().map_or("no token", |trace| trace.masked.as_str());
    Some(problem(
        "git-remote-differs",
        Severity::Warning,
        format!("git uses another token for the remote `{remote}`"),
        format!("`git {verb} {remote}` uses {masked}. {}", answer.reason),
        "Check the lines `credential` in the repository's configuration.",
    ))
}
