//! What was done before: the journal's last entry goes here when the next action begins.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Activity, Entry, Outcome, Program, Verb, activity};
use crate::base::env::Env;
use crate::base::error::{Code, Error};
use crate::base::files;

const LIMIT: u64 = 1 << 20;
/// Of what is older nobody needs to know.
const MOST: usize = 50;

/// An action that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// What.
    pub verb: Verb,
    /// Who did it.
    pub by: Program,
    /// Whose token, where that is known.
    pub account: Option<String>,
    /// When it ended; of one that was given up half done, when it began.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
}

/// What Herokey's programs did on this machine, the newest first. What was killed before it changed anything is not
/// among it, and what was left half done only once it is finished or given up. Of renewals in a row there is the last.
pub fn history(env: &Env) -> Vec<Past> {
    let mut kept = read(env).unwrap_or_default();
    if let Activity::Ended(latest) = activity(env)
        && let Err(error) = add(&mut kept, latest)
    {
        tracing::warn!(%error, "the last action is not told");
    }
    // What a newer Herokey wrote may mean nothing here.
    kept.into_iter().rev().filter_map(|past| Past::deserialize(past).ok()).take(MOST).collect()
}

/// Keeps an entry that the journal is about to lose. Only under the journal's lock.
pub(super) fn keep(env: &Env, latest: Entry) -> io::Result<()> {
    let mut kept = read(env)?;
    if !add(&mut kept, latest)? {
        return Ok(());
    }
    let older = kept.len().saturating_sub(MOST);
    files::sweep(&path(env))?;
    files::write(&path(env), &serde_json::to_vec(&kept[older..])?)
}

/// False where there is nothing to tell, or where a program has kept it that was killed before its own action stood in
/// the journal.
fn add(kept: &mut Vec<Value>, latest: Entry) -> serde_json::Result<bool> {
    let Some(past) = Past::of(latest) else { return Ok(false) };
    match kept.last().and_then(|last| Past::deserialize(last).ok()) {
        Some(last) if last == past => return Ok(false),
        Some(last) if (last.verb, past.verb) == (Verb::Renew, Verb::Renew) => drop(kept.pop()),
        _ => {}
    }
    kept.push(serde_json::to_value(past)?);
    Ok(true)
}

impl Past {
    fn of(entry: Entry) -> Option<Self> {
        let outcome = match entry.outcome {
            // The detail is shown to nobody, and may be long.
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
    Error::new(Code::PartlyDone, format!("Interrupted while {}, and not finished.", verb.doing()))
        .means("The action after it could not finish it either.")
}

fn path(env: &Env) -> PathBuf {
    env.state_dir().join("history.json")
}

fn read(env: &Env) -> io::Result<Vec<Value>> {
    let bytes = files::read(&path(env), LIMIT)?.unwrap_or_default();
    // What is not a list was never written by Herokey.
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::super::tests::machine;
    use super::*;

    fn act(env: &Env, what: &str) {
        end(env, Verb::Link, what);
    }

    fn end(env: &Env, verb: Verb, what: &str) {
        let journal = Journal::begin(env, verb, Program::Terminal).unwrap();
        journal.end(env, Outcome::Done { what: what.to_owned(), note: String::new() }).unwrap();
    }

    fn told(env: &Env) -> Vec<String> {
        let what = |past: Past| match past.outcome {
            Outcome::Done { what, .. } => what,
            Outcome::Failed(error) => error.what,
        };
        history(env).into_iter().map(what).collect()
    }

    #[test]
    fn tells_the_newest_first_and_forgets_the_oldest() {
        let (_home, env) = machine();
        assert!(history(&env).is_empty());
        for number in 0..=MOST {
            act(&env, &number.to_string());
        }
        let expected: Vec<_> = (1..=MOST).rev().map(|number| number.to_string()).collect();
        assert_eq!(told(&env), expected);
    }

    #[test]
    fn what_was_killed_before_it_changed_anything_is_not_told() {
        let (_home, env) = machine();
        act(&env, "before");
        drop(Journal::begin(&env, Verb::LogIn, Program::Window).unwrap());
        assert_eq!(told(&env), ["before"]);
        act(&env, "after");
        assert_eq!(told(&env), ["after", "before"]);
    }

    #[test]
    fn nothing_is_told_twice() {
        let (_home, env) = machine();
        act(&env, "once");
        // As by a program that is killed before its own action stands in the journal.
        let Activity::Ended(entry) = activity(&env) else { panic!("it has ended") };
        keep(&env, entry).unwrap();
        assert_eq!(told(&env), ["once"]);
        act(&env, "then");
        assert_eq!(told(&env), ["then", "once"]);
    }

    #[test]
    fn of_renewals_in_a_row_the_last_is_told() {
        let (_home, env) = machine();
        act(&env, "before");
        for number in 1..=3 {
            end(&env, Verb::Renew, &number.to_string());
        }
        assert_eq!(told(&env), ["3", "before"]);
        act(&env, "after");
        assert_eq!(told(&env), ["after", "3", "before"]);
    }

    #[test]
    fn what_was_given_up_half_done_is_told() {
        let (_home, env) = machine();
        let mut journal = Journal::begin(&env, Verb::MoveToken, Program::Window).unwrap();
        journal.commit_to("", crate::stores::Place::Netrc).unwrap();
        drop(journal);
        assert!(told(&env).is_empty(), "it may be finished yet");
        act(&env, "after");
        assert_eq!(told(&env), ["after", "Interrupted while moving the token, and not finished."]);
        assert_eq!(history(&env)[1].account, None);
    }

    #[test]
    fn what_a_newer_herokey_did_is_kept_and_what_is_no_list_is_not() {
        let (_home, env) = machine();
        act(&env, "before");
        act(&env, "after");
        let newer = std::fs::read_to_string(path(&env)).unwrap().replace("\"link\"", "\"teleport\"");
        std::fs::write(path(&env), newer).unwrap();
        act(&env, "later");
        assert_eq!(told(&env), ["later", "after"]);
        assert!(std::fs::read_to_string(path(&env)).unwrap().contains("teleport"));
        std::fs::write(path(&env), "not JSON").unwrap();
        act(&env, "last");
        assert_eq!(told(&env), ["last", "later"]);
    }

    #[test]
    fn one_that_cannot_be_read_stays_as_it_is() {
        let (_home, env) = machine();
        act(&env, "before");
        let long = vec![b' '; usize::try_from(LIMIT).unwrap() + 1];
        std::fs::write(path(&env), &long).unwrap();
        act(&env, "after");
        assert_eq!(told(&env), ["after"]);
        assert_eq!(std::fs::read(path(&env)).unwrap(), long);
    }
}
