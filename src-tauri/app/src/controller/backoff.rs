//! When to ask Heroku about a token: once for a token that is new here, when a window opens, and when the user asks. After
//! a failure Herokey asks again, each time after a longer pause.

use jiff::{SignedDuration, Timestamp};

use herokey_core::base::token::Trace;

/// The pause after the first failure. Each further pause is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// What was asked so far, and when to ask again.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    about: Option<Trace>,
    failures: u32,
    next_try: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    forced: bool,
}

impl Backoff {
    /// Makes the next [`begin`](Self::begin) answer true, whatever is known.
    pub(super) fn force(&mut self) {
        self.forced = true;
    }

    /// True if it is time to ask about this token; it then counts as asked. `known`: Heroku has said something about it.
    pub(super) fn begin(&mut self, trace: &Trace, known: bool, now: Timestamp) -> bool {
        let is_new = self.about.as_ref() != Some(trace);
        // After the clock was set back, the pause would last as long as the clock was ahead.
        let was_ahead = self.failed_at.is_some_and(|failed| now < failed);
        let again = self.next_try.is_some_and(|at| at <= now || was_ahead);
        let is_due = self.forced || !known && (is_new || again);
        if is_due {
            if is_new {
                self.failures = 0;
            }
            self.about = Some(trace.clone());
            (self.next_try, self.forced) = (None, false);
        }
        is_due
    }

    /// Records that Heroku could not be reached.
    pub(super) fn failed(&mut self, now: Timestamp) {
        let pause = FIRST_PAUSE * 2_i32.saturating_pow(self.failures.min(20));
        self.failures += 1;
        self.failed_at = Some(now);
        self.next_try = now.checked_add(pause.min(LONGEST_PAUSE)).ok();
    }

    /// Makes a failed question due now, because a network may be back. False if nothing failed.
    pub(super) fn retry_now(&mut self, now: Timestamp) -> bool {
        if self.next_try.is_none() {
            return false;
        }
        (self.failures, self.next_try) = (0, Some(now));
        true
    }

    /// When to ask again after a failure.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.next_try
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herokey_core::fixture::trace;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    #[test]
    fn asks_once_for_each_new_token() {
        let mut backoff = Backoff::default();
        assert!(backoff.begin(&trace("one"), false, at(0)));
        assert!(!backoff.begin(&trace("one"), false, at(1)), "even if nothing could be recorded");
        assert!(backoff.begin(&trace("two"), false, at(1)));
        assert!(!backoff.begin(&trace("three"), true, at(1)), "nothing is left to ask");
        backoff.force();
        assert!(backoff.begin(&trace("three"), true, at(1)));
        assert!(!backoff.begin(&trace("three"), true, at(2)));
    }

    #[test]
    fn a_clock_that_is_set_back_ends_the_pause() {
        let mut backoff = Backoff::default();
        let ahead = 60 * 24 * 3650;
        assert!(backoff.begin(&trace("one"), false, at(ahead)));
        backoff.failed(at(ahead));
        assert!(!backoff.begin(&trace("one"), false, at(ahead)));
        assert!(backoff.begin(&trace("one"), false, at(0)));
    }

    #[test]
    fn pauses_grow_while_offline() {
        let mut backoff = Backoff::default();
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..13 {
            assert!(backoff.begin(&trace("one"), false, now));
            backoff.failed(now);
            let next = backoff.next_try().unwrap();
            assert!(!backoff.begin(&trace("one"), false, now));
            pauses.push(next.duration_since(now).as_mins());
            now = next;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]);
        assert!(
            backoff.retry_now(at(0)) && backoff.begin(&trace("one"), false, at(0)),
            "the network is back"
        );
        assert!(!backoff.retry_now(at(0)), "nothing has failed since");
        assert!(backoff.begin(&trace("two"), false, now));
        backoff.failed(now);
        assert_eq!(backoff.next_try().unwrap().duration_since(now).as_mins(), 1);
    }
}
