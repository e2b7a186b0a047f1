//! A server of an AI assistant: the key in its configuration, else what the assistant was started with. Most of the tools
//! of Heroku's server run `heroku`; those that deploy or run dynos read `HEROKU_API_KEY` alone.

use super::{Answer, Found, Lookup, REFUSES, Source, refuses, variable};
use crate::insight::facts::Facts;
use crate::insight::programs::{McpKey, McpServer};

pub(super) fn answer(facts: &Facts, heroku: &Answer, server: &McpServer) -> Answer {
    let place = format!("{}:{}", server.shown, server.line);
    let lookup = |source, found, reason: &str| Lookup::new(source, &place, found, reason);
    match &server.key {
        McpKey::Token(trace) => {
            let account = facts.known(Some(trace)).and_then(|known| known.account.clone());
            let key = lookup(Source::Config, Found::Used, &format!("{place} has the key in plain text."));
            Answer::first([key.with(account, Some(trace.clone()))], "")
        }
        McpKey::Reference => {
            let key = lookup(
                Source::Config,
                Found::Unseen,
                &format!("{place} refers to a variable or a prompt, whose value Herokey does not know."),
            );
            Answer::first([key.ending()], "")
        }
        McpKey::None if server.is_lent && refuses(facts) => {
            Answer::first([lookup(Source::None, Found::Nothing, REFUSES)], REFUSES)
        }
        McpKey::None if server.is_lent => {
            let found = if heroku.source == Source::None { Found::Nothing } else { Found::Used };
            let lent = lookup(heroku.source, found, "`herokey exec` gives it a token of its own.");
            Answer::first(
                [lent.with(heroku.account.clone(), None)],
                "`herokey exec` starts it, and finds no token.",
            )
        }
        McpKey::None => {
            let found = if heroku.source == Source::None { Found::Nothing } else { Found::Used };
            let cli = lookup(
                heroku.source,
                found,
                "Its configuration has no key, so it runs `heroku`. What deploys or runs dynos fails without HEROKU_API_KEY.",
            );
            let cli = cli.with(heroku.account.clone(), heroku.trace.clone());
            Answer::first([variable(facts), cli], "It has no key, and `heroku` finds no token.")
        }
    }
}
