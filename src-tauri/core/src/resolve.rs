//! Facts → which credential `heroku`, `git` and `curl` will each use, and why. Pure.

use crate::git::Helper;
use crate::survey::{Facts, NetrcRecord};
use crate::token::Trace;

/// Where a tool takes its credential from, as `herokey status --json` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `HEROKU_API_KEY`.
    Env,
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
            Self::Env => "env",
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
    let stored = stored(facts);
    let heroku = from_env(facts).unwrap_or_else(|| stored.clone());
    Tools { git: git(facts, &heroku), curl: curl(facts), heroku }
}

/// What the Heroku CLI would use without `HEROKU_API_KEY`: the credential that this machine keeps.
pub fn stored(facts: &Facts) -> Answer {
    let in_keychain =
        if facts.overrides.netrc_only || !facts.cli_reads_keychain { None } else { keychain(facts) };
    in_keychain.unwrap_or_else(|| {
        match record(facts, &facts.api_host).filter(|record| record.cli.is_some()) {
            Some(record) => Answer {
                source: Source::Netrc,
                account: record.login.clone(),
                trace: record.cli.clone(),
                reason: format!("{} has a record of {}.", facts.netrc.shown, facts.api_host),
            },
            None => nothing("It finds no token: you are logged out."),
        }
    })
}

fn from_env(facts: &Facts) -> Option<Answer> {
    let api_key = facts.overrides.api_key.as_ref()?;
    let set_in = api_key.set_in.as_ref().map_or("the environment", |found| found.shown.as_str());
    Some(Answer {
        source: Source::Env,
        account: None,
        trace: api_key.trace.clone(),
        reason: format!("HEROKU_API_KEY, set in {set_in}, wins over every stored token."),
    })
}

fn keychain(facts: &Facts) -> Option<Answer> {
    let account = facts.login_state.present()?;
    let entry = facts.keychain.present()?.iter().find(|entry| entry.account == *account)?;
    Some(Answer {
        source: Source::Keychain,
        account: Some(account.clone()),
        trace: Some(entry.trace.clone()?),
        reason: "login.json names this account, and the keychain has its token.".to_owned(),
    })
}

fn git(facts: &Facts, heroku: &Answer) -> Answer {
    if let Some(record) = record(facts, &facts.git_host).filter(|record| record.curl.is_some()) {
        return from_netrc(facts, record, "git asks netrc before any helper.");
    }
    // Both Heroku helpers answer with what the CLI would use.
    let answer = |source, reason: &str| Answer { source, reason: reason.to_owned(), ..heroku.clone() };
    match facts.git_helpers.present().and_then(|helpers| helpers.first()) {
        Some(Helper::Other(value)) => Answer {
            source: Source::HelperOther,
            account: None,
            trace: None,
            reason: format!("The helper `{value}` is asked first."),
        },
        Some(_) if heroku.source == Source::None => nothing("Its helpers have no token to give."),
        Some(Helper::Herokey) => answer(Source::HelperHerokey, "Herokey answers with what heroku uses."),
        Some(Helper::Heroku) => answer(Source::HelperHeroku, "The Heroku CLI answers, in about a second."),
        None => nothing("No helper is set and netrc has no record: git will ask for a password."),
    }
}

fn curl(facts: &Facts) -> Answer {
    match record(facts, &facts.api_host).filter(|record| record.curl.is_some()) {
        Some(record) => from_netrc(facts, record, "curl reads netrc and nothing else."),
        None => nothing("curl reads netrc and nothing else, and there is no record of Heroku in it."),
    }
}

fn from_netrc(facts: &Facts, record: &NetrcRecord, why: &str) -> Answer {
    Answer {
        source: Source::Netrc,
        account: record.login.clone(),
        trace: record.curl.clone(),
        reason: format!("{} has a record of {}. {why}", facts.netrc.shown, record.host),
    }
}

fn record<'a>(facts: &'a Facts, host: &str) -> Option<&'a NetrcRecord> {
    facts.netrc.records.present()?.iter().find(|record| record.host == host)
}

fn nothing(reason: &str) -> Answer {
    Answer { source: Source::None, account: None, trace: None, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Source, resolve};
    use crate::fixture::{ME, entry, fresh, logged_in, record, trace, with_api_key, with_netrc};
    use crate::git::Helper;
    use crate::survey::{Facts, Look};

    fn sources(facts: &Facts) -> [Source; 3] {
        let tools = resolve(facts);
        [tools.heroku.source, tools.git.source, tools.curl.source]
    }

    #[test]
    fn a_login_in_the_keychain_serves_heroku_and_git() {
        let tools = resolve(&logged_in());
        assert_eq!(sources(&logged_in()), [Source::Keychain, Source::HelperHerokey, Source::None]);
        assert_eq!(tools.git.trace, Some(trace("one")));
        assert_eq!(tools.git.account.as_deref(), Some(ME));
        assert_eq!(sources(&fresh()), [Source::None; 3]);
    }

    #[test]
    fn the_api_key_wins_for_heroku_and_its_helpers_only() {
        let facts = with_api_key(with_netrc(logged_in(), "two"), "key");
        assert_eq!(sources(&facts), [Source::Env, Source::Netrc, Source::Netrc]);
        let helped = resolve(&with_api_key(logged_in(), "key"));
        assert_eq!(helped.git.trace, Some(trace("key")));
    }

    #[test]
    fn login_json_decides_about_the_keychain() {
        let orphan = Facts { login_state: Look::Absent, ..logged_in() };
        assert_eq!(resolve(&orphan).heroku.source, Source::None);
        let other = Facts { keychain: Look::Present(vec![entry("other@example.com", "two")]), ..logged_in() };
        assert_eq!(resolve(&other).heroku.source, Source::None);
    }

    #[test]
    fn the_keychain_is_passed_by_where_the_cli_passes_it_by() {
        let mut facts = with_netrc(logged_in(), "two");
        assert_eq!(resolve(&facts).heroku.source, Source::Keychain);
        facts.cli_reads_keychain = false;
        assert_eq!(resolve(&facts).heroku.trace, Some(trace("two")));
        facts.cli_reads_keychain = true;
        facts.overrides.netrc_only = true;
        assert_eq!(resolve(&facts).heroku.source, Source::Netrc);
    }

    #[test]
    fn git_asks_netrc_first_and_then_the_first_helper() {
        assert_eq!(resolve(&with_netrc(logged_in(), "two")).git.trace, Some(trace("two")));
        let helpers = |helpers| Facts { git_helpers: Look::Present(helpers), ..logged_in() };
        assert_eq!(resolve(&helpers(vec![Helper::Heroku])).git.source, Source::HelperHeroku);
        let shadowed = helpers(vec![Helper::Other("store".to_owned()), Helper::Herokey]);
        assert_eq!(resolve(&shadowed).git.source, Source::HelperOther);
        assert_eq!(resolve(&shadowed).git.trace, None);
    }

    #[test]
    fn a_record_that_only_curl_reads_serves_curl_only() {
        let mut facts = with_netrc(fresh(), "one");
        let mut unread = record("api.heroku.com", "one");
        unread.cli = None;
        facts.netrc.records = Look::Present(vec![unread]);
        assert_eq!(sources(&facts), [Source::None, Source::None, Source::Netrc]);
    }
}
