//! The token itself, and what interrupted actions left.

use jiff::{SignedDuration, Timestamp};

use super::Case;
use crate::base::expiry::{Expiry, TokenLifetime};
use crate::fixture::{ME, logged_in, with_api_key, with_lifetime};
use crate::insight::facts::Facts;
use crate::ledger::journal::{self, Activity, JournalEntry, Verb};

pub(super) fn token() -> Vec<Case> {
    let end = Timestamp::from_second(2_000_000_000).unwrap();
    let lifetime = TokenLifetime { expiry: Expiry::At(end), ..TokenLifetime::default() };
    let refused = TokenLifetime { refused_at: Some(end), ..lifetime };
    let before =
        |days: i64| with_lifetime(logged_in(), "one", &lifetime, end - SignedDuration::from_hours(24 * days));
    let api_key = with_lifetime(with_api_key(logged_in(), "key"), "key", &lifetime, end);
    vec![
        ("token-refused", vec![("in the keychain", with_lifetime(logged_in(), "one", &refused, end))]),
        ("token-expired", vec![("in the keychain", before(0)), ("HEROKU_API_KEY", api_key)]),
        ("token-expiring", vec![("three days left", before(3))]),
        (
            "unfinished-action",
            vec![
                ("between two steps", half_done(&["Made a new token", "Stored it in the keychain"])),
                ("before the first step", half_done(&[])),
            ],
        ),
        ("unfinished-newer-action", vec![("of a later version", half_done_by_newer())]),
    ]
}

/// A machine on which a newer Herokey was killed.
fn half_done_by_newer() -> Facts {
    let newer = journal::Newer {
        verb: "fake-verb".to_owned(),
        started_at: Timestamp::from_second(2_000_000_000).ok(),
        shown: "~/.local/state/herokey/journal.json".to_owned(),
    };
    Facts { activity: Activity::InterruptedNewer(newer), ..logged_in() }
}

/// A machine on which a program was killed while it regenerated the token.
fn half_done(done: &[&str]) -> Facts {
    let entry = JournalEntry {
        verb: Verb::Regenerate,
        by: journal::Program::Window,
        started_at: Timestamp::from_second(2_000_000_000).unwrap(),
        account: Some(ME.to_owned()),
        place: None,
        masked: None,
        done: done.iter().map(|step| (*step).to_owned()).collect(),
        regeneration: None,
        must_finish: true,
        outcome: None,
        ended_at: None,
    };
    Facts { activity: Activity::Interrupted(entry), ..logged_in() }
}
