//! The token that takes the old one's place: made beside it, in its place, or by a new login.

use jiff::{SignedDuration, Timestamp};

use super::super::check::life_of;
use super::super::{Steps, obtain};
use super::{Plan, confirm, named, unchanged};
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::Life;
use crate::base::person::Question;
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::{Authorization, Created, Lifetime, New};
use crate::heroku::{Heroku, account};
use crate::ledger::journal::Regeneration;
use crate::ledger::known_tokens;
use crate::stores::copies;
use crate::stores::keychain::Unlock;

/// How often an authorization is made whose answer was lost the time before.
const TRIES: u32 = 2;
/// How long a token shall live whose predecessor's lifetime Heroku does not tell: as one from a login with password.
const THIRTY_DAYS: u64 = 30 * 24 * 60 * 60;
/// How far Heroku's clock and this machine's may differ, with the time that a request takes.
const SAME_TIME: SignedDuration = SignedDuration::from_mins(10);

/// A new token.
pub(super) struct Successor {
    pub(super) token: Token,
    /// Its authorization, where Heroku has said which.
    pub(super) id: Option<String>,
    pub(super) life: Life,
    /// The old token died when this one was made.
    pub(super) in_place: bool,
}

impl Successor {
    fn of(created: Created, in_place: bool, now: Timestamp) -> Self {
        let life = life_of(&created.authorization, now);
        Self { token: created.token, id: Some(created.authorization.id), life, in_place }
    }

    /// Writes down which token and authorization are the new ones.
    pub(super) fn record(&self, steps: &mut Steps<'_>) -> Result<()> {
        let name = known_tokens::name(steps.env(), &self.token)?;
        amend(steps, |record| {
            record.new_token = Some(name);
            record.new_id.clone_from(&self.id);
        })
    }
}

/// Gets a new token for the plan, in the first way that Heroku allows.
pub(super) fn get(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan) -> Result<Successor> {
    let Some(old) = &plan.authorization else { return by_login(steps, heroku, plan) };
    let expires_in = lifetime(old, steps.env().now());
    let new = New { description: &old.description, expires_in, scope: &old.scope };
    let record = plan.record(steps.env(), &old.description, &old.scope)?;
    steps.journal.regenerate(&plan.account, record)?;
    let mut tries = TRIES;
    loop {
        let error = match authorizations::create(heroku, &plan.old, &new) {
            Ok(created) => return Ok(Successor::of(created, false, steps.env().now())),
            Err(error) => error,
        };
        match error.code {
            Code::Forbidden | Code::RequestRefused | Code::NotFound => {
                return in_place(steps, heroku, plan, old, &error);
            }
            Code::BrowserNeeded => return by_login(steps, heroku, plan),
            _ if error.is_lost() => {
                tries -= 1;
                remove_lost(steps, heroku, plan, &error)?;
                if tries == 0 {
                    return Err(unchanged(error));
                }
            }
            _ => return Err(unchanged(error)),
        }
    }
}

/// Removes the authorization of which nobody has the token, if it was made at all.
fn remove_lost(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan, cause: &Error) -> Result<()> {
    let Some(record) = steps.journal.entry().regeneration.clone() else { return Ok(()) };
    remove_orphan(heroku, &plan.old, &record).map(drop).map_err(|error| {
        let left = Error::new(Code::PartlyDone, "Heroku's answer was lost on the way.")
            .means(format!(
                "Your token is as it was. There may be a second authorization “{}” that nobody uses.",
                record.description
            ))
            .next_step(
                "Run `herokey regenerate` again when Heroku can be reached: it removes that one first.",
            )
            .detail(format!("{} {}; {} {}", cause.what, cause.detail, error.what, error.detail));
        steps.leave(left)
    })
}

/// Revokes the one authorization that was made for this regeneration and whose token nobody has; the name of what was
/// revoked. What may be it and may be somebody else's is left alone, and named in the error.
pub(super) fn remove_orphan(
    heroku: &Heroku<'_>,
    token: &Token,
    record: &Regeneration,
) -> Result<Option<String>> {
    let all = authorizations::list(heroku, token)?;
    let is_new = |one: &&Authorization| {
        !record.others.contains(&one.id)
            && one.description == record.description
            && (record.scope.is_empty() || one.scope == record.scope)
            && !one.is_for(token)
            && one.created_at.is_none_or(|made| made.duration_since(record.asked_at).abs() < SAME_TIME)
    };
    let mut new = all.iter().filter(is_new);
    match (new.next(), new.next()) {
        (None, _) => Ok(None),
        (Some(orphan), None) => {
            authorizations::revoke(heroku, token, &orphan.id).map(|_| Some(named(orphan)))
        }
        (Some(one), Some(other)) => Err(Error::new(
            Code::Conflict,
            format!("One of {} and {} was made by Herokey, and nobody uses it.", named(one), named(other)),
        )
        .next_step("Revoke the one that you did not make.")),
    }
}

fn in_place(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    plan: &Plan,
    old: &Authorization,
    why: &Error,
) -> Result<Successor> {
    let question = Question {
        ask: "Regenerate the token although the old one dies first?".to_owned(),
        means: format!(
            "Heroku does not let this token make a second authorization ({}), so the old token is dead at once. If \
             the connection breaks just then, nobody has the new one and you must log in again.",
            why.detail
        ),
        yes: "Regenerate".to_owned(),
    };
    confirm(steps.runner, &question)?;
    amend(steps, |record| record.in_place = true)?;
    let error = match authorizations::regenerate(heroku, &plan.old, &old.id) {
        Ok(created) => return Ok(Successor::of(created, true, steps.env().now())),
        Err(error) => error,
    };
    if !error.is_lost() {
        return Err(unchanged(error));
    }
    match account::of(heroku, &plan.old) {
        Ok(_) => Err(unchanged(error)),
        Err(now) if now.code == Code::TokenRefused => Err(lost_for_good(&named(old), &error)),
        Err(_) => {
            let left = Error::new(Code::PartlyDone, "Heroku's answer was lost on the way.")
                .means("The old token may be dead by now; whether it is shows when Heroku can be reached.")
                .next_step("See `herokey status` then, and log in again if the token is refused.")
                .detail(format!("{} {}", error.what, error.detail));
            Err(steps.leave(left))
        }
    }
}

