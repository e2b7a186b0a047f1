//! Asks Heroku about the token in use and remembers the answer. It changes nothing else, so it needs no journal.

use jiff::Timestamp;

use super::Runner;
use crate::base::env::Env;
use crate::base::error::{Code, Result};
use crate::base::expiry::{Expiry, Life};
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::{Authorization, Lifetime};
use crate::heroku::{Heroku, account, sessions};
use crate::ledger::known_tokens;
use crate::ledger::known_tokens::Lives;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// Asks whose the token in use is, and, where nobody has asked before, when it ends. Returns the account's email;
/// [`Code::TokenRefused`] where Heroku refuses the token.
pub fn check(runner: &Runner<'_>) -> Result<String> {
    let found = lookup::require_token(runner.env, Unlock::Never)?;
    let heroku = runner.heroku()?;
    let email = account::of(&heroku, &found.token)?.email;
    let lives = Lives::read(runner.env);
    let known = lives.of(&found.token);
    if known.is_none_or(|known| known.life.refused_at.is_some()) {
        note(learn(runner.env, &heroku, &found.token));
    }
    if known.and_then(|known| known.account.as_ref()) != Some(&email) {
        note(known_tokens::whose(runner.env, &found.token, &email));
    }
    Ok(email)
}

/// Asks Heroku when a token ends, and remembers it.
pub(super) fn learn(env: &Env, heroku: &Heroku<'_>, token: &Token) -> Result<()> {
    let life = match authorizations::list(heroku, token) {
        Ok(all) => {
            let mut ours = all.iter().filter(|authorization| authorization.is_for(token));
            match (ours.next(), ours.next()) {
                (Some(authorization), None) => life_of(authorization, env.now()),
                // Several that look the same in their redacted form: it cannot be told which.
                (Some(_), Some(_)) => Life::default(),
                (None, _) => session_life(env, heroku, token)?,
            }
        }
        // A token of a narrow scope may not look.
        Err(error) if matches!(error.code, Code::Forbidden | Code::NotFound) => Life::default(),
        Err(error) => return Err(error),
    };
    known_tokens::learn(env, token, life)
}

/// Sessions do not show their tokens; but the only one of the account is that of the token that asks.
fn session_life(env: &Env, heroku: &Heroku<'_>, token: &Token) -> Result<Life> {
    let sessions = sessions::list(heroku, token)?;
    let [session] = sessions.as_slice() else { return Ok(Life::default()) };
    Ok(Life { expiry: expiry(session.lifetime, env.now()), made_at: session.created_at, ..Life::default() })
}

/// What an authorization says about the life of its token.
pub(super) fn life_of(authorization: &Authorization, now: Timestamp) -> Life {
    Life {
        expiry: expiry(authorization.lifetime(), now),
        made_at: authorization.updated_at.or(authorization.created_at),
        ..Life::default()
    }
}

fn expiry(lifetime: Lifetime, now: Timestamp) -> Expiry {
    match lifetime {
        Lifetime::Unknown => Expiry::Unknown,
        Lifetime::Forever => Expiry::Never,
        // An end beyond the calendar is as good as none.
        Lifetime::Seconds(_) => lifetime.ends_at(now).map_or(Expiry::Never, Expiry::At),
    }
}

/// What could not be written down is asked again another time.
pub(super) fn note(remembered: Result<()>) {
    if let Err(error) = remembered {
        tracing::info!(%error, "something about the token is not remembered");
    }
}
