//! Renew: replaces the short-lived token of an OAuth login with the next one, without asking the user.

use jiff::SignedDuration;
use secrecy::SecretString;

use super::check::best_effort;
use super::{Done, Finished, Start, Steps, nothing_to_finish};
use crate::action::copies;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::{Expiry, TokenLifetime};
use crate::base::token::Token;
use crate::heroku::login::oauth;
use crate::heroku::login::oauth::Grant;
use crate::ledger::journal;
use crate::ledger::journal::{Activity, JournalEntry, Regeneration, Verb};
use crate::ledger::known_tokens;
use crate::stores::keychain::{Unlock, unless_missing};
use crate::stores::lookup;
use crate::stores::oauth_client;
use crate::stores::oauth_client::{IssuedTokens, Registration};

/// How often to try one renewal. A lost answer does no harm: the refresh token gets another one.
const TRIES: u32 = 2;

/// Renews the stored token. Fails with [`Code::NotRenewable`] if it does not come from an OAuth login, and with
/// [`Code::TokenRefused`] if Heroku no longer renews it, so that only a new login helps.
pub(super) fn renew(start: &Start<'_>, unlock: Unlock) -> Result<Done> {
    if let Activity::Interrupted(JournalEntry { verb: Verb::Renew, .. }) = journal::activity(start.runner.env)
        && let Some(done) = super::finish(start.runner)?
    {
        return Ok(done);
    }
    start.run(|steps| {
        let env = steps.env();
        let found = lookup::stored(env, unlock)?.ok_or_else(lookup::not_logged_in)?;
        let account = found.account.ok_or_else(not_renewable)?;
        let renewable = granted(env, &account, &found.token, unlock)?.ok_or_else(not_renewable)?;
        // Fail before contacting Heroku if a store cannot be read.
        copies::all(env, unlock)?;
        let record = Regeneration::new(known_tokens::fingerprint(env, &found.token)?, env.now());
        steps.journal.commit_to_regeneration(&account, record)?;
        advance(steps, &account, renewable, unlock)
    })
}

/// True if the token renews itself, because it comes from an OAuth login.
pub(super) fn is_renewable(env: &Env, account: &str, token: &Token) -> Result<bool> {
    let granted = unless_missing(granted(env, account, token, Unlock::Ask))?;
    Ok(granted.flatten().is_some())
}

/// Records when a token from an OAuth login or a renewal expires.
pub(super) fn record_lifetime(env: &Env, token: &Token, granted: &IssuedTokens) -> Result<()> {
    let expiry = granted.expires_at.map_or(Expiry::Unknown, Expiry::At);
    known_tokens::record_lifetime(
        env,
        token,
        TokenLifetime { expiry, made_at: Some(env.now()), renewable: true, ..TokenLifetime::default() },
    )
}

/// Finishes an interrupted renewal: with the new token if it was saved, else with another one.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    let (Some(account), Some(record)) = (&entry.account, &entry.regeneration) else {
        return Ok(nothing_to_finish(entry));
    };
    let env = steps.env().clone();
    copies::sweep(&env)?;
    let Some(mut registration) = oauth_client::load(&env, account, Unlock::Ask)? else {
        return Ok(nothing_to_finish(entry));
    };
    let Some(granted) = registration.grant.take() else { return Ok(nothing_to_finish(entry)) };
    let Some(saved) = granted.token() else { return Ok(nothing_to_finish(entry)) };
    if known_tokens::fingerprint(&env, &saved)? == record.old_token {
        return advance(steps, account, (registration, granted), Unlock::Ask).map(Finished::Done);
    }
    replace_copies(steps, &record.old_token, &saved, Unlock::Ask)?;
    best_effort(record_lifetime(&env, &saved, &granted));
    Ok(Finished::Done(done(account)))
}

/// The OAuth registration of a token, and the grant that renews it.
pub(super) type Renewable = (Registration, IssuedTokens);

/// Finds what renews the token; `None` if it does not come from an OAuth login.
fn granted(env: &Env, account: &str, token: &Token, unlock: Unlock) -> Result<Option<Renewable>> {
    Ok(of_account(env, account, unlock)?.filter(|(_, granted)| granted.issued(token)))
}