pub(super) fn lost_for_good(authorization: &str, error: &Error) -> Error {
    Error::new(Code::TokenRefused, "The old token is dead, and the new one was lost on the way.")
        .means(format!("The authorization {authorization} has a token that nobody knows."))
        .next_step("Log in again, then revoke that authorization.")
        .detail(format!("{} {}", error.what, error.detail))
}

/// A session's token has no authorization to make another of, so the person logs in once more.
fn by_login(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan) -> Result<Successor> {
    let description = obtain::description(steps.env());
    let record = plan.record(steps.env(), &description, &[])?;
    steps.journal.regenerate(&plan.account, record)?;
    let token = match obtain::from_browser(steps, heroku, true) {
        Ok(token) => token,
        Err(error) => {
            let never_made = matches!(error.code, Code::LoginDenied | Code::LoginTimedOut | Code::Cancelled);
            if !never_made {
                remove_lost(steps, heroku, plan, &error)?;
            }
            return Err(unchanged(error));
        }
    };
    Ok(Successor { token, id: None, life: Life::default(), in_place: false })
}

/// Revokes a new token that did not get into its place; `error` says why.
pub(super) fn discard(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    plan: &Plan,
    new: &Successor,
    error: Error,
) -> Error {
    let revoked = match &new.id {
        Some(id) => authorizations::revoke(heroku, &plan.old, id).map(drop),
        None => authorizations::revoke_token(heroku, &new.token).map(drop),
    };
    let Err(why) = revoked else { return unchanged(error) };
    let id = new.id.as_deref().unwrap_or("the newest one");
    let left = Error::new(Code::PartlyDone, error.what)
        .means(format!("Your token is as it was. A second authorization that nobody uses is left: {id}."))
        .next_step("Run `herokey regenerate` again when Heroku can be reached: it removes that one first.")
        .detail(format!("{}; {} {}", error.detail, why.what, why.detail));
    steps.leave(left)
}

/// Nothing took the new token, or so it seems: a store that failed may hold it all the same.
pub(super) fn give_up(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    plan: &Plan,
    new: &Successor,
    error: Error,
) -> Error {
    if new.in_place {
        let which = plan.authorization.as_ref().map(named).unwrap_or_default();
        return lost_for_good(&which, &error);
    }
    let held =
        copies::all(steps.env(), Unlock::Ask).map(|all| all.iter().any(|copy| copy.token == new.token));
    if let Ok(false) = held {
        return discard(steps, heroku, plan, new, error);
    }
    let left = Error::new(Code::PartlyDone, error.what)
        .means("A new token is made and may be stored or not; the old one works too.")
        .next_step("Mend what the detail says, then run `herokey regenerate` again: it finishes this one.")
        .detail(error.detail);
    steps.leave(left)
}

/// How long the successor shall live, in seconds: as long as the old token lived in all. `None`: for ever.
fn lifetime(old: &Authorization, now: Timestamp) -> Option<u64> {
    let left = match old.lifetime() {
        Lifetime::Forever => return None,
        Lifetime::Unknown => return Some(THIRTY_DAYS),
        Lifetime::Seconds(left) => left,
    };
    let made = old.updated_at.or(old.created_at).unwrap_or(now);
    let age = u64::try_from(now.duration_since(made).as_secs()).unwrap_or(0);
    Some(whole_minutes(left.saturating_add(age)))
}

/// Both numbers were cut to seconds on the way; what is nearly a whole number of minutes was one.
fn whole_minutes(seconds: u64) -> u64 {
    let nearest = (seconds + 30) / 60 * 60;
    if nearest > 0 && nearest.abs_diff(seconds) <= 10 { nearest } else { seconds }
}

fn amend(steps: &mut Steps<'_>, change: impl FnOnce(&mut Regeneration)) -> Result<()> {
    let entry = steps.journal.entry();
    let account = entry.account.clone().unwrap_or_default();
    let Some(mut record) = entry.regeneration.clone() else { return Ok(()) };
    change(&mut record);
    steps.journal.regenerate(&account, record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_lives_as_long_as_the_old_one_did() {
        let of = |expires_in: &str, made: &str| {
            let text = format!(
                r#"{{"id":"1","updated_at":"{made}","access_token":{{"token":"a**********b","expires_in":{expires_in}}}}}"#
            );
            let authorization: Authorization = serde_json::from_str(&text).unwrap();
            lifetime(&authorization, "2026-01-11T00:00:02Z".parse().unwrap())
        };
        let (now, ten_days_ago) = ("2026-01-11T00:00:01Z", "2026-01-01T00:00:00Z");
        assert_eq!(of("null", now), None);
        assert_eq!(of("2591999", now), Some(2_592_000));
        assert_eq!(of("1728000", ten_days_ago), Some(2_592_000));
        assert_eq!(of("95", "2026-01-11T00:00:02Z"), Some(95));
        assert_eq!(of("28800", "2027-01-01T00:00:00Z"), Some(28_800), "a clock that goes wrong adds nothing");
    }
}
