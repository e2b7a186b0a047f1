//! Regenerate: replaces the stored token with a new one. Where Heroku allows it, a working token is stored at every
//! moment: the new token is created, tried and stored everywhere before the old one is revoked.

mod finish;
mod revoke;
mod successor;

pub(super) use finish::finish;

use jiff::tz::TimeZone;

use super::check::best_effort;
use super::{Action, Done, Progress, Runner, Start, Steps, refuse_override, renew};
use crate::action::copies;
use crate::action::copies::CopyLocation;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::{Expiry, time_in};
use crate::base::log;
use crate::base::person::Confirmation;
use crate::base::text::Text;
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::Authorization;
use crate::heroku::{Heroku, account};
use crate::ledger::journal;
use crate::ledger::journal::{Activity, JournalEntry, Regeneration, Verb};
use crate::ledger::known_tokens;
use crate::ledger::known_tokens::KnownTokens;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;
use crate::tools::git;
use crate::tools::git::Helper;
use revoke::{Old, Unrevoked, revoke_old};
use successor::Successor;

/// The token to replace, and what is known about it.
struct Plan {
    account: String,
    old: Token,
    /// Where the old token is stored on this machine.
    locations: Vec<CopyLocation>,
    /// The old token's authorization; `None` if it belongs to a session.
    authorization: Option<Authorization>,
    /// True if that is the account's default authorization.
    is_default: bool,
    /// The ids of the account's authorizations before a new one is created.
    others: Vec<Text>,
}

/// Replaces the stored token of the account in use.
///
/// Fails before it changes anything if `HEROKU_API_KEY` is set. After [`Code::PartlyDone`] the stored token works, and the
/// error says what is left; regenerating again, or the next start of Herokey, finishes it.
pub(super) fn regenerate(start: &Start<'_>) -> Result<Done> {
    let runner = start.runner;
    refuse_override(runner.env)?;
    if let Some(done) = finish_interrupted(runner)? {
        return Ok(done);
    }
    if let Some(done) = renew_instead(runner)? {
        return Ok(done);
    }
    start.run(|steps| {
        let heroku = runner.heroku()?;
        let mut plan = Plan::make(steps.env(), &heroku)?;
        if plan.is_default {
            confirm(runner, &default_question(&plan))?;
            // New authorizations may have appeared while the user was answering.
            plan.others = ids(&authorizations::list(&heroku, &plan.old).map_err(unchanged)?);
        }
        let successor = successor::create(steps, &heroku, &plan)?;
        replace(steps, &heroku, &plan, &successor)
    })
}

/// Finishes an interrupted regeneration. Returns its result if its new token is now in use, so that no other one is
/// needed.
fn finish_interrupted(runner: &Runner<'_>) -> Result<Option<Done>> {
    let Activity::Interrupted(JournalEntry { verb: Verb::Regenerate, regeneration: Some(left), .. }) =
        journal::activity(runner.env)
    else {
        return Ok(None);
    };
    let Some(done) = super::finish(runner)? else { return Ok(None) };
    let stored = lookup::stored(runner.env, Unlock::Ask)?;
    let stored = stored.map(|found| known_tokens::fingerprint(runner.env, &found.token)).transpose()?;
    if stored.is_some() && stored == left.new_token {
        return Ok(Some(done));
    }
    (runner.progress)(Progress::Step(done.what));
    Ok(None)
}

/// Renews the token if it comes from an OAuth login: a token created in another way could not be renewed later.
fn renew_instead(runner: &Runner<'_>) -> Result<Option<Done>> {
    let Some(in_use) = lookup::stored(runner.env, Unlock::Ask)? else { return Ok(None) };
    let Some(account) = in_use.account else { return Ok(None) };
    if !renew::is_renewable(runner.env, &account, &in_use.token)? {
        return Ok(None);
    }
    let done = super::perform(runner, &Action::Renew { unlock: Unlock::Ask })?;
    let lifetime = KnownTokens::read(runner.env).of(&in_use.token).map(|known| known.lifetime);
    let note = match lifetime.map(|lifetime| lifetime.expiry) {
        Some(Expiry::At(at)) => {
            format!("Heroku accepts the old token until {}.", time_in(&TimeZone::system(), at))
        }
        _ => String::new(),
    };
    Ok(Some(Done { note, ..done }))
}

impl Plan {
    fn make(env: &Env, heroku: &Heroku<'_>) -> Result<Self> {
        let in_use = lookup::stored(env, Unlock::Ask)?.ok_or_else(lookup::not_logged_in)?;
        let old = in_use.token;
        let copies = copies::all(env, Unlock::Ask)?.into_iter().filter(|copy| copy.token == old);
        let locations: Vec<CopyLocation> = copies.map(|copy| copy.location).collect();
        if locations.is_empty() {
            return Err(lookup::not_logged_in().detail("the token was there a moment ago"));
        }
        let account = account::of(heroku, &old).map_err(unchanged)?.email;
        let all = authorizations::list(heroku, &old).map_err(unchanged)?;
        let others = ids(&all);
        let mut ours = all.into_iter().filter(|authorization| authorization.is_for(&old));
        let authorization = ours.next();
        if let (Some(one), Some(other)) = (&authorization, ours.next()) {
            return Err(ambiguous(one, &other));
        }
        let default = match authorization {
            Some(_) => authorizations::default(heroku, &old).map_err(unchanged)?,
            None => None,
        };
        let is_default =
            default.zip(authorization.as_ref()).is_some_and(|(default, ours)| default.id == ours.id);
        Ok(Self { account, old, locations, authorization, is_default, others })
    }

