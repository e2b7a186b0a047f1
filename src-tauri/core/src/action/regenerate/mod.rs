//! Regenerate: a new token in the place of the old one, and, where Heroku allows it, never a moment without one that
//! works: the successor is made, tried and stored everywhere the old token was before the old one is revoked.

mod finish;
mod successor;

pub(super) use finish::finish;

use super::check::note;
use super::{Action, Done, Progress, Runner, Start, Steps, refuse_override, renew};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::Expiry;
use crate::base::person::Question;
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::Authorization;
use crate::heroku::{Heroku, account, sessions};
use crate::ledger::journal;
use crate::ledger::journal::{Activity, Entry, Regeneration, Verb};
use crate::ledger::known_tokens;
use crate::ledger::known_tokens::Lives;
use crate::stores::copies;
use crate::stores::copies::Spot;
use crate::stores::keychain::Unlock;
use crate::stores::lookup;
use crate::tools::git;
use crate::tools::git::Helper;
use successor::Successor;

/// What is to be replaced.
struct Plan {
    account: String,
    old: Token,
    /// Where it stands on this machine.
    spots: Vec<Spot>,
    /// What it belongs to; `None`: a session.
    authorization: Option<Authorization>,
    /// That is the account's default one.
    is_default: bool,
    /// The account's authorizations before anything was made.
    others: Vec<String>,
}

/// Replaces the stored token of the account in use.
///
/// Fails before anything is changed if `HEROKU_API_KEY` is set. [`Code::PartlyDone`]: the stored token works, and what
/// is left is named; regenerating again, or the next start, finishes it.
pub(super) fn regenerate(start: &Start<'_>) -> Result<Done> {
    let runner = start.runner;
    refuse_override(runner.env)?;
    if let Some(done) = finish_the_last(runner)? {
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
            // Answering takes its time, in which others may have come.
            plan.others = ids(&authorizations::list(&heroku, &plan.old).map_err(unchanged)?);
        }
        let successor = successor::get(steps, &heroku, &plan)?;
        replace(steps, &heroku, &plan, &successor)
    })
}

/// Where the last one was interrupted with its new token stored already, finishing it is all there is to do.
fn finish_the_last(runner: &Runner<'_>) -> Result<Option<Done>> {
    let Activity::HalfDone(Entry { verb: Verb::Regenerate, regeneration: Some(left), .. }) =
        journal::activity(runner.env)
    else {
        return Ok(None);
    };
    let Some(done) = super::finish(runner)? else { return Ok(None) };
    let stored = lookup::stored(runner.env, Unlock::Ask)?;
    let stored = stored.map(|found| known_tokens::name(runner.env, &found.token)).transpose()?;
    if stored.is_some() && stored == left.new_token {
        return Ok(Some(done));
    }
    (runner.progress)(Progress::Step(done.what));
    Ok(None)
}

/// A token that renews itself is renewed: a successor made beside it would have nothing to renew it.
fn renew_instead(runner: &Runner<'_>) -> Result<Option<Done>> {
    let Some(in_use) = lookup::stored(runner.env, Unlock::Ask)? else { return Ok(None) };
    let Some(account) = in_use.account else { return Ok(None) };
    if !renew::is_renewable(runner.env, &account, &in_use.token)? {
        return Ok(None);
    }
    let done = super::perform(runner, &Action::Renew { unlock: Unlock::Ask })?;
    let life = Lives::read(runner.env).of(&in_use.token).map(|known| known.life);
    let until = match life.map(|life| life.expiry) {
        Some(Expiry::At(at)) => format!("Heroku accepts the old one until {at:.0}."),
        _ => String::new(),
    };
    Ok(Some(Done { note: until, ..done }))
}

