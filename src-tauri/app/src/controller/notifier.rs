//! Calls the listener so that the newest state always arrives last.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Serializes notifications from several threads.
#[derive(Debug, Default)]
pub(super) struct Notifier(AtomicUsize);

impl Notifier {
    /// Calls `notify`. If a thread is already notifying, it repeats once more instead, so the newest state arrives last.
    /// `notify` itself may change the state.
    pub(super) fn notify(&self, notify: impl Fn()) {
        if self.0.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        loop {
            let pending = self.0.load(Ordering::Acquire);
            notify();
            if self.0.compare_exchange(pending, 0, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_newest_state_arrives_last() {
        let (notifier, state, seen) = (Notifier::default(), AtomicUsize::new(0), Mutex::new(Vec::new()));
        let change = || {
            for _ in 0..2000 {
                state.fetch_add(1, Ordering::AcqRel);
                notifier.notify(|| {
                    let now = state.load(Ordering::Acquire);
                    std::thread::yield_now();
                    seen.lock().unwrap().push(now);
                });
            }
        };
        std::thread::scope(|threads| (0..4).for_each(|_| drop(threads.spawn(change))));
        let seen = seen.into_inner().unwrap();
        assert!(seen.is_sorted());
        assert_eq!(seen.last(), Some(&8000));
    }

    #[test]
    fn a_listener_may_change_the_state() {
        let (notifier, calls) = (Notifier::default(), AtomicUsize::new(0));
        notifier.notify(|| {
            if calls.fetch_add(1, Ordering::AcqRel) == 0 {
                notifier.notify(|| unreachable!("the outer call repeats instead"));
            }
        });
        assert_eq!(calls.into_inner(), 2);
    }
}
