//! `herokey authorizations` and `herokey revoke`: who can act as the account.

use std::io::{self, Write};

use herokey_core::action::access;
use herokey_core::action::access::{Access, AccessKind, rights};
use herokey_core::action::{self, Action, Done, NewAccess, Runner};
use herokey_core::base::expiry::{day_in, time_in};
use herokey_core::heroku::authorizations::Lifetime;
use herokey_core::heroku::{Cancel, Heroku};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Env, Result};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::Failure;
use crate::args::{Authorizations, AuthorizationsCommand, Delivery, Revoke};
use crate::delivery::Place;
use crate::prompt::Prompter;
use crate::style::Style;
use crate::terminal::{self, perform, print_done, with_runner};

pub(crate) fn run(env: &Env, args: Authorizations) -> Result<(), Failure> {
    match args.command {
        None => list(env, args.team.as_deref(), args.json),
        Some(AuthorizationsCommand::Create { scope, expires_in, description, team, delivery }) => {
            let description = description.unwrap_or_default();
            let new = NewAccess { description, scope, lifetime_seconds: expires_in, team };
            make(env, &delivery, |runner, place| {
                action::authorize(runner, &new, |token| place.deliver(env, token))
            })
        }
        Some(AuthorizationsCommand::Regenerate { id, team, delivery }) => {
            make(env, &delivery, |runner, place| {
                action::new_token(runner, &id, team.as_deref(), |token| place.deliver(env, token))
            })
        }
    }
}

fn make(
    env: &Env,
    delivery: &Delivery,
    make: impl FnOnce(&Runner<'_>, Place<'_>) -> Result<Done>,
) -> Result<(), Failure> {
    let place = Place::prepare(env, delivery)?;
    let done = with_runner(env, &Prompter::new(env), |runner| make(runner, place))?;
    print_done(&done);
    Ok(())
}

fn list(env: &Env, team: Option<&str>, json: bool) -> Result<(), Failure> {
    let found = lookup::require_token(env, Unlock::Ask)?;
    let prompter = Prompter::new(env);
    let heroku = Heroku::connect(env, Cancel::new(), &prompter)?;
    let all = access::all(env, &heroku, &found.token, team)?;
    let mut out = terminal::stdout();
    if json {
        let all_of =
            |kind| all.iter().filter(move |access| access.kind == kind).map(|access| report(env, access));
        let report = json!({
            "schema": 1,
            "authorizations": all_of(AccessKind::Authorization).collect::<Vec<_>>(),
            "sessions": all_of(AccessKind::Session).collect::<Vec<_>>(),
        });
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    for access in &all {
        print(env, &mut out, access)?;
    }
    Ok(())
}

pub(crate) fn revoke(env: &Env, args: Revoke) -> Result<()> {
    perform(
        env,
        &Prompter { assume_yes: args.yes, ..Prompter::new(env) },
        &Action::Revoke { id: args.id, team: args.team },
    )
}

fn report(env: &Env, access: &Access) -> Value {
    let expires = match access.lifetime {
        Lifetime::Unknown => "unknown",
        Lifetime::Forever => "never",
        Lifetime::Seconds(_) => "at",
    };
    json!({
        "id": access.id,
        "description": access.description,
        "scope": access.scope,
        "created_at": access.created_at,
        "expires": expires,
        "expires_at": access.lifetime.ends_at(env.now()),
        "this_machine": access.this_machine,
        "default": access.default,
    })
}

fn print(env: &Env, out: &mut impl Write, access: &Access) -> io::Result<()> {
    let mut marks = Vec::new();
    if access.kind == AccessKind::Session {
        marks.push("session");
    }
    if access.this_machine {
        marks.push(if access.kind == AccessKind::Session {
            "perhaps this machine's"
        } else {
            "this machine's"
        });
    }
    if access.default {
        marks.push("the dashboard's API key");
    }
    let name = if access.description.is_empty() { "(no description)" } else { &access.description };
    writeln!(out, "{}", Style::Title.paint(name))?;
    if !marks.is_empty() {
        writeln!(out, "  {}", Style::Warning.paint(marks.join(", ")))?;
    }
    let zone = TimeZone::system();
    let created = access.created_at.map_or_else(|| "unknown".to_owned(), |at| day_in(&zone, at));
    let expires = match (access.lifetime, access.lifetime.ends_at(env.now())) {
        (Lifetime::Forever, _) => "never".to_owned(),
        (_, Some(at)) => time_in(&zone, at),
        _ => "unknown".to_owned(),
    };
    writeln!(out, "  id       {}", access.id)?;
    if !access.scope.is_empty() {
        writeln!(out, "  scope    {} ({})", access.scope.join(", "), rights(&access.scope))?;
    }
    writeln!(out, "  created  {created}\n  expires  {expires}")
}
