//! Exec: makes a token for one command before it starts, and revokes it when it has ended.
//!
//! The machine's lock is not held meanwhile, because a command may run for days. Each token has a record of its own
//! instead, from which another program revokes what a killed one left behind.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::obtain::machine_name;
use super::{Done, Runner};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::time_in;
use crate::base::text::Text;
use crate::base::token::Token;
use crate::heroku::authorizations::{Authorization, Lifetime, NewAuthorization};
use crate::heroku::{Heroku, authorizations, revocation};
use crate::ledger::leases::{self, HeldLease, Lease};
use crate::stores::keychain::Unlock;
use crate::stores::lookup::account_token;

/// How far Heroku's clock may differ from this machine's, including the time that a request takes.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// The token that a command should get.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it may do (INTEROP.md, "Authorizations"); empty for everything.
    pub scope: Vec<String>,
    /// How long Heroku accepts it, in seconds.
    pub lifetime_seconds: u64,
    /// The command's name, without its arguments.
    pub command: String,
}

/// A token for a command. Dropping it without [`Lent::take_back`] leaves it to the next program.
#[derive(Debug)]
pub struct Lent {
    token: Token,
    /// The id of its authorization.
    id: Text,
    held: HeldLease,
    /// The token that made it.
    by: Token,
}

impl Lent {
    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// When Heroku stops accepting it; `None` if never.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.held.lease().ends_at
    }

    /// Revokes the token. After an error, the next program tries again.
    pub fn take_back(self, env: &Env, heroku: &Heroku<'_>) -> Result<()> {
        let lease = self.held.lease();
        let revoked = match authorizations::revoke(heroku, &self.by, &self.id) {
            // It was replaced, or its account logged out, while the command ran.
            Err(error) if error.code == Code::TokenRefused => {
                let by = account_token(env, lease.account.as_deref(), Unlock::Never);
                let by = by.map_or_else(|_| self.token.clone(), |(_, token)| token);
                match authorizations::revoke(heroku, &by, &self.id) {
                    Err(error) if error.code == Code::TokenRefused => Ok(false),
                    other => other,
                }
            }
            other => other,
        };
        revoked
            .and_then(|_| revocation::require_refused(heroku, &self.token))
            .map_err(|error| not_revoked(lease, &error))?;
        self.held.close()
    }
}

/// Makes a token for a command, with a token and its account, if that is known. Its record is written before Heroku is
/// asked.
pub fn lend(
    env: &Env,
    heroku: &Heroku<'_>,
    (account, by): (Option<String>, Token),
    wanted: &Wanted,
) -> Result<Lent> {
    env.hosts().require_allowed()?;
    let description = format!("herokey exec: {} on {}", wanted.command, machine_name(env));
    let now = env.now();
    let mut held = HeldLease::begin(
        env,
        Lease {
            description: Text::of(&description),
            host: env.hosts().api,
            account,
            asked_at: now,
            ends_at: Lifetime::Seconds(wanted.lifetime_seconds).ends_at(now),
            id: None,
        },
    )?;
    let scope: Vec<Text> = wanted.scope.iter().map(|scope| Text::of(scope)).collect();
    let new = NewAuthorization {
        description: &description,
        expires_in: Some(wanted.lifetime_seconds),
        scope: &scope,
    };
    match authorizations::create(heroku, &by, &new) {
        Ok(created) => {
            let account = created.authorization.owner().map(str::to_owned);
            let ends_at = created.authorization.lifetime().ends_at(env.now());
            held.made(&created.authorization.id, ends_at, account)?;
            Ok(Lent { token: created.token, id: created.authorization.id, held, by })
        }
        Err(error) => {
            if !error.outcome_is_unknown() {
                held.close()?;
            }
            Err(not_lent(error))
        }
    }
}

