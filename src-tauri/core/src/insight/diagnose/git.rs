//! git: which token it uses for Heroku, and which helper it asks for it.

use super::{Problem, Severity, command, problem};
use crate::insight::facts::{Facts, Observed, ReadNetrc};
use crate::insight::readers::{Readers, Source};
use crate::insight::remedy::{Fix, Remedy};
use crate::tools::git::{Answers, Helper, HelperLine};

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    let Observed::Present(helpers) = &facts.git_helpers else { return };
    if readers.heroku.source == Source::None {
        return;
    }
    problems.extend(netrc_first(facts, readers));
    problems.extend(helper(facts, helpers));
}

fn netrc_first(facts: &Facts, readers: &Readers) -> Option<Problem> {
    if readers.git.source != Source::Netrc || readers.git.trace == readers.heroku.trace {
        return None;
    }
    let shown = match &facts.netrc.git {
        ReadNetrc::Named(file) => &file.shown,
        _ if facts.netrc.encrypted => &facts.netrc.plain_shown,
        _ => &facts.netrc.shown,
    };
    let host = &facts.git_host;
    let found = problem(
        "git-netrc-first",
        Severity::Warning,
        "git and heroku use different tokens",
        format!("git reads {shown} before it asks a helper."),
        format!("Remove the record for {host} from {shown}."),
    );
    let records = facts.netrc.records.present();
    let has_one =
        records.is_some_and(|all| all.iter().any(|record| record.host == *host && record.records > 0));
    if facts.netrc.encrypted || facts.netrc.git != ReadNetrc::Home || !has_one {
        return Some(found);
    }
    let effect = format!(
        "Removes the record for {host} from {shown}, and nothing else there. The keychain keeps the removed record, so \
         that you can undo this."
    );
    Some(found.fixed_by(Fix::NoNetrcRecords { hosts: vec![host.clone()] }, effect))
}

fn helper(facts: &Facts, helpers: &[HelperLine]) -> Option<Problem> {
    let install = |found: Problem| {
        let effect = format!(
            "Adds three helper lines for {} to git's global configuration: an empty one, so that git skips the \
             helpers for every host, then Herokey's and the Heroku CLI's.",
            facts.git_host
        );
        found.offer(Remedy::SetGitHelper, effect).safe_if(true)
    };
    let herokeys = helpers.iter().position(|line| line.helper == Helper::Herokey);
    match (herokeys, helpers.first()) {
        (Some(0), _) => None,
        (Some(_), Some(first)) => {
            let which = match &first.helper {
                // A command line can contain a password.
                Helper::Other(value) if !value.starts_with('!') => {
                    format!("`{value}`, set in {},", first.shown)
                }
                _ => format!("the helper in {}", first.shown),
            };
            let answer = match &first.answers {
                Answers::This { trace: Some(trace), .. } => format!("It answers with {}.", trace.masked),
                _ => "It may answer with an old password.".to_owned(),
            };
            Some(install(problem(
                "git-helper-shadowed",
                Severity::Warning,
                "git asks another helper first",
                format!("git asks {which} before Herokey. {answer}"),
                command("herokey git install"),
            )))
        }
        _ => Some(install(problem(
            "git-helper-missing",
            Severity::Warning,
            "git is not using Herokey",
            "`git push heroku` asks the Heroku CLI, which takes about a second, or prompts you.",
            command("herokey git install"),
        ))),
    }
}