    fn record(&self, env: &Env, description: &Text, scope: &[Text]) -> Result<Regeneration> {
        Ok(Regeneration {
            old_id: self.authorization.as_ref().map(|authorization| authorization.id.clone()),
            is_default: self.is_default,
            description: description.clone(),
            scope: scope.to_owned(),
            others: self.others.clone(),
            ..Regeneration::new(known_tokens::fingerprint(env, &self.old)?, env.now())
        })
    }
}

/// Stores the new token everywhere the old one is stored, then revokes the old one.
fn replace(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan, new: &Successor) -> Result<Done> {
    let tried = new.record(steps).and_then(|()| try_out(heroku, plan, new));
    if let Err(error) = tried
        && !new.in_place
    {
        return Err(successor::discard(steps, heroku, plan, new, error));
    }
    steps.done("Created a new token")?;
    let mut stored = Vec::new();
    let mut failed = Vec::new();
    for location in &plan.locations {
        match copies::replace(steps.env(), location, &new.token) {
            Ok(()) => stored.push(location.name(steps.env())),
            Err(error) => failed.push((location.name(steps.env()), error)),
        }
    }
    if let Some((_, error)) = failed.first().filter(|_| stored.is_empty()) {
        return Err(successor::give_up(steps, heroku, plan, new, error.clone()));
    }
    best_effort(known_tokens::record_lifetime(steps.env(), &new.token, new.lifetime));
    steps.done(&format!("Stored the new token and read it back: {}", stored.join(", ")))?;
    if let Some((place, error)) = failed.first() {
        let error = Error::new(Code::PartlyDone, format!("The new token could not be stored in {place}."))
            .means(if new.in_place {
                format!("It is stored elsewhere and works. The old token in {place} no longer works.")
            } else {
                format!("It is stored elsewhere and works. The old token in {place} works too.")
            })
            .next_step(
                "Fix the problem described in the details, then run `herokey regenerate` again to finish.",
            )
            .detail(format!("{} {}", error.what, error.detail));
        return Err(steps.keep_unfinished(error));
    }
    clear_helper_caches(steps.env());
    let old = Old {
        id: plan.authorization.as_ref().map(|authorization| &*authorization.id),
        is_default: plan.is_default,
        in_place: new.in_place,
        token: Some(&plan.old),
    };
    match revoke_old(steps, heroku, &old, &new.token) {
        Ok(()) => {}
        Err(Unrevoked::ForNow(error)) => return Err(steps.keep_unfinished(error)),
        Err(Unrevoked::ForGood(error)) => return Err(error),
    }
    let (before, after) = (plan.old.trace().masked, new.token.trace().masked);
    let what = format!("Regenerated the token for {}: {after} replaces {before}.", plan.account);
    Ok(Done { what, note: String::new() })
}

/// Checks that Heroku accepts the new token for the same account.
fn try_out(heroku: &Heroku<'_>, plan: &Plan, new: &Successor) -> Result<()> {
    let email = account::of(heroku, &new.token)?.email;
    if email.eq_ignore_ascii_case(&plan.account) {
        return Ok(());
    }
    Err(Error::new(
        Code::LoginDenied,
        format!("The new token belongs to {email}, the old one to {}.", plan.account),
    )
    .next_step(format!("Regenerate again, and sign in as {} in the browser.", plan.account)))
}

/// Makes git's other helpers forget the old token, which they may have cached as a password.
fn clear_helper_caches(env: &Env) {
    if git::program(env).is_none() {
        return;
    }
    let others = git::helpers(env)
        .map(|helpers| helpers.iter().any(|helper| matches!(helper.helper, Helper::Other(_))));
    let cleared = others.and_then(|others| if others { git::reject_credential(env) } else { Ok(()) });
    if let Err(error) = cleared {
        log::notice(&format!(
            "git's other helpers may still have the old token, which no longer works ({error}). If `git push` fails, run \
             `git credential reject` for Heroku's git host."
        ));
    }
}

/// Asks the user to confirm. If there is no one to ask, the error names the option that confirms in advance.
fn confirm(runner: &Runner<'_>, question: &Confirmation) -> Result<()> {
    runner.person.confirm(question).map_err(|error| match error.code {
        Code::PersonNeeded => {
            error.next_step("To go ahead without being asked, run `herokey regenerate --yes`.")
        }
        _ => unchanged(error),
    })
}

fn default_question(plan: &Plan) -> Confirmation {
    Confirmation {
        ask: "Regenerate the account's default token?".to_owned(),
        means: format!(
            "It is the API key in {}'s dashboard. Everything else that uses it stops working: other machines, \
             scripts, CI, deployment services. This machine gets its own token instead.",
            plan.account
        ),
        yes: "Regenerate".to_owned(),
    }
}

fn ambiguous(one: &Authorization, other: &Authorization) -> Error {
    Error::new(Code::NotFound, "Heroku does not show which authorization this token belongs to.")
        .means("Nothing was changed.")
        .next_step(
            "Log in again, then find the old authorization with `herokey authorizations` and revoke it.",
        )
        .detail(format!("It may be {} or {}", one.name(), other.name()))
}

fn ids(all: &[Authorization]) -> Vec<Text> {
    all.iter().map(|authorization| authorization.id.clone()).collect()
}

fn unchanged(error: Error) -> Error {
    match error.code {
        Code::TokenRefused => {
            error.means("There is nothing to regenerate: Heroku no longer accepts the stored token.")
        }
        _ => error.means("Your token is unchanged."),
    }
}
