//! The Heroku CLI: the environment, then the keychain, then netrc.

use netrc_edit::Difference;

use super::{Answer, Found, Lookup, Source, record};
use crate::base::api_key::Flaw;
use crate::insight::facts::{Facts, Observed};

const NOTHING: &str = "heroku finds no token: you are signed out.";

pub(super) fn answer(facts: &Facts) -> Answer {
    Answer::first([environment(facts), keychain(facts), netrc(facts)], NOTHING)
}

/// What the Heroku CLI would use without `HEROKU_API_KEY`: the credential that is stored on this machine.
pub fn stored(facts: &Facts) -> Answer {
    Answer::first([keychain(facts), netrc(facts)], NOTHING)
}

/// `HEROKU_API_KEY` wins over a token that is stored on this machine, or that may be stored in a place that cannot be seen.
pub fn has_override(facts: &Facts) -> bool {
    let may_have_a_token = |lookup: &Lookup| matches!(lookup.found, Found::Used | Found::Unseen);
    facts.overrides.api_key.is_some() && stored(facts).chain.iter().any(may_have_a_token)
}

fn environment(facts: &Facts) -> Lookup {
    let lookup = |found, reason: &str| Lookup::new(Source::ApiKey, "HEROKU_API_KEY", found, reason);
    let Some(api_key) = &facts.overrides.api_key else {
        return lookup(Found::Nothing, "HEROKU_API_KEY is not set.");
    };
    let set_in = api_key.set_in.as_ref().map_or("the environment", |set_in| set_in.shown.as_str());
    let flaw = api_key.flaw.as_ref().filter(|flaw| Flaw::stops_heroku(flaw));
    let reason = match flaw {
        Some(flaw) => format!("HEROKU_API_KEY is set in {set_in}, but {flaw}."),
        None if has_override(facts) => {
            format!("HEROKU_API_KEY, set in {set_in}, overrides every stored token.")
        }
        None => format!("HEROKU_API_KEY is set in {set_in}."),
    };
    // The stored tokens do not tell which account this one belongs to.
    let account = facts.known(api_key.trace.as_ref()).and_then(|known| known.account.clone());
    lookup(Found::Used, &reason).with(account, api_key.trace.clone()).flawed_if(flaw.is_some())
}

fn keychain(facts: &Facts) -> Lookup {
    let lookup = |found, reason: &str| Lookup::new(Source::Keychain, "Keychain", found, reason);
    if facts.overrides.netrc_only {
        return lookup(Found::Skipped, "HEROKU_NETRC_WRITE=true keeps the Heroku CLI out of the keychain.");
    }
    if !facts.cli_reads_keychain {
        return lookup(
            Found::Skipped,
            "The Heroku CLI reads the keychain through secret-tool, which is not installed.",
        );
    }
    let account = match &facts.login_state {
        Observed::Present(account) => account,
        Observed::Absent => {
            let reason = "login.json names no account, so the Heroku CLI does not read the keychain.";
            return lookup(Found::Nothing, reason);
        }
        Observed::Unknown(error) => return lookup(Found::Nothing, &error.what),
    };
    let entries = match &facts.keychain {
        Observed::Present(entries) => entries,
        Observed::Absent => return lookup(Found::Nothing, "This machine has no keychain."),
        Observed::Unknown(error) => return lookup(Found::Unseen, &error.what),
    };
    let entry = entries.iter().find(|entry| entry.account == *account);
    let Some(trace) = entry.and_then(|entry| entry.trace.clone()) else {
        if let Some(missed) = &facts.keychain_missed {
            let reason =
                format!("login.json names {account}, but no open keyring has its token. {}", missed.what);
            return lookup(Found::Unseen, &reason);
        }
        let reason = format!("login.json names {account}, but the keychain has no token for it.");
        return lookup(Found::Nothing, &reason);
    };
    lookup(Found::Used, "login.json names this account, and the keychain has its token.")
        .with(Some(account.clone()), Some(trace))
}

fn netrc(facts: &Facts) -> Lookup {
    let (shown, host) = (&facts.netrc.shown, &facts.api_host);
    let lookup = |found, reason: String| Lookup::new(Source::Netrc, shown, found, reason);
    match (&facts.netrc.records, record(facts, host)) {
        (Observed::Unknown(error), _) => lookup(Found::Unseen, error.what.clone()),
        (_, Some(record)) if record.cli.is_some() => {
            lookup(Found::Used, format!("{shown} has a record for {host}."))
                .with(record.cli_login.clone(), record.cli.clone())
                // The Heroku CLI takes it for a part of the token, and cannot send it.
                .flawed_if(record.difference == Some(Difference::CarriageReturn))
        }
        (_, Some(record)) if record.records > 0 => lookup(
            Found::Nothing,
            format!("{shown} has a record for {host} that the Heroku CLI cannot read."),
        ),
        _ => lookup(Found::Nothing, format!("{shown} has no record for {host}.")),
    }
}