/// Revokes the tokens that killed programs left behind. `None` if there was nothing to do.
///
/// Fails if one cannot be revoked now; the others are revoked nevertheless.
pub fn take_back_left(runner: &Runner<'_>) -> Result<Option<Done>> {
    let others = leases::of_others(runner.env)?;
    if others.left.is_empty() {
        return Ok(None);
    }
    let heroku = runner.heroku()?;
    let (mut revoked, mut failed) = (Vec::new(), None);
    for held in others.left {
        match take_back_one(runner.env, &heroku, &others.held, held.lease()) {
            Ok(Left::Revoked(name)) => {
                revoked.push(name);
                held.close()?;
            }
            Ok(Left::Gone) => held.close()?,
            Ok(Left::Unknown) => {}
            Err(error) => failed = failed.or(Some(not_revoked(held.lease(), &error))),
        }
    }
    match failed {
        Some(error) => Err(error),
        None if revoked.is_empty() => Ok(None),
        None => Ok(Some(Done {
            what: format!("Revoked what `herokey exec` had left behind: {}.", revoked.join(", ")),
            note: String::new(),
        })),
    }
}

/// What became of a token that was left behind.
enum Left {
    /// It is revoked; the name of its authorization.
    Revoked(String),
    /// Heroku never made it, or it has ended.
    Gone,
    /// That cannot be told yet.
    Unknown,
}

fn take_back_one(env: &Env, heroku: &Heroku<'_>, running: &[Lease], lease: &Lease) -> Result<Left> {
    if lease.ends_at.is_some_and(|end| end + CLOCK_TOLERANCE < env.now()) {
        return Ok(Left::Gone);
    }
    if lease.host != env.hosts().api {
        return Ok(Left::Unknown);
    }
    let (_, by) = account_token(env, lease.account.as_deref(), Unlock::Never)?;
    // Without the account's name, the token may belong to another account than this one's.
    let not_found = if lease.account.is_some() { Left::Gone } else { Left::Unknown };
    let id = match &lease.id {
        Some(id) => id.clone(),
        None if running.iter().any(|other| other.id.is_none() && other.description == lease.description) => {
            return Ok(Left::Unknown);
        }
        None => {
            match authorizations::list(heroku, &by)?.into_iter().find(|one| is_asked_for(one, lease, running))
            {
                Some(found) => found.id,
                None => return Ok(not_found),
            }
        }
    };
    if !authorizations::revoke(heroku, &by, &id)? {
        return Ok(not_found);
    }
    if authorizations::list(heroku, &by)?.iter().any(|one| one.id == id) {
        return Err(Error::new(
            Code::HerokuError,
            "Heroku answered as if it were revoked, but still lists it.",
        ));
    }
    Ok(Left::Revoked(format!("“{}”", lease.description)))
}

/// Whether an authorization is the one that this record's program asked for, and not a running program's.
fn is_asked_for(one: &Authorization, lease: &Lease, running: &[Lease]) -> bool {
    let is_recent =
        one.created_at.is_none_or(|created| created.duration_since(lease.asked_at).abs() < CLOCK_TOLERANCE);
    let is_running = running.iter().any(|other| other.id.as_ref() == Some(&one.id));
    one.description == lease.description && is_recent && !is_running
}

fn not_lent(error: Error) -> Error {
    match error.code {
        Code::Forbidden | Code::NotFound | Code::BrowserNeeded => error
            .means("This account may not create authorizations, so the command was not started.")
            .next_step("`herokey exec --own` gives the command the token in use."),
        _ if error.outcome_is_unknown() => error.means(
            "The command was not started. If Heroku made a token, the next Herokey program that starts revokes it.",
        ),
        _ => error.means("The command was not started."),
    }
}

fn not_revoked(lease: &Lease, error: &Error) -> Error {
    let end = lease.ends_at.map(|end| time_in(&TimeZone::system(), end));
    let until = end.map(|end| format!(" It is valid until {end}.")).unwrap_or_default();
    Error::new(Code::PartlyDone, format!("Could not revoke “{}”.", lease.description))
        .means(format!("Only the command had this token.{until}"))
        .next_step("The next Herokey program that starts revokes it; `herokey doctor` shows whether it has.")
        .detail(format!("{} {}", error.what, error.detail).trim())
}
