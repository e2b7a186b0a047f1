//! When Heroku is asked about the token in use: once for a token that is new here, when a window opens, and when a
//! person asks. Where it could not be asked, again later, and each time later. Nothing is asked over and over.

use jiff::{SignedDuration, Timestamp};

use herokey_core::base::token::Trace;

/// The first pause after Heroku could not be reached; each is twice the one before.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// What has been asked so far.
#[derive(Debug, Default)]
pub(super) struct Asking {
    about: Option<Trace>,
    failures: u32,
    again_at: Option<Timestamp>,
    wanted: bool,
}

impl Asking {
    /// Asks at the next look, whatever is known.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// True if Heroku is to be asked now; it counts as asked then. `known`: it has said something about this token.
    pub(super) fn begin(&mut self, trace: &Trace, known: bool, now: Timestamp) -> bool {
        let is_new = self.about.as_ref() != Some(trace);
        let again = self.again_at.is_some_and(|at| at <= now);
        let asks = self.wanted || !known && (is_new || again);
        if asks {
            if is_new {
                self.failures = 0;
            }
            self.about = Some(trace.clone());
            (self.again_at, self.wanted) = (None, false);
        }
        asks
    }

    /// Heroku could not be reached.
    pub(super) fn failed(&mut self, now: Timestamp) {
        let pause = FIRST_PAUSE * 2_i32.saturating_pow(self.failures.min(20));
        self.failures += 1;
        self.again_at = now.checked_add(pause.min(LONGEST_PAUSE)).ok();
    }

    /// There is a network again, perhaps: what failed is due now. False where nothing did.
    pub(super) fn retry(&mut self, now: Timestamp) -> bool {
        if self.again_at.is_none() {
            return false;
        }
        (self.failures, self.again_at) = (0, Some(now));
        true
    }

    /// When to look again because of a failure.
    pub(super) fn again_at(&self) -> Option<Timestamp> {
        self.again_at
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
    fn once_for_each_new_token() {
        let mut asking = Asking::default();
        assert!(asking.begin(&trace("one"), false, at(0)));
        assert!(!asking.begin(&trace("one"), false, at(1)), "even where nothing could be remembered");
        assert!(asking.begin(&trace("two"), false, at(1)));
        assert!(!asking.begin(&trace("three"), true, at(1)), "what is known need not be asked");
        asking.want();
        assert!(asking.begin(&trace("three"), true, at(1)));
        assert!(!asking.begin(&trace("three"), true, at(2)));
    }

    #[test]
    fn offline_it_tries_less_and_less_often() {
        let mut asking = Asking::default();
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..13 {
            assert!(asking.begin(&trace("one"), false, now));
            asking.failed(now);
            let next = asking.again_at().unwrap();
            assert!(!asking.begin(&trace("one"), false, now));
            pauses.push(next.duration_since(now).as_mins());
            now = next;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]);
        assert!(asking.retry(at(0)) && asking.begin(&trace("one"), false, at(0)), "the network is back");
        assert!(!asking.retry(at(0)), "nothing has failed since");
        assert!(asking.begin(&trace("two"), false, now));
        asking.failed(now);
        assert_eq!(asking.again_at().unwrap().duration_since(now).as_mins(), 1);
    }
}
