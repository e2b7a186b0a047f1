//! git: which token it uses for Heroku, and which helper it asks for it.

use super::{Problem, Severity, command, problem};
use crate::base::error::Error;
use crate::insight::facts::{Facts, Observed, ReadNetrc};
use crate::insight::readers::{Readers, Source};
use crate::insight::remedy::{Fix, Remedy};
use crate::tools::git::{Answers, Helper, HelperLine};

/// Says how to find out what another program's helper answers.
const UNSEEN: &str = "Herokey cannot see its answer; `herokey git status --test` asks it.";

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    let helpers = match &facts.git_helpers {
        Observed::Present(helpers) => helpers,
        Observed::Absent => return,
        Observed::Unknown(error) => return problems.push(unreadable(error)),
    };
    if readers.heroku.source == Source::None {
        return;
    }
    problems.extend(netrc_first(facts, readers));
    problems.extend(differs(facts, readers));
    problems.extend(helper(facts, readers, helpers));
}

fn unreadable(error: &Error) -> Problem {
    problem(
        "git-config-unreadable",
        Severity::Error,
        "git cannot read its configuration",
        format!("git fails as soon as it needs a password. {} {}", error.what, error.detail)
            .trim_end()
            .to_owned(),
        "Correct git's configuration where this says, then run `herokey doctor` again.",
    )
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

/// git uses another token than heroku. A record in netrc and a token in git's configuration are problems of their own.
fn differs(facts: &Facts, readers: &Readers) -> Option<Problem> {
    let (git, heroku) = (readers.git.trace.as_ref()?, readers.heroku.trace.as_ref()?);
    let is_in_file = facts.git_tokens.iter().any(|token| token.trace == *git);
    if readers.git.source == Source::Netrc || is_in_file || git == heroku {
        return None;
    }
    let found = problem(
        "git-differs",
        Severity::Warning,
        "git and heroku use different tokens",
        format!(
            "`git push heroku` uses {}, and heroku uses {}. {}",
            git.masked, heroku.masked, readers.git.reason
        ),
        "Remove that token where git finds it.",
    );
    Some(if readers.git.source == Source::HelperOther { install(facts, found) } else { found })
}

fn helper(facts: &Facts, readers: &Readers, helpers: &[HelperLine]) -> Option<Problem> {
    let Some(herokeys) = helpers.iter().position(HelperLine::is_working_herokey) else {
        return Some(missing(facts, readers, helpers));
    };
    let before = &helpers[..herokeys];
    let answering = before.iter().find(|line| !matches!(line.answers, Answers::Nothing(_)));
    let first = answering.or(before.first())?;
    let answer = match &first.answers {
        Answers::This { trace: Some(trace), .. } => format!("It answers with {}.", trace.masked),
        Answers::This { trace: None, .. } => "It answers with something that is not a token.".to_owned(),
        Answers::CliToken => {
            "It gives git the token that heroku uses, which takes about a second.".to_owned()
        }
        Answers::TokenOf(account) => format!("It gives git the token of {account}."),
        Answers::Nothing(why) => format!("Today it has no answer. {why}"),
        Answers::Unseen => UNSEEN.to_owned(),
    };
    let found = problem(
        "git-helper-shadowed",
        Severity::Warning,
        "git asks another helper first",
        format!("git asks {} before Herokey. {answer}", named(first)),
        command("herokey git install"),
    );
    Some(install(facts, found))
}

fn missing(facts: &Facts, readers: &Readers, helpers: &[HelperLine]) -> Problem {
    let gone = helpers.iter().find_map(|line| match (&line.helper, &line.answers) {
        (Helper::Herokey, Answers::Nothing(why)) => Some(format!(" {why} {} names it.", line.shown)),
        _ => None,
    });
    let found = problem(
        "git-helper-missing",
        Severity::Warning,
        "git is not using Herokey",
        who_answers(facts, readers, helpers) + &gone.unwrap_or_default(),
        command("herokey git install"),
    );
    install(facts, found)
}

/// Where `git push heroku` gets its password from.
fn who_answers(facts: &Facts, readers: &Readers, helpers: &[HelperLine]) -> String {
    let git = &readers.git;
    let answering = helpers.iter().find(|line| !matches!(line.answers, Answers::Nothing(_)));
    match (git.source, answering) {
        (Source::Netrc, _) => {
            format!(
                "`git push heroku` uses the record for {} in {}.",
                facts.git_host, facts.netrc.plain_shown
            )
        }
        (Source::HelperHeroku, _) => {
            "`git push heroku` asks the Heroku CLI's helper, which takes about a second.".to_owned()
        }
        (Source::HelperOther, Some(line)) => {
            let answer = match (&git.trace, &line.answers) {
                (Some(trace), _) => format!("It answers with {}.", trace.masked),
                (None, Answers::Unseen) => UNSEEN.to_owned(),
                (None, _) => "It answers with something that is not a token.".to_owned(),
            };
            format!("`git push heroku` asks {}. {answer}", named(line))
        }
        (Source::None, _) => "`git push heroku` prompts you for a password.".to_owned(),
        _ => git.reason.clone(),
    }
}

/// A helper and where it is set, for the middle of a sentence. A command line can contain a password.
fn named(line: &HelperLine) -> String {
    match &line.helper {
        Helper::Other(value) if !value.starts_with('!') => {
            format!("the helper `{value}`, set in {}", line.shown)
        }
        _ => format!("the helper in {}", line.shown),
    }
}

/// Offers Herokey's helper lines, or says what to add by hand where Herokey cannot change git's configuration.
fn install(facts: &Facts, found: Problem) -> Problem {
    if let Some(error) = &facts.git_unwritable {
        let message = format!("{} {}", found.message, error.what);
        return Problem { message, next_step: error.next_step.clone().into(), ..found };
    }
    let effect = format!(
        "Adds three helper lines for {} to git's global configuration: an empty one, so that git skips the helpers for \
         every host, then Herokey's and the Heroku CLI's.",
        facts.git_host
    );
    let found = Problem { next_step: command("herokey git install"), ..found };
    found.offer(Remedy::SetGitHelper, effect).safe_if(true)
}
