//! git: what its configuration contains, then netrc, then its credential helpers.

use super::{Answer, Found, Lookup, REFUSES, Source, curl, refuses};
use crate::base::error::Error;
use crate::base::token::Trace;
use crate::insight::facts::{Facts, Observed};
use crate::tools::git::{Access, Answers, Helper, HelperLine, Route, SetCredential};

const NO_HELPER: &str = "git has no helper and netrc has no record, so git will prompt for a password.";

pub(super) fn answer(facts: &Facts, heroku: &Answer) -> Answer {
    if facts.git_helpers == Observed::Absent {
        return Answer::first([], "git is not installed.");
    }
    match facts.git_route() {
        Some(route) => on_route(facts, heroku, route),
        None => from_stores(facts, None, &helpers(facts, heroku)),
    }
}

/// What git uses on a route.
pub fn on_route(facts: &Facts, heroku: &Answer, route: &Route) -> Answer {
    match &route.access {
        Access::Ssh { host } => {
            let reason = format!(
                "{} leads to {host} over ssh, so git uses an SSH key instead of a token.",
                subject(facts, route)
            );
            Answer::first([], &reason)
        }
        Access::Elsewhere => {
            let reason =
                format!("{} leads to {}, which is not Heroku's.", subject(facts, route), route.address);
            Answer::first([], &reason)
        }
        Access::Heroku { set: Some(set), .. } => Answer::first([set_in_configuration(set)], ""),
        Access::Heroku { set: None, user, helpers } => {
            let helpers = helpers
                .as_ref()
                .map_or_else(|error| vec![unreadable(error)], |lines| asked(facts, lines, heroku));
            from_stores(facts, user.as_deref(), &helpers)
        }
    }
}

/// What a route starts from, as the subject of a sentence.
fn subject(facts: &Facts, route: &Route) -> String {
    let remote = match &route.remote {
        Some(remote) => format!("The remote `{remote}`"),
        None => format!("https://{}", facts.git_host),
    };
    match &route.rewrite {
        Some(rewrite) => format!("{remote}, rewritten in {},", rewrite.shown),
        None => remote,
    }
}

fn set_in_configuration(set: &SetCredential) -> Lookup {
    let found = if set.trace.is_some() { Found::Used } else { Found::Unseen };
    let reason = format!("git's configuration contains a credential: {}, set in {}.", set.key, set.shown);
    Lookup::new(Source::GitConfig, &set.key, found, reason)
        .with(set.account.clone(), set.trace.clone())
        .ending()
}

/// netrc and the helpers, for an address with or without a user name.
fn from_stores(facts: &Facts, user: Option<&str>, helpers: &[Lookup]) -> Answer {
    let why = "git reads netrc before it asks a helper.";
    let netrc = curl::netrc(facts, &facts.netrc.git, &facts.git_host, why).for_user(user);
    let nothing = if helpers.is_empty() { NO_HELPER } else { "git's helpers have no token." };
    Answer::first(std::iter::once(netrc).chain(helpers.iter().cloned()), nothing)
}

fn helpers(facts: &Facts, heroku: &Answer) -> Vec<Lookup> {
    match &facts.git_helpers {
        Observed::Present(lines) => asked(facts, lines, heroku),
        Observed::Absent => Vec::new(),
        Observed::Unknown(error) => vec![unreadable(error)],
    }
}

/// git cannot read its configuration either.
fn unreadable(error: &Error) -> Lookup {
    let reason = format!("{} {}", error.what, error.detail);
    Lookup::new(Source::None, "git's configuration", Found::Unseen, reason.trim_end()).ending()
}

fn asked(facts: &Facts, lines: &[HelperLine], heroku: &Answer) -> Vec<Lookup> {
    lines.iter().map(|line| helper(facts, line, heroku)).collect()
}

fn helper(facts: &Facts, line: &HelperLine, heroku: &Answer) -> Lookup {
    let (source, place) = match &line.helper {
        Helper::Herokey => (Source::HelperHerokey, "Herokey's helper"),
        Helper::Heroku => (Source::HelperHeroku, "The Heroku CLI's helper"),
        Helper::Other(value) => (Source::HelperOther, value.as_str()),
    };
    let shown = &line.shown;
    let lookup = |found, reason: String| Lookup::new(source, place, found, reason);
    match &line.answers {
        Answers::Nothing(why) => lookup(Found::Nothing, why.clone()),
        Answers::CliToken | Answers::TokenOf(_) if source == Source::HelperHerokey && refuses(facts) => {
            lookup(Found::Nothing, REFUSES.to_owned())
        }
        Answers::Unseen => {
            let reason =
                format!("git asks the helper `{place}`, set in {shown}. Herokey cannot see its answer.");
            lookup(Found::Unseen, reason).ending()
        }
        Answers::This { account, trace } => {
            lookup(Found::Used, format!("The helper `{place}`, set in {shown}, has a password."))
                .with(account.clone(), trace.clone())
        }
        Answers::TokenOf(account) => match account_token(facts, heroku, account) {
            Some(trace) => {
                let reason =
                    format!("git's configuration asks for {account}, and Herokey gives git its token.");
                lookup(Found::Used, reason).with(Some(account.clone()), Some(trace))
            }
            None if facts.keychain_unseen().is_some() => {
                let reason =
                    format!("git's configuration asks for {account}, and Herokey cannot see its token.");
                lookup(Found::Unseen, reason).ending()
            }
            None => Lookup::new(Source::None, place, Found::Nothing, no_account(account)).ending(),
        },
        Answers::CliToken if heroku.source == Source::None => {
            lookup(Found::Nothing, "It has no token.".to_owned())
        }
        Answers::CliToken => {
            let is_herokeys = source == Source::HelperHerokey;
            // git reads a line, so a line break in HEROKU_API_KEY does not matter to it.
            let given = facts
                .overrides
                .api_key
                .as_ref()
                .map(|api_key| if is_herokeys { &api_key.token } else { &api_key.from_cli });
            let trace = given.unwrap_or(&heroku.trace);
            let reason = if is_herokeys {
                "Herokey gives git the token that heroku uses."
            } else {
                "The Heroku CLI gives git its token, which takes about a second."
            };
            if trace.is_none() && is_herokeys {
                let reason = "What heroku uses is not a token, so Herokey does not give it to git.";
                return lookup(Found::Nothing, reason.to_owned());
            }
            lookup(Found::Used, reason.to_owned()).with(heroku.account.clone(), trace.clone())
        }
    }
}

/// The token of an account on this machine.
fn account_token(facts: &Facts, heroku: &Answer, account: &str) -> Option<Trace> {
    if heroku.account.as_deref() == Some(account) {
        return heroku.trace.clone();
    }
    let mut entries = facts.keychain.present().into_iter().flatten();
    let in_keychain = entries.find(|entry| entry.account == account).and_then(|entry| entry.trace.clone());
    let mut files = facts.accounts.present().into_iter().flatten();
    let in_file = || files.find(|file| file.username == account).and_then(|file| file.trace.clone());
    in_keychain.or_else(in_file)
}

fn no_account(account: &str) -> String {
    format!(
        "git's configuration asks for {account}, which has no token on this machine, so Herokey makes git stop."
    )
}
