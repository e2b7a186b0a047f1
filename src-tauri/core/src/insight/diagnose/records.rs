//! Herokey's own folder and the records in it.

use super::{Problem, Severity, problem, problem_of};
use crate::insight::facts::Facts;
use crate::ledger::damaged::Damaged;

pub(super) fn find(facts: &Facts, problems: &mut Vec<Problem>) {
    problems.extend(facts.unwritable.as_ref().map(|error| problem_of("state-folder-not-writable", error)));
    problems.extend(facts.damaged.iter().map(damaged));
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
