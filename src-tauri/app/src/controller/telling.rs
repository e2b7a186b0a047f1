//! Whose turn it is to tell the listener.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Has the newest state told last, whoever changes it meanwhile.
#[derive(Debug, Default)]
pub(super) struct Telling(AtomicUsize);

impl Telling {
    /// Tells, or leaves that to the thread that is at it, which goes on for those that come meanwhile: what is told may
    /// itself ask for a change.
    pub(super) fn tell(&self, tell: impl Fn()) {
        if self.0.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        loop {
            let asked = self.0.load(Ordering::Acquire);
            tell();
            if self.0.compare_exchange(asked, 0, Ordering::AcqRel, Ordering::Acquire).is_ok() {
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
    fn the_newest_state_is_told_last() {
        let (telling, state, told) = (Telling::default(), AtomicUsize::new(0), Mutex::new(Vec::new()));
        let change = || {
            for _ in 0..2000 {
                state.fetch_add(1, Ordering::AcqRel);
                telling.tell(|| {
                    let seen = state.load(Ordering::Acquire);
                    std::thread::yield_now();
                    told.lock().unwrap().push(seen);
                });
            }
        };
        std::thread::scope(|threads| (0..4).for_each(|_| drop(threads.spawn(change))));
        let told = told.into_inner().unwrap();
        assert!(told.is_sorted());
        assert_eq!(told.last(), Some(&8000));
    }

    #[test]
    fn what_is_told_may_change_the_state() {
        let (telling, told) = (Telling::default(), AtomicUsize::new(0));
        telling.tell(|| {
            if told.fetch_add(1, Ordering::AcqRel) == 0 {
                telling.tell(|| unreachable!("left to the one that is at it"));
            }
        });
        assert_eq!(told.into_inner(), 2);
    }
}
