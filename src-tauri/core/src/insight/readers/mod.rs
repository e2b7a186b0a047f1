//! Facts → which credential `heroku`, `git` and `curl` will each use, and why. Pure.

#[cfg(test)]
mod tests;

use crate::base::token::Trace;
use crate::insight::facts::{Facts, Look, NetrcRecord};
use crate::tools::git::{Answers, Helper, HelperLine};

/// Where a tool takes its credential from, as `herokey status --json` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `HEROKU_API_KEY`.
    ApiKey,
    /// The keychain.
    Keychain,
    /// netrc.
    Netrc,
    /// git's helper is Herokey's.
    HelperHerokey,
    /// git's helper is the Heroku CLI's.
    HelperHeroku,
    /// git's helper is another program's.
    HelperOther,
    /// Nowhere.
    None,
}

impl Source {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "env",
            Self::Keychain => "keychain",
            Self::Netrc => "netrc",
            Self::HelperHerokey => "helper:herokey",
            Self::HelperHeroku => "helper:heroku",
            Self::HelperOther => "helper:other",
            Self::None => "none",
        }
    }
}

/// What a tool will use.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Where from.
    pub source: Source,
    /// Whose, where that is known.
    pub account: Option<String>,
    /// Which, where that is known.
    pub trace: Option<Trace>,
    /// Why, in one sentence.
    pub reason: String,
    /// The places that the tool tries, in its order, and those it no longer reaches.
    pub chain: Vec<Step>,
}

/// One place that a tool tries.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The place: "`HEROKU_API_KEY`", "Keychain", "~/.netrc", a helper's line.
    pub place: String,
    /// What it comes to there.
    pub found: Found,
    /// Why, in one sentence.
    pub says: String,
    /// The credential there, where it is known.
    pub trace: Option<Trace>,
    source: Source,
    account: Option<String>,
    /// The tool goes no further, as far as can be told.
    ends: bool,
}

/// What a tool finds in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The credential it uses.
    Used,
    /// Nothing, so that it goes on.
    Nothing,
    /// It does not look there.
    PassedBy,
    /// It looks, and Herokey cannot see what is there.
    Unseen,
    /// It comes to its end before it would look.
    NotReached,
}

/// The three tools.
#[derive(Clone, Debug, PartialEq)]
pub struct Tools {
    /// The Heroku CLI.
    pub heroku: Answer,
    /// `git push` and `git fetch` over https.
    pub git: Answer,
    /// `curl -n`.
    pub curl: Answer,
}

/// Decides as the tools themselves do (INTEROP.md, "Which token the CLI uses" and "git").
pub fn resolve(facts: &Facts) -> Tools {
    let heroku =
        walk([from_env(facts), keychain(facts), cli_netrc(facts)], "It finds no token: you are logged out.");
    let curl = curls_netrc(facts, &facts.api_host, "curl reads netrc and nothing else.");
    Tools {
        git: git(facts, &heroku),
        curl: walk([curl], "curl reads netrc and nothing else, and there is no record of Heroku in it."),
        heroku,
    }
}

/// What the Heroku CLI would use without `HEROKU_API_KEY`: the credential that this machine keeps.
pub fn stored(facts: &Facts) -> Answer {
    walk([keychain(facts), cli_netrc(facts)], "It finds no token: you are logged out.")
}

/// What `git credential fill` answers: git's helpers, without the netrc that git's transport reads before.
pub fn helped(facts: &Facts) -> Answer {
    walk(helpers(facts, &resolve(facts).heroku), NO_HELPER)
}

const NO_HELPER: &str = "No helper is set and netrc has no record: git will ask for a password.";

fn git(facts: &Facts, heroku: &Answer) -> Answer {
    if facts.git_helpers == Look::Absent {
        return walk([], "git is not installed here.");
    }
    let netrc = curls_netrc(facts, &facts.git_host, "git asks netrc before any helper.");
    let helpers = helpers(facts, heroku);
    let nothing = if helpers.is_empty() { NO_HELPER } else { "Its helpers have no token to give." };
    walk(std::iter::once(netrc).chain(helpers), nothing)
}

/// Walks a chain to the first place that has a credential, or whose answer cannot be seen.
fn walk(steps: impl IntoIterator<Item = Step>, nothing: &str) -> Answer {
    let mut chain: Vec<Step> = steps.into_iter().collect();
    let end = chain.iter().position(|step| step.ends);
    if let Some(end) = end {
        for later in chain.iter_mut().skip(end + 1).filter(|step| step.found != Found::PassedBy) {
            later.found = Found::NotReached;
        }
    }
    match end.and_then(|end| chain.get(end)) {
        Some(step) => Answer {
            source: step.source,
            account: step.account.clone(),
            trace: step.trace.clone(),
            reason: step.says.clone(),
            chain,
        },
        None => {
            Answer { source: Source::None, account: None, trace: None, reason: nothing.to_owned(), chain }
        }
    }
}

fn step(source: Source, place: &str, found: Found, says: impl Into<String>) -> Step {
    let ends = found == Found::Used;
    Step { place: place.to_owned(), found, says: says.into(), trace: None, source, account: None, ends }
}

fn from_env(facts: &Facts) -> Step {
    let place = "HEROKU_API_KEY";
    let Some(api_key) = &facts.overrides.api_key else {
        return step(Source::ApiKey, place, Found::Nothing, "HEROKU_API_KEY is not set.");
    };
    let set_in = api_key.set_in.as_ref().map_or("the environment", |found| found.shown.as_str());
    let says = format!("HEROKU_API_KEY, set in {set_in}, wins over every stored token.");
    // What else is stored says nothing about whose this one is.
    let account = facts.known(api_key.trace.as_ref()).and_then(|known| known.account.clone());
    Step { account, trace: api_key.trace.clone(), ..step(Source::ApiKey, place, Found::Used, says) }
}

