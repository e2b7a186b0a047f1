//! Renew: the next short-lived token of an OAuth login, put where the one before stands. Nobody is asked anything.

use jiff::SignedDuration;
use secrecy::SecretString;

use super::check::note;
use super::{Done, Finished, Start, Steps, nothing_left};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::{Expiry, Life};
use crate::base::token::Token;
use crate::heroku::login::oauth;
use crate::heroku::login::oauth::Grant;
use crate::ledger::journal;
use crate::ledger::journal::{Activity, Entry, Regeneration, Verb};
use crate::ledger::known_tokens;
use crate::stores::copies;
use crate::stores::keychain::{Unlock, unless_missing};
use crate::stores::lookup;
use crate::stores::oauth_client;
use crate::stores::oauth_client::{Granted, Registration};

/// How often Heroku is asked for one renewal. An answer that is lost does no harm: the refresh token brings another.
const TRIES: u32 = 2;

/// Renews the stored token. [`Code::NotRenewable`]: it is not an OAuth login's; [`Code::TokenRefused`]: Heroku does not
/// renew it any more, and only a new login helps.
pub(super) fn renew(start: &Start<'_>, unlock: Unlock) -> Result<Done> {
    if let Activity::HalfDone(Entry { verb: Verb::Renew, .. }) = journal::activity(start.runner.env)
        && let Some(done) = super::finish(start.runner)?
    {
        return Ok(done);
    }
    start.run(|steps| {
        let env = steps.env();
        let found = lookup::stored(env, unlock)?.ok_or_else(lookup::not_logged_in)?;
        let account = found.account.ok_or_else(not_renewable)?;
        let renewable = granted(env, &account, &found.token, unlock)?.ok_or_else(not_renewable)?;
        // Before anything is asked of Heroku: every place must be one that can be read now.
        copies::all(env, unlock)?;
        let record = Regeneration::of(known_tokens::name(env, &found.token)?, env.now());
        steps.journal.regenerate(&account, record)?;
        advance(steps, &account, renewable)
    })
}

/// True if the token is renewed by itself: an OAuth login brought it.
pub(super) fn is_renewable(env: &Env, account: &str, token: &Token) -> Result<bool> {
    let granted = unless_missing(granted(env, account, token, Unlock::Ask))?;
    Ok(granted.flatten().is_some())
}

/// Remembers what an OAuth login or a renewal says about its token's life.
pub(super) fn learn(env: &Env, token: &Token, granted: &Granted) -> Result<()> {
    let expiry = granted.expires_at.map_or(Expiry::Unknown, Expiry::At);
    known_tokens::learn(
        env,
        token,
        Life { expiry, made_at: Some(env.now()), renewable: true, ..Life::default() },
    )
}

/// Finishes a renewal that was killed: with the new token, if it was kept, else with yet another one.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Finished> {
    let (Some(account), Some(record)) = (&entry.account, &entry.regeneration) else {
        return Ok(nothing_left(entry));
    };
    let env = steps.env().clone();
    copies::sweep(&env)?;
    let Some(mut registration) = oauth_client::load(&env, account, Unlock::Ask)? else {
        return Ok(nothing_left(entry));
    };
    let Some(granted) = registration.grant.take() else { return Ok(nothing_left(entry)) };
    let Some(kept) = granted.token() else { return Ok(nothing_left(entry)) };
    if known_tokens::name(&env, &kept)? == record.old_token {
        return advance(steps, account, (registration, granted)).map(Finished::Done);
    }
    put(steps, &record.old_token, &kept)?;
    note(learn(&env, &kept, &granted));
    Ok(Finished::Done(done(account)))
}

type Renewable = (Registration, Granted);

fn granted(env: &Env, account: &str, token: &Token, unlock: Unlock) -> Result<Option<Renewable>> {
    let registration = oauth_client::load(env, account, unlock)?;
    Ok(registration.and_then(|mut registration| {
        let granted = registration.grant.take().filter(|granted| granted.brought(token))?;
        Some((registration, granted))
    }))
}

/// Gets the next token. First the new pair goes where no renewal can lose it, then the token where every tool looks.
fn advance(steps: &mut Steps<'_>, account: &str, (registration, before): Renewable) -> Result<Done> {
    let env = steps.env().clone();
    let old = before.token().ok_or_else(not_renewable)?;
    let grant = refresh(steps, account, &registration, &before).inspect_err(|error| {
        if error.code == Code::TokenRefused {
            note(known_tokens::not_renewable(&env, &old));
        }
    })?;
    let expires_in = grant.expires_in.and_then(|left| SignedDuration::try_from(left).ok());
    let granted = Granted {
        refresh_token: grant.refresh_token.unwrap_or(before.refresh_token),
        access_token: SecretString::from(grant.token.expose()),
        expires_at: expires_in.and_then(|left| env.now().checked_add(left).ok()),
    };
    oauth_client::save(&env, account, &Registration { grant: Some(granted.clone()), ..registration })
        .map_err(|error| error.means("The new token could not be kept; it is asked for again later."))?;
    steps.done("New token kept")?;
    put(steps, &known_tokens::name(&env, &old)?, &grant.token)?;
    note(learn(&env, &grant.token, &granted));
    Ok(done(account))
}

fn refresh(steps: &Steps<'_>, account: &str, registration: &Registration, before: &Granted) -> Result<Grant> {
    let heroku = steps.runner.heroku()?;
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match oauth::refresh(&heroku, &registration.client, &before.refresh_token) {
            Err(error) if tries > 0 && error.is_lost() => {}
            Err(error) if error.code == Code::TokenRefused => {
                oauth_client::forget_grant(steps.env(), account)?;
                return Err(error);
            }
            other => return other,
        }
    }
}

/// Puts the token wherever the old one stands.
fn put(steps: &mut Steps<'_>, old: &str, new: &Token) -> Result<()> {
    let env = steps.env().clone();
    for copy in copies::all(&env, Unlock::Ask)? {
        if known_tokens::name(&env, &copy.token)? == old
            && let Err(error) = copies::put(&env, &copy.spot, new)
        {
            let place = copy.spot.name(&env);
            let left =
                Error::new(Code::PartlyDone, format!("The renewed token could not be stored in {place}."))
                    .means("What stands there works until it expires.")
                    .next_step("Mend what the detail says, then start Herokey: it finishes the renewal.")
                    .detail(format!("{} {}", error.what, error.detail));
            return Err(steps.leave(left));
        }
    }
    steps.done("Stored and read back")
}

fn done(account: &str) -> Done {
    Done { what: format!("The token of {account} is renewed."), note: String::new() }
}

fn not_renewable() -> Error {
    Error::new(Code::NotRenewable, "This token does not come with one that renews it.")
        .means("Nothing was changed.")
        .next_step("For tokens that renew themselves: `herokey login --method oauth`.")
}
