//! Asks Heroku about the token in use and saves the answer. It revokes what `herokey exec` left behind, and changes nothing
//! else, so it needs no journal.

use jiff::Timestamp;

use super::{Runner, take_back_left};
use crate::base::env::Env;
use crate::base::error::{Code, Result};
use crate::base::expiry::{Expiry, TokenLifetime};
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::{Authorization, Lifetime};
use crate::heroku::{Heroku, account, sessions};
use crate::ledger::known_tokens;
use crate::ledger::known_tokens::KnownTokens;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// Asks Heroku which account the token in use belongs to and, if that is not known yet, when the token expires. Returns
/// the account's email. Fails with [`Code::TokenRefused`] if Heroku refuses the token.
pub fn check(runner: &Runner<'_>) -> Result<String> {
    best_effort(take_back_left(runner).map(drop));
    let found = lookup::require_token(runner.env, Unlock::Never)?;
    let heroku = runner.heroku()?;
    let email = account::of(&heroku, &found.token)?.email;
    let lives = KnownTokens::read(runner.env);
    let known = lives.of(&found.token);
    let is_current = |lifetime: &TokenLifetime| {
        lifetime.refused_at.is_none() && !lifetime.has_wrong_clock(runner.env.now())
    };
    if !known.is_some_and(|known| is_current(&known.lifetime)) {
        best_effort(record_lifetime(runner.env, &heroku, &found.token));
    }
    if known.and_then(|known| known.account.as_deref()) != Some(email.as_str()) {
        best_effort(known_tokens::record_account(runner.env, &found.token, &email));
    }
    Ok(email)
}

/// Asks Heroku when a token expires, and records it.
pub(super) fn record_lifetime(env: &Env, heroku: &Heroku<'_>, token: &Token) -> Result<()> {
    let lifetime = match authorizations::list(heroku, token) {
        Ok(all) => {
            let mut ours = all.iter().filter(|authorization| authorization.is_for(token));
            match (ours.next(), ours.next()) {
                (Some(authorization), None) => lifetime_from(authorization, env.now()),
                // Heroku redacts the tokens, and several authorizations match this one.
                (Some(_), Some(_)) => TokenLifetime::default(),
                (None, _) => session_lifetime(env, heroku, token)?,
            }
        }
        // The token's scope does not allow listing authorizations.
        Err(error) if matches!(error.code, Code::Forbidden | Code::NotFound) => TokenLifetime::default(),
        Err(error) => return Err(error),
    };
    known_tokens::record_lifetime(env, token, lifetime)
}

/// Heroku does not show the tokens of sessions. Only if the account has a single session, it must be this token's.
fn session_lifetime(env: &Env, heroku: &Heroku<'_>, token: &Token) -> Result<TokenLifetime> {
    let sessions = sessions::list(heroku, token)?;
    let [session] = sessions.as_slice() else { return Ok(TokenLifetime::default()) };
    Ok(TokenLifetime {
        expiry: expiry(session.lifetime, env.now()),
        made_at: session.created_at,
        ..TokenLifetime::default()
    })
}

/// The lifetime of a token according to its authorization.
pub(super) fn lifetime_from(authorization: &Authorization, now: Timestamp) -> TokenLifetime {
    TokenLifetime {
        expiry: expiry(authorization.lifetime(), now),
        made_at: authorization.updated_at.or(authorization.created_at),
        ..TokenLifetime::default()
    }
}

fn expiry(lifetime: Lifetime, now: Timestamp) -> Expiry {
    match lifetime {
        Lifetime::Unknown => Expiry::Unknown,
        Lifetime::Forever => Expiry::Never,
        // An expiry beyond the range of a timestamp is as good as none.
        Lifetime::Seconds(_) => lifetime.ends_at(now).map_or(Expiry::Never, Expiry::At),
    }
}

/// Logs an error that an action can ignore: what it could not do is tried again later.
pub(super) fn best_effort(done: Result<()>) {
    if let Err(error) = done {
        tracing::info!(%error, "left for the next time");
    }
}