fn keychain(facts: &Facts) -> Step {
    let step = |found, says: &str| step(Source::Keychain, "Keychain", found, says);
    if facts.overrides.netrc_only {
        return step(Found::PassedBy, "HEROKU_NETRC_WRITE=true keeps the Heroku CLI out of the keychain.");
    }
    if !facts.cli_reads_keychain {
        return step(Found::PassedBy, "The Heroku CLI reads it through secret-tool, which is not installed.");
    }
    let account = match &facts.login_state {
        Look::Present(account) => account,
        Look::Absent => {
            return step(Found::Nothing, "login.json names no account, so the Heroku CLI does not look.");
        }
        Look::Unknown(error) => return step(Found::Nothing, &error.what),
    };
    let entries = match &facts.keychain {
        Look::Present(entries) => entries,
        Look::Absent => return step(Found::Nothing, "There is no keychain here."),
        Look::Unknown(error) => return step(Found::Unseen, &error.what),
    };
    let entry = entries.iter().find(|entry| entry.account == *account);
    match entry.and_then(|entry| entry.trace.clone()) {
        Some(trace) => Step {
            account: Some(account.clone()),
            trace: Some(trace),
            ..step(Found::Used, "login.json names this account, and the keychain has its token.")
        },
        None => {
            step(Found::Nothing, &format!("login.json names {account}, and the keychain has no token of it."))
        }
    }
}

/// netrc as the Heroku CLI reads it.
fn cli_netrc(facts: &Facts) -> Step {
    let (shown, host) = (&facts.netrc.shown, &facts.api_host);
    let step = |found, says: String| step(Source::Netrc, shown, found, says);
    match (&facts.netrc.records, record(facts, host)) {
        (Look::Unknown(error), _) => step(Found::Unseen, error.what.clone()),
        (_, Some(record)) if record.cli.is_some() => Step {
            account: record.cli_login.clone(),
            trace: record.cli.clone(),
            ..step(Found::Used, format!("{shown} has a record of {host}."))
        },
        (_, Some(record)) if record.records > 0 => {
            step(Found::Nothing, format!("{shown} has a record of {host} that the Heroku CLI cannot read."))
        }
        _ => step(Found::Nothing, format!("{shown} has no record of {host}.")),
    }
}

/// netrc as curl and git read it.
fn curls_netrc(facts: &Facts, host: &str, why: &str) -> Step {
    let shown = &facts.netrc.plain_shown;
    let step = |found, says: String| step(Source::Netrc, shown, found, says);
    let found = record(facts, host).filter(|record| record.curl.is_some() || record.curls_differ);
    match (&facts.netrc.records, found) {
        (Look::Unknown(error), _) if !facts.netrc.encrypted => step(Found::Unseen, error.what.clone()),
        (_, Some(record)) if record.curls_differ => {
            let says = "has no login or no password for";
            let says = format!("{shown} {says} {host}: versions of curl differ on what they send then.");
            Step { ends: true, ..step(Found::Unseen, says) }
        }
        (_, Some(record)) => Step {
            account: record.curl_login.clone(),
            trace: record.curl.clone(),
            ..step(Found::Used, format!("{shown} has a record of {host}. {why}"))
        },
        _ => step(Found::Nothing, format!("{shown} has no record of {host}.")),
    }
}

fn helpers(facts: &Facts, heroku: &Answer) -> Vec<Step> {
    match &facts.git_helpers {
        Look::Present(lines) => lines.iter().map(|line| helper(line, heroku)).collect(),
        Look::Absent => Vec::new(),
        // git cannot read it either.
        Look::Unknown(error) => {
            let says = format!("{} {}", error.what, error.detail);
            let broken = step(Source::None, "git's configuration", Found::Unseen, says.trim_end());
            vec![Step { ends: true, ..broken }]
        }
    }
}

fn helper(line: &HelperLine, heroku: &Answer) -> Step {
    let (source, place) = match &line.helper {
        Helper::Herokey => (Source::HelperHerokey, "Herokey's helper"),
        Helper::Heroku => (Source::HelperHeroku, "The Heroku CLI's helper"),
        Helper::Other(value) => (Source::HelperOther, value.as_str()),
    };
    let step = |found, says: String| step(source, place, found, says);
    match &line.answers {
        Answers::Nothing(why) => step(Found::Nothing, why.clone()),
        Answers::Unseen => {
            let says = "is asked; what it answers only git can tell.";
            Step {
                ends: true,
                ..step(Found::Unseen, format!("The helper `{place}`, set in {}, {says}", line.shown))
            }
        }
        Answers::This { account, trace } => Step {
            account: account.clone(),
            trace: trace.clone(),
            ..step(Found::Used, format!("The helper `{place}`, set in {}, has a password.", line.shown))
        },
        Answers::WhatHerokuUses if heroku.source == Source::None => {
            step(Found::Nothing, "It has no token to give.".to_owned())
        }
        Answers::WhatHerokuUses if heroku.trace.is_none() && source == Source::HelperHerokey => {
            step(Found::Nothing, "What heroku uses is no token, so Herokey does not hand it out.".to_owned())
        }
        Answers::WhatHerokuUses => Step {
            account: heroku.account.clone(),
            trace: heroku.trace.clone(),
            ..step(
                Found::Used,
                match source {
                    Source::HelperHerokey => "Herokey answers with what heroku uses.",
                    _ => "The Heroku CLI answers, in about a second.",
                }
                .to_owned(),
            )
        },
    }
}

fn record<'a>(facts: &'a Facts, host: &str) -> Option<&'a NetrcRecord> {
    facts.netrc.records.present()?.iter().find(|record| record.host == host)
}
