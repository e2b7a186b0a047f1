//! git, and whom it asks for Heroku's password.

use super::{Problem, Severity, command, problem};
use crate::insight::facts::{Facts, Look};
use crate::insight::readers::{Source, Tools};
use crate::insight::remedy::{Fix, Remedy};
use crate::tools::git::{Answers, Helper, HelperLine};

pub(super) fn find(facts: &Facts, tools: &Tools, problems: &mut Vec<Problem>) {
    let Look::Present(helpers) = &facts.git_helpers else { return };
    if tools.heroku.source == Source::None {
        return;
    }
    problems.extend(netrc_first(facts, tools));
    problems.extend(helper(facts, helpers));
}

fn netrc_first(facts: &Facts, tools: &Tools) -> Option<Problem> {
    if tools.git.source != Source::Netrc || tools.git.trace == tools.heroku.trace {
        return None;
    }
    let shown = if facts.netrc.encrypted { &facts.netrc.plain_shown } else { &facts.netrc.shown };
    let host = &facts.git_host;
    let found = problem(
        "git-netrc-first",
        Severity::Warning,
        "git uses another token than heroku",
        format!("It reads {shown} before it asks a helper."),
        format!("Remove the record of {host} from {shown}."),
    );
    let records = facts.netrc.records.present();
    let has_one =
        records.is_some_and(|all| all.iter().any(|record| record.host == *host && record.records > 0));
    if facts.netrc.encrypted || !has_one {
        return Some(found);
    }
    let effect = format!(
        "Removes the record of {host} from {shown} and leaves the rest of the file. The keychain keeps what is \
         removed, so that it can be put back."
    );
    Some(found.fixed_by(Fix::NoNetrcRecords { hosts: vec![host.clone()] }, effect))
}

fn helper(facts: &Facts, helpers: &[HelperLine]) -> Option<Problem> {
    let install = |found: Problem| {
        let effect = format!(
            "Writes three helper lines for {} into git's global configuration: an empty one, so that helpers for \
             every host are not asked, Herokey's, and last the Heroku CLI's own.",
            facts.git_host
        );
        found.offer(Remedy::SetGitHelper, effect).safe_if(true)
    };
    let ours = helpers.iter().position(|line| line.helper == Helper::Herokey);
    match (ours, helpers.first()) {
        (Some(0), _) => None,
        (Some(_), Some(first)) => {
            let which = match &first.helper {
                // A command line can have a password in it.
                Helper::Other(value) if !value.starts_with('!') => {
                    format!("`{value}`, set in {},", first.shown)
                }
                _ => format!("The helper in {}", first.shown),
            };
            let stale = match &first.answers {
                Answers::This { trace: Some(trace), .. } => format!("It has {}.", trace.masked),
                _ => "It may answer with an old password.".to_owned(),
            };
            Some(install(problem(
                "git-helper-shadowed",
                Severity::Warning,
                "Another helper answers git first",
                format!("{which} is asked before Herokey. {stale}"),
                command("herokey git install"),
            )))
        }
        _ => Some(install(problem(
            "git-helper-missing",
            Severity::Warning,
            "git effect not ask Herokey",
            "`git push heroku` asks the Heroku CLI, which takes about a second, or you.",
            command("herokey git install"),
        ))),
    }
}
