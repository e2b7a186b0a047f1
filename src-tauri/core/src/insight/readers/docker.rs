//! Docker: a helper for credentials, else what is in its own configuration.

use super::{Answer, Found, Lookup, REFUSES, Source, refuses};
use crate::insight::facts::{Facts, Observed};
use crate::stores::docker;

const PLACE: &str = "registry.heroku.com";

pub(super) fn answer(facts: &Facts, heroku: &Answer) -> Answer {
    let lookup = |source, found, reason: String| Lookup::new(source, PLACE, found, reason);
    let nothing = "Docker has no login for registry.heroku.com. `herokey docker install` gives it one.";
    let found = match &facts.docker {
        Observed::Absent => return Answer::first([], nothing),
        Observed::Unknown(error) => lookup(Source::Config, Found::Unseen, error.what.clone()).ending(),
        Observed::Present(login) => match (&login.helper, &login.trace) {
            (Some(helper), _) if helper == docker::HELPER && !facts.docker_helper_found => {
                let reason = format!("{} names `{}`, which is not installed.", login.shown, docker::PROGRAM);
                lookup(Source::HelperHerokey, Found::Nothing, reason)
            }
            (Some(helper), _) if helper == docker::HELPER && refuses(facts) => {
                lookup(Source::HelperHerokey, Found::Nothing, REFUSES.to_owned())
            }
            (Some(helper), _) if helper == docker::HELPER => {
                let found = if heroku.source == Source::None { Found::Nothing } else { Found::Used };
                let reason = format!("{} names Herokey's helper for registry.heroku.com.", login.shown);
                lookup(Source::HelperHerokey, found, reason)
                    .with(heroku.account.clone(), heroku.trace.clone())
                    .flawed_if(heroku.is_flawed)
            }
            (Some(helper), _) => {
                let reason =
                    format!("`docker-credential-{helper}` keeps the login. Herokey does not ask it.");
                lookup(Source::HelperOther, Found::Unseen, reason).ending()
            }
            (None, Some(trace)) => {
                let account = facts.known(Some(trace)).and_then(|known| known.account.clone());
                let reason = format!("{} has a login for registry.heroku.com in plain text.", login.shown);
                lookup(Source::Config, Found::Used, reason).with(account, Some(trace.clone()))
            }
            (None, None) => {
                let reason =
                    format!("{} has a login for registry.heroku.com, but no token in it.", login.shown);
                lookup(Source::Config, Found::Nothing, reason)
            }
        },
    };
    let nothing = if found.found == Found::Nothing { found.reason.clone() } else { nothing.to_owned() };
    Answer::first([found], &nothing)
}
