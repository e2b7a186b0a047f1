//! The history of actions: the journal's entry moves here when the next action begins.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Activity, JournalEntry, Outcome, Program, Verb, activity};
use crate::base::env::Env;
use crate::base::error::{Code, Error};
use crate::base::log;
use crate::base::state_folder;
use crate::base::text::shown_in;
use crate::ledger::damaged;
use crate::ledger::damaged::Content;

const MAX_BYTES: u64 = 1 << 20;
/// Older actions are dropped.
const MAX_ACTIONS: usize = 50;

/// An action that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastAction {
    /// What the action did.
    pub verb: Verb,
    /// The program that ran it.
    pub by: Program,
    /// The account that the token belongs to, if it is known.
    pub account: Option<String>,
    /// When it ended; for an interrupted action, when it started.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
}

/// What Herokey's programs did on this machine, newest first. Leaves out actions that were killed before they changed
/// anything, and interrupted ones until they are finished or given up. Of several renewals in a row only the last is listed.
pub fn history(env: &Env) -> Vec<PastAction> {
    let mut actions = read(env);
    if let Activity::Ended(latest) = activity(env)
        && let Err(error) = add(&mut actions, latest)
    {
        log::notice(&format!(
            "`herokey history` does not list the last action, which could not be recorded ({error})."
        ));
    }
    // A newer Herokey may have written entries that this one cannot read.
    actions
        .into_iter()
        .rev()
        .filter_map(|past| PastAction::deserialize(past).ok())
        .take(MAX_ACTIONS)
        .collect()
}

/// Adds the entry that the journal is about to overwrite. Only while holding the journal's lock.
pub(super) fn append(env: &Env, latest: JournalEntry) -> io::Result<()> {
    let mut actions = read(env);
    if !add(&mut actions, latest)? {
        return Ok(());
    }
    let too_many = actions.len().saturating_sub(MAX_ACTIONS);
    state_folder::write(env, &path(env), &serde_json::to_vec(&actions[too_many..])?)
}

/// False if the entry does not belong in the history, or is there already: a program added it and was killed before it wrote
/// its own action to the journal.
fn add(actions: &mut Vec<Value>, latest: JournalEntry) -> serde_json::Result<bool> {
    let Some(past) = PastAction::of(latest) else { return Ok(false) };
    match actions.last().and_then(|last| PastAction::deserialize(last).ok()) {
        Some(last) if last == past => return Ok(false),
        Some(last) if (last.verb, past.verb) == (Verb::Renew, Verb::Renew) => drop(actions.pop()),
        _ => {}
    }
    actions.push(serde_json::to_value(past)?);
    Ok(true)
}

impl PastAction {
    fn of(entry: JournalEntry) -> Option<Self> {
        let outcome = match entry.outcome {
            // The history never shows the detail, which may be long.
            Some(Outcome::Failed(error)) => Outcome::Failed(Error { detail: String::new(), ..error }),
            Some(done) => done,
            None if entry.must_finish => Outcome::Failed(given_up(entry.verb)),
            None => return None,
        };
        Some(Self {
            verb: entry.verb,
            by: entry.by,
            account: entry.account.filter(|account| !account.is_empty()),
            at: entry.ended_at.unwrap_or(entry.started_at),
            outcome,
        })
    }
}

fn given_up(verb: Verb) -> Error {
    Error::new(
        Code::PartlyDone,
        format!("Herokey was interrupted while {}, and did not finish.", verb.doing()),
    )
    .means("The next action could not finish it either.")
}

/// The path of the history.
pub(in crate::ledger) fn path(env: &Env) -> PathBuf {
    env.state_dir().join("history.json")
}

/// True if the history cannot be read. It then counts as empty.
pub(in crate::ledger) fn is_damaged(env: &Env) -> bool {
    content(env).is_damaged()
}

fn read(env: &Env) -> Vec<Value> {
    let mut actions = content(env).read().unwrap_or_default();
    actions.iter_mut().for_each(shown_in);
    actions
}

