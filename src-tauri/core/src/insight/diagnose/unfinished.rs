//! An action that was interrupted, and what finishing it does.

use super::{Problem, Severity, problem};
use crate::base::expiry::time_in;
use crate::insight::facts::Facts;
use crate::insight::remedy::Remedy;
use crate::ledger::journal::{Activity, JournalEntry, Newer, Verb};
use crate::stores::Store;

pub(super) fn find(facts: &Facts) -> Option<Problem> {
    match &facts.activity {
        Activity::Interrupted(entry) => Some(interrupted(facts, entry)),
        Activity::InterruptedNewer(newer) => Some(interrupted_newer(facts, newer)),
        Activity::Idle | Activity::Running(_) | Activity::Ended(_) => None,
    }
}

fn interrupted(facts: &Facts, entry: &JournalEntry) -> Problem {
    let done = entry.done.last().map_or("none", String::as_str);
    let doing = entry.verb.doing();
    let found = problem(
        "unfinished-action",
        Severity::Error,
        "An action was interrupted",
        format!(
            "Herokey was interrupted while {doing} (started {}, last completed step: {done}).",
            time_in(&facts.time_zone, entry.started_at)
        ),
        "Start Herokey, which finishes the action.",
    );
    found.offer(Remedy::FinishAction, finishing(facts, entry)).safe_if(true)
}

/// Nothing that this Herokey does would be right, so it leaves the action and its journal alone.
fn interrupted_newer(facts: &Facts, newer: &Newer) -> Problem {
    let Newer { verb, started_at, shown } = newer;
    let started = started_at.map(|at| format!(", started {}", time_in(&facts.time_zone, at)));
    problem(
        "unfinished-newer-action",
        Severity::Error,
        "A newer Herokey was interrupted",
        format!(
            "{shown} says that it has not finished its action ({verb}{}). This Herokey does not know how to, and changes \
             nothing until that is done.",
            started.unwrap_or_default()
        ),
        "Install the newest Herokey and start it, which finishes the action.",
    )
}

/// What finishing the action will do (`action::finish`).
fn finishing(facts: &Facts, entry: &JournalEntry) -> String {
    let place = |store| if store == Store::Netrc { ".netrc" } else { "the keychain" };
    match (entry.verb, entry.place) {
        (Verb::MoveToken, Some(to)) => {
            let (to, from, keeps) = (place(to), place(to.other()), to == Store::Keychain && facts.netrc.chosen_by_user);
            let end = if keeps { "and leaves the copy in" } else { "then removes it from" };
            format!("Stores the token in {to} and reads it back, points heroku and git at it, {end} {from}.")
        }
        (Verb::Forget, Some(at)) => format!("Removes the copy of the token from {}.", place(at)),
        (Verb::LogIn, Some(at)) => {
            format!("Points heroku and git at the token in {}. If it is not there, only says so.", place(at))
        }
        (Verb::LogOut, _) => {
            "Removes the copies of the token that are left on this machine. Does not ask Heroku.".to_owned()
        }
        (Verb::Regenerate, _) => {
            "If the new token is stored, puts it in every place of the old one, then revokes the old one. If not, keeps \
             the old token and revokes the new one."
                .to_owned()
        }
        (Verb::Renew, _) => "Puts the renewed token in every place of the old one.".to_owned(),
        (Verb::Authorize, _) => "Only says which authorization may be left over at Heroku.".to_owned(),
        (
            Verb::MoveToken
            | Verb::Forget
            | Verb::LogIn
            | Verb::GitHelper
            | Verb::DockerHelper
            | Verb::Link
            | Verb::Revoke
            | Verb::SshKeys
            | Verb::Fix
            | Verb::Undo
            | Verb::UseAccount,
            _,
        ) => "Nothing is left to finish. Removes the action from the journal.".to_owned(),
    }
}
