//! Renew: the next short-lived token of an OAuth login, put where the one before stands. Nobody is asked anything.

use jiff::SignedDuration;
use secrecy::SecretString;

use super::check::note;
use super::{Done, Runner, Steps, nothing_left, run};
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::expiry::{Expiry, Life};
use crate::journal::{self, Activity, Entry, Regeneration, Verb};
use crate::platform::login::oauth::{self, Grant};
use crate::store::copies;
use crate::store::keychain::Unlock;
use crate::store::lives;
use crate::store::lookup;
use crate::store::registration::{self, Granted, Registration};
use crate::token::Token;

/// How often Heroku is asked for one renewal. An answer that is lost does no harm: the refresh token brings another.
const TRIES: u32 = 2;

/// Renews the stored token. [`Code::NotRenewable`]: it is not an OAuth login's; [`Code::TokenRefused`]: Heroku does not
/// renew it any more, and only a new login helps.
pub fn renew(runner: &Runner<'_>, unlock: Unlock) -> Result<Done> {
    if let Activity::HalfDone(Entry { verb: Verb::Renew, .. }) = journal::activity(runner.env)
        && let Some(done) = super::finish(runner)?
    {
        return Ok(done);
    }
    run(runner, Verb::Renew, |steps| {
        let env = steps.env();
        let found = lookup::stored(env, unlock)?.ok_or_else(lookup::not_logged_in)?;
        let account = found.account.ok_or_else(not_renewable)?;
        let renewable = granted(env, &account, &found.token, unlock)?.ok_or_else(not_renewable)?;
        // Before anything is asked of Heroku: every place must be one that can be read now.
        copies::all(env, unlock)?;
        let record = Regeneration::of(lives::name(env, &found.token)?, env.now());
        steps.journal.regenerate(&account, record)?;
        advance(steps, &account, renewable)
    })
}

/// True if the token is renewed by itself: an OAuth login brought it.
pub(super) fn is_renewable(env: &Env, account: &str, token: &Token) -> Result<bool> {
    match granted(env, account, token, Unlock::Ask) {
        Err(error) if error.code == Code::KeychainMissing => Ok(false),
        other => other.map(|granted| granted.is_some()),
    }
}

/// Remembers what an OAuth login or a renewal says about its token's life.
pub(super) fn learn(env: &Env, token: &Token, granted: &Granted) -> Result<()> {
    let expiry = granted.expires_at.map_or(Expiry::Unknown, Expiry::At);
    lives::learn(env, token, Life { expiry, made_at: Some(env.now()), renewable: true, ..Life::default() })
}

/// Finishes a renewal that was killed: with the new token, if it was kept, else with yet another one.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Done> {
    let (Some(account), Some(record)) = (&entry.account, &entry.regeneration) else {
        return Err(nothing_left(entry));
    };
    let env = steps.env().clone();
    copies::sweep(&env)?;
    let mut registration =
        registration::load(&env, account, Unlock::Ask)?.ok_or_else(|| nothing_left(entry))?;
    let granted = registration.grant.take().ok_or_else(|| nothing_left(entry))?;
    let kept = granted.token().ok_or_else(|| nothing_left(entry))?;
    if lives::name(&env, &kept)? == record.old_token {
        return advance(steps, account, (registration, granted));
    }
    put(steps, &record.old_token, &kept)?;
    note(learn(&env, &kept, &granted));
    Ok(done(account))
}

type Renewable = (Registration, Granted);

fn granted(env: &Env, account: &str, token: &Token, unlock: Unlock) -> Result<Option<Renewable>> {
    let registration = registration::load(env, account, unlock)?;
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
            note(lives::not_renewable(&env, &old));
        }
    })?;
    let expires_in = grant.expires_in.and_then(|left| SignedDuration::try_from(left).ok());
    let granted = Granted {
        refresh_token: grant.refresh_token.unwrap_or(before.refresh_token),
        access_token: SecretString::from(grant.token.expose()),
        expires_at: expires_in.and_then(|left| env.now().checked_add(left).ok()),
    };
    registration::save(&env, account, &Registration { grant: Some(granted.clone()), ..registration })
        .map_err(|error| error.means("The new token could not be kept; it is asked for again later."))?;
    steps.done("New token kept")?;
    put(steps, &lives::name(&env, &old)?, &grant.token)?;
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
                registration::forget_grant(steps.env(), account)?;
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
        if lives::name(&env, &copy.token)? == old
            && let Err(error) = copies::put(&env, &copy.spot, new)
        {
            let place = copy.spot.name(&env);
            let left =
                Error::new(Code::PartlyDone, format!("The renewed token could not be stored in {place}."))
                    .means("What stands there works until it expires.")
                    .fix("Mend what the detail says, then start Herokey: it finishes the renewal.")
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
        .fix("For tokens that renew themselves: `herokey login --method oauth`.")
}