/// The OAuth login of an account, if it has one.
pub(super) fn of_account(env: &Env, account: &str, unlock: Unlock) -> Result<Option<Renewable>> {
    let registration = oauth_client::load(env, account, unlock)?;
    Ok(registration.and_then(|mut registration| {
        let granted = registration.grant.take()?;
        Some((registration, granted))
    }))
}

/// Gets the next token, then stores it for the tools.
fn advance(steps: &mut Steps<'_>, account: &str, renewable: Renewable, unlock: Unlock) -> Result<Done> {
    let env = steps.env().clone();
    let old = renewable.1.token().ok_or_else(not_renewable)?;
    let granted = next(steps, account, renewable).inspect_err(|error| {
        if error.code == Code::TokenRefused {
            best_effort(known_tokens::record_not_renewable(&env, &old));
        }
    })?;
    let token = granted.token().ok_or_else(not_renewable)?;
    replace_copies(steps, &known_tokens::fingerprint(&env, &old)?, &token, unlock)?;
    best_effort(record_lifetime(&env, &token, &granted));
    Ok(done(account))
}

/// Gets the next grant and saves it, so that it cannot be lost. Fails with [`Code::TokenRefused`] if Heroku no longer
/// renews the login.
pub(super) fn next(
    steps: &mut Steps<'_>,
    account: &str,
    (registration, before): Renewable,
) -> Result<IssuedTokens> {
    let env = steps.env().clone();
    let grant = refresh(steps, account, &registration, &before)?;
    let expires_in = grant.expires_in.and_then(|left| SignedDuration::try_from(left).ok());
    let granted = IssuedTokens {
        refresh_token: grant.refresh_token.unwrap_or(before.refresh_token),
        access_token: SecretString::from(grant.token.expose()),
        expires_at: expires_in.and_then(|left| env.now().checked_add(left).ok()),
    };
    oauth_client::save(&env, account, &Registration { grant: Some(granted.clone()), ..registration })
        .map_err(|error| {
            error.means("The new token could not be saved; Herokey will ask for another one later.")
        })?;
    steps.done("Saved the new grant")?;
    Ok(granted)
}

fn refresh(
    steps: &Steps<'_>,
    account: &str,
    registration: &Registration,
    before: &IssuedTokens,
) -> Result<Grant> {
    let heroku = steps.runner.heroku()?;
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match oauth::refresh(&heroku, &registration.client, &before.refresh_token) {
            Err(error) if tries > 0 && error.outcome_is_unknown() => {}
            Err(error) if error.code == Code::TokenRefused => {
                oauth_client::forget_grant(steps.env(), account)?;
                return Err(error);
            }
            other => return other,
        }
    }
}

/// Replaces every copy of the old token with the new one. A copy that needs a prompt to be seen stays where `unlock` allows
/// none: the old token works there until it expires.
fn replace_copies(steps: &mut Steps<'_>, old: &str, new: &Token, unlock: Unlock) -> Result<()> {
    let env = steps.env().clone();
    for copy in copies::all(&env, unlock)? {
        if known_tokens::fingerprint(&env, &copy.token)? == old
            && let Err(error) = copies::replace(&env, &copy.location, new)
        {
            let place = copy.location.name(&env);
            let error = Error::new(
                Code::PartlyDone,
                format!("The renewed token could not be stored in {place}."),
            )
            .means("The old token there works until it expires.")
            .next_step(
                "Fix the problem described in the details, then start Herokey; it finishes the renewal.",
            )
            .detail(format!("{} {}", error.what, error.detail));
            return Err(steps.keep_unfinished(error));
        }
    }
    steps.done("Stored the new token and read it back")
}

fn done(account: &str) -> Done {
    Done { what: format!("Renewed the token for {account}."), note: String::new() }
}

fn not_renewable() -> Error {
    Error::new(Code::NotRenewable, "This token cannot renew itself.")
        .means("Nothing was changed.")
        .next_step("For a token that renews itself, log in with `herokey login --method oauth`.")
}
