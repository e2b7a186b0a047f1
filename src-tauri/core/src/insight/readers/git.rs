//! git: netrc, then its credential helpers.

use super::{Answer, Found, Lookup, Source, curl, heroku};
use crate::insight::facts::{Facts, Observed};
use crate::tools::git::{Answers, Helper, HelperLine};

const NO_HELPER: &str = "git has no helper and netrc has no record, so git will prompt for a password.";

pub(super) fn answer(facts: &Facts, heroku: &Answer) -> Answer {
    if facts.git_helpers == Observed::Absent {
        return Answer::first([], "git is not installed.");
    }
    let netrc =
        curl::netrc(facts, &facts.netrc.git, &facts.git_host, "git reads netrc before it asks a helper.");
    let helpers = helpers(facts, heroku);
    let nothing = if helpers.is_empty() { NO_HELPER } else { "git's helpers have no token." };
    Answer::first(std::iter::once(netrc).chain(helpers), nothing)
}

/// What `git credential fill` answers: git's helpers, without the netrc that git's transport reads before them.
pub fn from_helpers(facts: &Facts) -> Answer {
    Answer::first(helpers(facts, &heroku::answer(facts)), NO_HELPER)
}

fn helpers(facts: &Facts, heroku: &Answer) -> Vec<Lookup> {
    match &facts.git_helpers {
        Observed::Present(lines) => lines.iter().map(|line| helper(line, heroku)).collect(),
        Observed::Absent => Vec::new(),
        // git cannot read its configuration either.
        Observed::Unknown(error) => {
            let reason = format!("{} {}", error.what, error.detail);
            let lookup = Lookup::new(Source::None, "git's configuration", Found::Unseen, reason.trim_end());
            vec![lookup.ending()]
        }
    }
}

fn helper(line: &HelperLine, heroku: &Answer) -> Lookup {
    let (source, place) = match &line.helper {
        Helper::Herokey => (Source::HelperHerokey, "Herokey's helper"),
        Helper::Heroku => (Source::HelperHeroku, "The Heroku CLI's helper"),
        Helper::Other(value) => (Source::HelperOther, value.as_str()),
    };
    let shown = &line.shown;
    let lookup = |found, reason: String| Lookup::new(source, place, found, reason);
    match &line.answers {
        Answers::Nothing(why) => lookup(Found::Nothing, why.clone()),
        Answers::Unseen => {
            let reason =
                format!("git asks the helper `{place}`, set in {shown}. Herokey cannot see its answer.");
            lookup(Found::Unseen, reason).ending()
        }
        Answers::This { account, trace } => {
            lookup(Found::Used, format!("The helper `{place}`, set in {shown}, has a password."))
                .with(account.clone(), trace.clone())
        }
        Answers::CliToken if heroku.source == Source::None => {
            lookup(Found::Nothing, "It has no token.".to_owned())
        }
        Answers::CliToken if heroku.trace.is_none() && source == Source::HelperHerokey => {
            let reason = "What heroku uses is not a token, so Herokey does not give it to git.";
            lookup(Found::Nothing, reason.to_owned())
        }
        Answers::CliToken => {
            let reason = match source {
                Source::HelperHerokey => "Herokey gives git the token that heroku uses.",
                _ => "The Heroku CLI gives git its token, which takes about a second.",
            };
            lookup(Found::Used, reason.to_owned()).with(heroku.account.clone(), heroku.trace.clone())
        }
    }
}
