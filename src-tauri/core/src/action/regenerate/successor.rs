//! The token that replaces the old one: from a second authorization, from the regenerated old one, or from a new login.

use jiff::{SignedDuration, Timestamp};

use super::super::check::lifetime_from;
use super::super::{Steps, obtain};
use super::{Plan, confirm, unchanged};
use crate::action::copies;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::TokenLifetime;
use crate::base::person::Confirmation;
use crate::base::text::Text;
use crate::base::token::Token;
use crate::heroku::authorizations::{Authorization, CreatedAuthorization, Lifetime, NewAuthorization};
use crate::heroku::{Heroku, account};
use crate::heroku::{authorizations, revocation};
use crate::ledger::journal::Regeneration;
use crate::ledger::known_tokens;
use crate::stores::keychain::Unlock;

/// How often to try to create an authorization when Heroku's answer is lost.
const TRIES: u32 = 2;
/// The lifetime of the new token if Heroku does not say how long the old one lasts, in seconds.
const THIRTY_DAYS: u64 = 30 * 24 * 60 * 60;
/// How far Heroku's clock may differ from this machine's, including the time that a request takes.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// The new token.
pub(super) struct Successor {
    pub(super) token: Token,
    /// The id of its authorization, if Heroku said so.
    pub(super) id: Option<Text>,
    pub(super) lifetime: TokenLifetime,
    /// True if creating this token made the old one invalid.
    pub(super) in_place: bool,
}

impl Successor {
    fn of(created: CreatedAuthorization, in_place: bool, now: Timestamp) -> Self {
        let lifetime = lifetime_from(&created.authorization, now);
        Self { token: created.token, id: Some(created.authorization.id), lifetime, in_place }
    }

    /// Records the new token and its authorization in the journal.
    pub(super) fn record(&self, steps: &mut Steps<'_>) -> Result<()> {
        let name = known_tokens::fingerprint(steps.env(), &self.token)?;
        amend(steps, |record| {
            record.new_token = Some(name);
            record.new_id.clone_from(&self.id);
        })
    }
}

