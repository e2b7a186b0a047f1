//! What was done before: the journal's last entry goes here when the next action begins.

use std::io;
use std::path::PathBuf;

use super::{Activity, Entry, activity};
use crate::env::Env;
use crate::store::file;

const LIMIT: u64 = 1 << 20;
/// Of what is older nobody needs to know.
const MOST: usize = 50;

/// What Herokey's programs did on this machine and how it ended, the newest first. What was killed before it changed
/// anything is not among it, and what was left half done only once it is finished.
pub fn history(env: &Env) -> Vec<Entry> {
    let mut entries = read(env);
    if let Activity::Ended(latest) = activity(env)
        && is_new(&entries, &latest)
    {
        entries.push(latest);
    }
    entries.reverse();
    entries
}

/// Keeps an entry that the journal is about to lose. Only under the journal's lock.
pub(super) fn keep(env: &Env, latest: Entry) -> io::Result<()> {
    let mut entries = read(env);
    if latest.outcome.is_none() || !is_new(&entries, &latest) {
        return Ok(());
    }
    // Its steps and what they must know served to finish it.
    entries.push(Entry { done: Vec::new(), regeneration: None, ..latest });
    let older = entries.len().saturating_sub(MOST);
    file::sweep(&path(env))?;
    file::write(&path(env), &serde_json::to_vec(&entries[older..])?)
}

/// False for one that was kept by a program that was killed before its own action stood in the journal.
fn is_new(entries: &[Entry], latest: &Entry) -> bool {
    entries.last().is_none_or(|last| (last.started_at, last.verb) != (latest.started_at, latest.verb))
}

fn path(env: &Env) -> PathBuf {
    env.state_dir().join("history.json")
}

fn read(env: &Env) -> Vec<Entry> {
    // One that cannot be read tells nothing; the next action begins a new one.
    let bytes = file::read(&path(env), LIMIT).ok().flatten().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::machine;
    use super::super::{Journal, Outcome, Program, Verb};
    use super::*;

    fn act(env: &Env, what: &str) {
        let journal = Journal::begin(env, Verb::Link, Program::Terminal).unwrap();
        journal.end(env, Outcome::Done { what: what.to_owned(), note: String::new() }).unwrap();
    }

    fn told(env: &Env) -> Vec<String> {
        let what = |entry: Entry| match entry.outcome {
            Some(Outcome::Done { what, .. }) => what,
            other => format!("{other:?}"),
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
        let expected: Vec<_> = (0..=MOST).rev().map(|number| number.to_string()).collect();
        assert_eq!(told(&env), expected);
        act(&env, "one more");
        assert_eq!(told(&env).len(), MOST + 1);
        assert_eq!(told(&env).last().map(String::as_str), Some("1"));
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
    fn one_that_cannot_be_read_is_begun_anew() {
        let (_home, env) = machine();
        act(&env, "before");
        std::fs::write(path(&env), "not JSON").unwrap();
        act(&env, "after");
        assert_eq!(told(&env), ["after", "before"]);
    }
}
