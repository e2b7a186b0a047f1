//! Herokey's own folder and the records in it, and its entry for the start at login.

use super::{Problem, Severity, problem, problem_of};
use crate::base::expiry::time_in;
use crate::insight::facts::{BrokenAutostart, Facts};
use crate::insight::remedy::{Fix, Remedy};
use crate::ledger::damaged::Damaged;
use crate::ledger::leases::Lease;

pub(super) fn find(facts: &Facts, problems: &mut Vec<Problem>) {
    problems.extend(facts.unwritable.as_ref().map(|error| problem_of("state-folder-not-writable", error)));
    problems.extend(facts.damaged.iter().map(damaged));
    problems.extend(facts.left_leases.iter().map(|lease| left_lease(facts, lease)));
    problems.extend(facts.broken_autostart.as_ref().map(broken_autostart));
}

/// The session starts nothing, and says nothing.
fn broken_autostart(entry: &BrokenAutostart) -> Problem {
    let BrokenAutostart { path, shown, program, replacement } = entry;
    let found = problem(
        "autostart-broken",
        Severity::Warning,
        "Herokey does not start at login",
        format!("{shown} should start {program}, which is not there any more."),
        format!("Delete {shown}, or install Herokey again and turn on “Start at login” in its menu."),
    );
    let Some(replacement) = replacement else { return found };
    let effect = format!("Makes {shown} start {replacement}.");
    found.fixed_by(Fix::Autostart { path: path.clone() }, effect).safe_if(true)
}

/// `herokey exec` was killed before it revoked its command's token.
fn left_lease(facts: &Facts, lease: &Lease) -> Problem {
    let until = match lease.ends_at {
        Some(end) => format!("until {}", time_in(&facts.time_zone, end)),
        None => "without an end".to_owned(),
    };
    let message = match &lease.id {
        Some(_) => format!(
            "`herokey exec` was stopped before it could revoke “{}”. Only that command had its token, which Heroku \
             accepts {until}.",
            lease.description
        ),
        None => format!(
            "`herokey exec` asked Heroku for “{}” and got no answer. If Heroku made that token, nobody has it, and it \
             is valid {until}.",
            lease.description
        ),
    };
    let found = problem(
        "exec-token-left",
        Severity::Warning,
        "The token of a command may still be valid",
        message,
        "Start Herokey, which revokes it.",
    );
    found.offer(Remedy::FinishAction, "Revokes the token.").safe_if(true)
}

fn damaged(found: &Damaged) -> Problem {
    let Damaged { record, shown, set_aside } = found;
    let (what, next_step) = if *set_aside {
        (
            "renamed it to this and uses a new file",
            format!("Delete {shown} once you do not need it any more."),
        )
    } else {
        (
            "will rename it before it writes a new one",
            "Nothing has to be done: Herokey goes on without it.".to_owned(),
        )
    };
    let message = format!(
        "{shown} is empty or damaged, comes from a newer Herokey, or is not readable. Herokey {what}. {}",
        record.loss()
    );
    problem("record-damaged", Severity::Warning, "Herokey cannot read one of its records", message, next_step)
}