fn content(env: &Env) -> Content<Vec<Value>> {
    damaged::read(&path(env), MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::super::tests::machine;
    use super::*;

    fn link(env: &Env, what: &str) {
        run(env, Verb::Link, what);
    }

    fn run(env: &Env, verb: Verb, what: &str) {
        let journal = Journal::begin(env, verb, Program::Terminal).unwrap();
        journal.end(env, Outcome::Done { what: what.to_owned(), note: String::new() }).unwrap();
    }

    fn listed(env: &Env) -> Vec<String> {
        let what = |past: PastAction| match past.outcome {
            Outcome::Done { what, .. } => what,
            Outcome::Failed(error) => error.what,
        };
        history(env).into_iter().map(what).collect()
    }

    #[test]
    fn lists_the_newest_first_and_drops_the_oldest() {
        let (_home, env) = machine();
        assert!(history(&env).is_empty());
        for number in 0..=MAX_ACTIONS {
            link(&env, &number.to_string());
        }
        let expected: Vec<_> = (1..=MAX_ACTIONS).rev().map(|number| number.to_string()).collect();
        assert_eq!(listed(&env), expected);
    }

    #[test]
    fn leaves_out_what_was_killed_before_it_changed_anything() {
        let (_home, env) = machine();
        link(&env, "before");
        drop(Journal::begin(&env, Verb::LogIn, Program::Window).unwrap());
        assert_eq!(listed(&env), ["before"]);
        link(&env, "after");
        assert_eq!(listed(&env), ["after", "before"]);
    }

    #[test]
    fn lists_no_action_twice() {
        let (_home, env) = machine();
        link(&env, "once");
        // Like a program that is killed before it writes its own action to the journal.
        let Activity::Ended(entry) = activity(&env) else { panic!("the action has ended") };
        append(&env, entry).unwrap();
        assert_eq!(listed(&env), ["once"]);
        link(&env, "then");
        assert_eq!(listed(&env), ["then", "once"]);
    }

    #[test]
    fn lists_only_the_last_of_several_renewals() {
        let (_home, env) = machine();
        link(&env, "before");
        for number in 1..=3 {
            run(&env, Verb::Renew, &number.to_string());
        }
        assert_eq!(listed(&env), ["3", "before"]);
        link(&env, "after");
        assert_eq!(listed(&env), ["after", "3", "before"]);
    }

    #[test]
    fn lists_an_interrupted_action_once_it_is_given_up() {
        let (_home, env) = machine();
        let mut journal = Journal::begin(&env, Verb::MoveToken, Program::Window).unwrap();
        journal.commit_to("", crate::stores::Store::Netrc).unwrap();
        drop(journal);
        assert!(listed(&env).is_empty(), "it may still be finished");
        link(&env, "after");
        assert_eq!(
            listed(&env),
            ["after", "Herokey was interrupted while moving the token, and did not finish."]
        );
        assert_eq!(history(&env)[1].account, None);
    }

    #[test]
    fn keeps_a_newer_herokeys_actions_and_replaces_nonsense() {
        let (_home, env) = machine();
        link(&env, "before");
        link(&env, "after");
        let newer = std::fs::read_to_string(path(&env)).unwrap().replace("\"link\"", "\"teleport\"");
        std::fs::write(path(&env), newer).unwrap();
        link(&env, "later");
        assert_eq!(listed(&env), ["later", "after"]);
        assert!(std::fs::read_to_string(path(&env)).unwrap().contains("teleport"));
        std::fs::write(path(&env), "not JSON").unwrap();
        link(&env, "last");
        assert_eq!(listed(&env), ["last", "later"]);
    }

    #[test]
    fn sets_aside_a_history_that_it_cannot_read() {
        let (_home, env) = machine();
        link(&env, "before");
        let long = vec![b' '; usize::try_from(MAX_BYTES).unwrap() + 1];
        std::fs::write(path(&env), &long).unwrap();
        assert!(is_damaged(&env));
        link(&env, "after");
        assert_eq!(listed(&env), ["after", "before"]);
        assert_eq!(std::fs::read(path(&env).with_file_name("history.json.damaged-1")).unwrap(), long);
    }
}