impl Plan {
    fn make(env: &Env, heroku: &Heroku<'_>) -> Result<Self> {
        let in_use = lookup::stored(env, Unlock::Ask)?.ok_or_else(lookup::not_logged_in)?;
        let old = in_use.token;
        let held = copies::all(env, Unlock::Ask)?.into_iter().filter(|copy| copy.token == old);
        let spots: Vec<Spot> = held.map(|copy| copy.spot).collect();
        if spots.is_empty() {
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
        Ok(Self { account, old, spots, authorization, is_default, others })
    }

    fn record(&self, env: &Env, description: &str, scope: &[String]) -> Result<Regeneration> {
        Ok(Regeneration {
            old_id: self.authorization.as_ref().map(|authorization| authorization.id.clone()),
            is_default: self.is_default,
            description: description.to_owned(),
            scope: scope.to_owned(),
            others: self.others.clone(),
            ..Regeneration::of(known_tokens::name(env, &self.old)?, env.now())
        })
    }
}

/// Puts the successor in the old token's places, then retires the old one.
fn replace(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan, new: &Successor) -> Result<Done> {
    let tried = new.record(steps).and_then(|()| try_out(heroku, plan, new));
    if let Err(error) = tried
        && !new.in_place
    {
        return Err(successor::discard(steps, heroku, plan, new, error));
    }
    steps.done("New token made")?;
    let mut stored = Vec::new();
    let mut failed = Vec::new();
    for spot in &plan.spots {
        match copies::put(steps.env(), spot, &new.token) {
            Ok(()) => stored.push(spot.name(steps.env())),
            Err(error) => failed.push((spot.name(steps.env()), error)),
        }
    }
    if let Some((_, error)) = failed.first().filter(|_| stored.is_empty()) {
        return Err(successor::give_up(steps, heroku, plan, new, error.clone()));
    }
    note(known_tokens::learn(steps.env(), &new.token, new.life));
    steps.done(&format!("Stored and read back: {}", stored.join(", ")))?;
    if let Some((place, error)) = failed.first() {
        let left = Error::new(Code::PartlyDone, format!("The new token could not be stored in {place}."))
            .means(if new.in_place {
                "It is stored elsewhere and works; what stands there is dead."
            } else {
                "It is stored elsewhere and works; the old one works too, since it still stands there."
            })
            .next_step(
                "Mend what the detail says, then run `herokey regenerate` again: it finishes this one.",
            )
            .detail(format!("{} {}", error.what, error.detail));
        return Err(steps.leave(left));
    }
    let mut said = String::new();
    if !new.in_place {
        let record = plan.authorization.as_ref().map(|authorization| authorization.id.as_str());
        said = retire(steps, heroku, record, plan.is_default, Some(&plan.old), &new.token)?;
    }
    forget_in_helpers(steps.env());
    let (before, after) = (plan.old.trace().masked, new.token.trace().masked);
    Ok(Done {
        what: format!("The token of {} is new: {after} in place of {before}.", plan.account),
        note: said,
    })
}

/// The new token must act as the same account before it takes the place of one that does.
fn try_out(heroku: &Heroku<'_>, plan: &Plan, new: &Successor) -> Result<()> {
    let email = account::of(heroku, &new.token)?.email;
    if email.eq_ignore_ascii_case(&plan.account) {
        return Ok(());
    }
    Err(Error::new(Code::LoginDenied, format!("The new token is {email}'s, the old one {}'s.", plan.account))
        .next_step(format!("Regenerate again, and log in as {} in the browser.", plan.account)))
}

/// Ends the old token and sees that it is dead; returns what a person should know.
fn retire(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    old_id: Option<&str>,
    is_default: bool,
    old: Option<&Token>,
    new: &Token,
) -> Result<String> {
    let ended = match (old_id, old) {
        // An account keeps its default authorization; with a new token, the old one is dead.
        (Some(id), _) if is_default => authorizations::regenerate(heroku, new, id).map(drop),
        (Some(id), _) => authorizations::revoke(heroku, new, id).map(drop),
        (None, Some(old)) => sessions::end_current(heroku, old),
        (None, None) => return Ok("The old session may stay valid until it expires.".to_owned()),
    };
    let answer = old.map(|old| account::of(heroku, old));
    let said = match (ended, answer) {
        (_, Some(Err(error))) if error.code == Code::TokenRefused => String::new(),
        (Ok(()), Some(Ok(_))) if old_id.is_none() => {
            "Heroku lists neither an authorization nor a session of the old token, so it stays valid until it expires."
                .to_owned()
        }
        (Ok(()), Some(Err(error))) => format!("Whether the old token is dead could not be seen: {}", error.what),
        (Ok(()), None) => String::new(),
        (Err(error), _) => return Err(steps.leave(not_retired(old_id, &error))),
        (Ok(()), Some(Ok(_))) => {
            let error = Error::new(Code::HerokuError, "Heroku still accepts it.");
            return Err(steps.leave(not_retired(old_id, &error)));
        }
    };
    steps.done("Old token revoked")?;
    Ok(said)
}

fn not_retired(old_id: Option<&str>, error: &Error) -> Error {
    let (which, fix) = match old_id {
        Some(id) => (format!("the authorization {id}"), format!("`herokey revoke {id}`")),
        None => ("its session".to_owned(), "end the session in the dashboard".to_owned()),
    };
    Error::new(
        Code::PartlyDone,
        format!("The new token is in place, but the old one could not be revoked: {which}."),
    )
    .means("Both tokens work.")
    .next_step(format!(
        "Run `herokey regenerate` again when Heroku can be reached: it finishes this one. Or: {fix}."
    ))
    .detail(format!("{} {}", error.what, error.detail))
}

/// A helper of another program may remember the old token as git's password.
fn forget_in_helpers(env: &Env) {
    if git::program(env).is_none() {
        return;
    }
    let others = git::helpers(env)
        .map(|helpers| helpers.iter().any(|helper| matches!(helper.helper, Helper::Other(_))));
    let told = others.and_then(|others| if others { git::reject(env) } else { Ok(()) });
    if let Err(error) = told {
        tracing::warn!(%error, "git's other helpers may remember the old token");
    }
}

/// Asks; where nobody can be asked, says how to answer beforehand.
fn confirm(runner: &Runner<'_>, question: &Question) -> Result<()> {
    runner.person.confirm(question).map_err(|error| match error.code {
        Code::PersonNeeded => error.next_step("To go ahead all the same: `herokey regenerate --yes`."),
        _ => unchanged(error),
    })
}

fn default_question(plan: &Plan) -> Question {
    Question {
        ask: "Regenerate the account's default token?".to_owned(),
        means: format!(
            "It is the API key of {}'s dashboard. Whatever else uses it stops working: other machines, scripts, CI, \
             deployment services. This machine gets a token of its own in its place.",
            plan.account
        ),
        yes: "Regenerate".to_owned(),
    }
}

fn ambiguous(one: &Authorization, other: &Authorization) -> Error {
    Error::new(Code::NotFound, "Heroku does not show which authorization this token belongs to.")
        .means("Nothing was changed.")
        .next_step("Log in again, then revoke the old one: see `herokey authorizations`.")
        .detail(format!("It may be {} or {}", named(one), named(other)))
}

/// An authorization as a person finds it again.
fn named(authorization: &Authorization) -> String {
    format!("“{}” ({})", authorization.description, authorization.id)
}

fn ids(all: &[Authorization]) -> Vec<String> {
    all.iter().map(|authorization| authorization.id.clone()).collect()
}

fn unchanged(error: Error) -> Error {
    match error.code {
        Code::TokenRefused => {
            error.means("There is nothing to regenerate: the stored token is dead already.")
        }
        _ => error.means("Your token is as it was."),
    }
}
