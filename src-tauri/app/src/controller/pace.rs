//! When to look at the machine: soon after a change, however many more follow, and seldom enough that looking stays cheap.

use std::time::{Duration, Instant};

/// Changes come in bursts: a program writes a file, renames it, sets its mode. One look after the last of them is enough.
const QUIET: Duration = Duration::from_millis(60);
/// How long after the first change of a burst a look starts at the latest.
const LATEST: Duration = Duration::from_millis(500);
/// Looks take at most one part in so many of the time of a processor, unless [`LONGEST_PAUSE`] ends first. With what it
/// takes to hear of the changes, that is less than one part in 20.
const SHARE: u32 = 40;
/// However costly a look was, changes are seen after this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The changes since the last look, and what that look cost.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The first and the last change since the last look.
    changes: Option<(Instant, Instant)>,
    /// When to look although nothing may have changed.
    later: Option<Instant>,
    not_before: Option<Instant>,
}

impl Pace {
    /// Something changed.
    pub(super) fn changed(&mut self, now: Instant) {
        let (first, _) = self.changes.unwrap_or((now, now));
        self.changes = Some((first, now));
    }

    /// Asks for a look at this moment, or before.
    pub(super) fn look_at(&mut self, moment: Instant) {
        self.later = Some(self.later.map_or(moment, |later| later.min(moment)));
    }

    /// Somebody waits for a look, so that its cost does not matter.
    pub(super) fn asked(&mut self, now: Instant) {
        self.not_before = None;
        self.look_at(now);
    }

    /// When to look next; `None` if nothing has changed.
    pub(super) fn next(&self) -> Option<Instant> {
        let after_burst = self.changes.map(|(first, last)| (last + QUIET).min(first + LATEST));
        let next = after_burst.into_iter().chain(self.later).min()?;
        Some(self.not_before.map_or(next, |not_before| next.max(not_before)))
    }

    /// A look begins: what changes from now on needs another one.
    pub(super) fn begin(&mut self) {
        (self.changes, self.later) = (None, None);
    }

    /// A look ended, which cost this much of a processor's time.
    pub(super) fn ended(&mut self, now: Instant, cost: Duration) {
        self.not_before = Some(now + pause_after(cost));
    }
}

/// How long not to do again what costs this much of a processor's time.
pub(super) fn pause_after(cost: Duration) -> Duration {
    (cost * (SHARE - 1)).min(LONGEST_PAUSE)
}

/// The processor's time that this process and the programs it ran have taken so far.
#[cfg(unix)]
pub(super) fn processor_time() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;

    let spent = |time: TimeVal| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
        Duration::from_secs(seconds)
            + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
    };
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .into_iter()
        .filter_map(|who| getrusage(who).ok())
        .map(|usage| spent(usage.user_time()) + spent(usage.system_time()))
        .sum()
}

/// Elsewhere the time that passes stands for it, which may be far more.
#[cfg(not(unix))]
pub(super) fn processor_time() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGES_EVERY: Duration = Duration::from_millis(10);

    /// The time from the first of many changes to each of the first looks, in milliseconds.
    fn looks(cost: Duration) -> Vec<u128> {
        let start = Instant::now();
        let (mut pace, mut now, mut looks) = (Pace::default(), start, Vec::new());
        while looks.len() < 4 {
            pace.changed(now);
            now += CHANGES_EVERY;
            if pace.next().is_some_and(|next| next <= now) {
                looks.push((now - start).as_millis());
                pace.begin();
                pace.ended(now, cost);
            }
        }
        looks
    }

    #[test]
    fn a_single_change_is_seen_soon() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.next(), None);
        pace.changed(now);
        pace.changed(now + CHANGES_EVERY);
        assert_eq!(pace.next(), Some(now + CHANGES_EVERY + QUIET));
        pace.begin();
        assert_eq!(pace.next(), None);
    }

    #[test]
    fn changes_without_end_are_seen_within_half_a_second() {
        assert_eq!(looks(Duration::from_millis(10)), [500, 1000, 1500, 2000]);
    }

    #[test]
    fn costly_looks_are_rare() {
        assert_eq!(looks(Duration::from_millis(50)), [500, 2450, 4400, 6350]);
    }

    #[test]
    fn even_after_a_very_costly_look_changes_are_seen() {
        assert_eq!(looks(Duration::from_secs(1)), [500, 5500, 10_500, 15_500]);
    }

    #[test]
    fn who_asks_does_not_wait() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.ended(now, Duration::from_secs(1));
        pace.asked(now);
        assert_eq!(pace.next(), Some(now));
    }

    #[test]
    fn a_look_can_be_asked_for() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.look_at(now + LATEST);
        pace.look_at(now + LATEST * 2);
        assert_eq!(pace.next(), Some(now + LATEST));
    }

    #[cfg(unix)]
    #[test]
    fn the_time_of_programs_counts() {
        let before = processor_time();
        let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", script]).status().unwrap().success());
        assert!(processor_time().saturating_sub(before) > Duration::from_millis(2));
    }
}