/// Creates a new token in the first way that Heroku allows.
pub(super) fn create(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan) -> Result<Successor> {
    let Some(old) = &plan.authorization else { return from_login(steps, heroku, plan) };
    let expires_in = lifetime(old, steps.env().now());
    let new = NewAuthorization { description: &old.description, expires_in, scope: &old.scope };
    let record = plan.record(steps.env(), &old.description, &old.scope)?;
    steps.journal.commit_to_regeneration(&plan.account, record)?;
    let mut tries = TRIES;
    loop {
        let error = match authorizations::create(heroku, &plan.old, &new) {
            Ok(created) => return Ok(Successor::of(created, false, steps.env().now())),
            Err(error) => error,
        };
        match error.code {
            Code::Forbidden | Code::RequestRefused | Code::NotFound => {
                return regenerate_in_place(steps, heroku, plan, old, &error);
            }
            Code::BrowserNeeded => return from_login(steps, heroku, plan),
            _ if error.outcome_is_unknown() => {
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

/// Revokes the new authorization whose token was lost, if Heroku created one.
fn remove_lost(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan, cause: &Error) -> Result<()> {
    let Some(record) = steps.journal.entry().regeneration.clone() else { return Ok(()) };
    remove_orphan(heroku, &plan.old, &record).map(drop).map_err(|error| {
        let details = format!("{} {}; {} {}", cause.what, cause.detail, error.what, error.detail);
        let error = Error::new(Code::PartlyDone, "Herokey did not receive Heroku's answer.")
            .means(format!(
                "Your token is unchanged. There may be a second, unused authorization “{}”.",
                record.description
            ))
            .next_step(
                "When Heroku can be reached, run `herokey regenerate` again: it removes that authorization first.",
            )
            .detail(details);
        steps.keep_unfinished(error)
    })
}

/// Revokes the authorization that this regeneration created and whose token was lost, and returns its name. If several
/// authorizations could be the one, none is revoked, and the error names two of them.
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
            && one
                .created_at
                .is_none_or(|created| created.duration_since(record.asked_at).abs() < CLOCK_TOLERANCE)
    };
    let mut new = all.iter().filter(is_new);
    match (new.next(), new.next()) {
        (None, _) => Ok(None),
        (Some(orphan), None) => revoke_listed(heroku, token, &orphan.id).map(|_| Some(orphan.name())),
        (Some(one), Some(other)) => Err(Error::new(
            Code::Conflict,
            format!("Herokey created either {} or {}, and nothing uses it.", one.name(), other.name()),
        )
        .next_step("Revoke the one that you did not create.")),
    }
}

/// Revokes an authorization whose token nobody knows, and fails if Heroku still lists it then.
pub(super) fn revoke_listed(heroku: &Heroku<'_>, token: &Token, id: &str) -> Result<bool> {
    let found = authorizations::revoke(heroku, token, id)?;
    if authorizations::list(heroku, token)?.iter().any(|listed| &*listed.id == id) {
        return Err(Error::new(Code::HerokuError, "Heroku still lists the authorization."));
    }
    Ok(found)
}

/// Regenerates the old authorization, after asking the user, because the old token stops working before the new one is
/// stored.
fn regenerate_in_place(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    plan: &Plan,
    old: &Authorization,
    why: &Error,
) -> Result<Successor> {
    let question = Confirmation {
        ask: "Regenerate even though the old token stops working first?".to_owned(),
        means: format!(
            "Heroku does not let this token create a second authorization ({}), so the old token stops working at \
             once. If the connection fails at that moment, the new token is lost and you must log in again.",
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
    if !error.outcome_is_unknown() {
        return Err(unchanged(error));
    }
    match account::of(heroku, &plan.old) {
        Ok(_) => Err(unchanged(error)),
        Err(now) if now.code == Code::TokenRefused => Err(lost_for_good(&old.name(), &error)),
        Err(_) => {
            let error = Error::new(Code::PartlyDone, "Herokey did not receive Heroku's answer.")
                .means("The old token may no longer work.")
                .next_step(
                    "When Heroku can be reached, run `herokey status`; log in again if Heroku refuses the token.",
                )
                .detail(format!("{} {}", error.what, error.detail));
            Err(steps.keep_unfinished(error))
        }
    }
}

/// The error when Heroku refuses the old token and the new one was lost.
pub(super) fn lost_for_good(authorization: &str, error: &Error) -> Error {
    Error::new(Code::TokenRefused, "The old token no longer works, and the new one was lost.")
        .means(format!("The authorization {authorization} has a token that no one knows."))
        .next_step("Log in again, then revoke that authorization.")
        .detail(format!("{} {}", error.what, error.detail))
}

/// Gets the new token from a login: the token of a session has no authorization to copy.
fn from_login(steps: &mut Steps<'_>, heroku: &Heroku<'_>, plan: &Plan) -> Result<Successor> {
    let description = obtain::description(steps.env());
    let record = plan.record(steps.env(), &Text::of(&description), &[])?;
    steps.journal.commit_to_regeneration(&plan.account, record)?;
    let token = match obtain::from_browser(steps, heroku, true) {
        Ok(token) => token,
        Err(error) => {
            let never_created =
                matches!(error.code, Code::LoginDenied | Code::LoginTimedOut | Code::Cancelled);
            if !never_created {
                remove_lost(steps, heroku, plan, &error)?;
            }
            return Err(unchanged(error));
        }
    };
    Ok(Successor { token, id: None, lifetime: TokenLifetime::default(), in_place: false })
}

/// Revokes a new token that could not be used; `error` says why.
pub(super) fn discard(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    plan: &Plan,
    new: &Successor,
    error: Error,
) -> Error {
    let revoked = match &new.id {
        Some(id) => authorizations::revoke(heroku, &plan.old, id)
            .and_then(|_| revocation::require_refused(heroku, &new.token)),
        None => revocation::revoke_for_certain(heroku, &new.token),
    };
    let Err(why) = revoked else { return unchanged(error) };
    let id = new.id.as_deref().unwrap_or("the newest one");
    let left_over = Error::new(Code::PartlyDone, error.what)
        .means(format!("Your token is unchanged. A second, unused authorization is left over: {id}."))
        .next_step("When Heroku can be reached, run `herokey regenerate` again: it removes that authorization first.")
        .detail(format!("{}; {} {}", error.detail, why.what, why.detail));
    steps.keep_unfinished(left_over)
}

/// Handles a new token that no store seems to have taken. A store that failed may hold it anyway.
pub(super) fn give_up(
    steps: &mut Steps<'_>,
    heroku: &Heroku<'_>,
    plan: &Plan,
    new: &Successor,
    error: Error,
) -> Error {
    if new.in_place {
        let which = plan.authorization.as_ref().map(Authorization::name).unwrap_or_default();
        return lost_for_good(&which, &error);
    }
    let is_stored =
        copies::all(steps.env(), Unlock::Ask).map(|all| all.iter().any(|copy| copy.token == new.token));
    if let Ok(false) = is_stored {
        return discard(steps, heroku, plan, new, error);
    }
    let unclear = Error::new(Code::PartlyDone, error.what)
        .means("A new token was created and may be stored; the old one still works.")
        .next_step("Fix the problem described in the details, then run `herokey regenerate` again to finish.")
        .detail(error.detail);
    steps.keep_unfinished(unclear)
}

/// The lifetime of the new token in seconds: the whole lifetime of the old one. `None` means that it does not expire.
fn lifetime(old: &Authorization, now: Timestamp) -> Option<u64> {
    let remaining = match old.lifetime() {
        Lifetime::Forever => return None,
        Lifetime::Unknown => return Some(THIRTY_DAYS),
        Lifetime::Seconds(seconds) => seconds,
    };
    let created = old.updated_at.or(old.created_at).unwrap_or(now);
    let age = u64::try_from(now.duration_since(created).as_secs()).unwrap_or(0);
    Some(whole_minutes(remaining.saturating_add(age)))
}

/// Undoes rounding: age and remaining time are whole seconds, so nearly a whole number of minutes means exactly that.
fn whole_minutes(seconds: u64) -> u64 {
    let nearest = (seconds + 30) / 60 * 60;
    if nearest > 0 && nearest.abs_diff(seconds) <= 10 { nearest } else { seconds }
}

/// Changes what the journal records about the regeneration.
fn amend(steps: &mut Steps<'_>, change: impl FnOnce(&mut Regeneration)) -> Result<()> {
    let entry = steps.journal.entry();
    let account = entry.account.clone().unwrap_or_default();
    let Some(mut record) = entry.regeneration.clone() else { return Ok(()) };
    change(&mut record);
    steps.journal.commit_to_regeneration(&account, record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_token_lasts_as_long_as_the_old_one() {
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
        assert_eq!(of("28800", "2027-01-01T00:00:00Z"), Some(28_800), "a wrong clock adds nothing");
    }
}
