//! One timer for whatever comes next. It stays right when the machine sleeps and when its clock is set.

use std::io;
use std::time::Duration;

use jiff::Timestamp;

pub use system::Alarm;

/// How long until then; zero for a moment in the past.
fn left(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}

/// The kernel's timer on the wall clock: it keeps counting while the machine sleeps, and reports when the clock is set
/// (`timerfd_create(2)`, `TFD_TIMER_CANCEL_ON_SET`).
#[cfg(target_os = "linux")]
mod system {
    use std::os::fd::OwnedFd;
    use std::sync::Arc;
    use std::time::SystemTime;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };

    use super::{Duration, Timestamp, io, left};

    /// Rings at the moment that was set last, until it is dropped.
    pub struct Alarm(Arc<OwnedFd>);

    impl Drop for Alarm {
        fn drop(&mut self) {
            if let Err(error) = self.set(None, Timestamp::UNIX_EPOCH) {
                tracing::warn!(%error, "the timer could not be stopped");
            }
        }
    }

    impl Alarm {
        /// Calls `ring` on a thread of its own, at the moment that was set and whenever the clock is set.
        pub fn start(ring: impl Fn() + Send + 'static) -> io::Result<Self> {
            let timer = Arc::new(timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC)?);
            let waited_for = Arc::clone(&timer);
            let wait = move || {
                let mut count = [0; 8];
                loop {
                    match rustix::io::read(&*waited_for, &mut count) {
                        Ok(_) | Err(rustix::io::Errno::CANCELED) => ring(),
                        Err(rustix::io::Errno::INTR) => {}
                        Err(error) => return tracing::error!(%error, "the timer stopped"),
                    }
                }
            };
            std::thread::Builder::new().name("alarm".to_owned()).spawn(wait)?;
            Ok(Self(timer))
        }

        /// Rings next at this moment, or never. `at` and `now` are times of the same clock.
        pub fn set(&self, at: Option<Timestamp>, now: Timestamp) -> io::Result<()> {
            let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            // All zeros would disarm the timer.
            let moment = at.map(|at| since_1970 + left(at, now).max(Duration::from_nanos(1)));
            let moment = Timespec::try_from(moment.unwrap_or_default()).map_err(io::Error::other)?;
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: moment };
            let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
            match timerfd_settime(&*self.0, flags, &once) {
                // The clock was set since; the timer is armed nonetheless.
                Ok(_) | Err(rustix::io::Errno::CANCELED) => Ok(()),
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// On other systems waiting stops while the machine sleeps, so the timer checks the wall clock now and then.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::mpsc::{self, RecvTimeoutError, Sender};
    use std::time::SystemTime;

    use super::{Duration, Timestamp, io, left};

    /// How long after waking a missed moment may be noticed.
    const MAX_DELAY: Duration = Duration::from_mins(15);

    /// Rings at the moment that was set last, until it is dropped.
    pub struct Alarm(Sender<Option<SystemTime>>);

    impl Alarm {
        /// Calls `ring` on a thread of its own, at the moment that was set.
        pub fn start(ring: impl Fn() + Send + 'static) -> io::Result<Self> {
            let (set, moments) = mpsc::channel();
            let wait = move || {
                let mut moment: Option<SystemTime> = None;
                loop {
                    let next = match moment {
                        None => moments.recv().map_err(RecvTimeoutError::from),
                        Some(at) => {
                            let left = at.duration_since(SystemTime::now()).unwrap_or_default();
                            moments.recv_timeout(left.min(MAX_DELAY))
                        }
                    };
                    match next {
                        Ok(at) => moment = at,
                        Err(RecvTimeoutError::Disconnected) => return,
                        Err(RecvTimeoutError::Timeout) => {
                            if moment.is_some_and(|at| at <= SystemTime::now()) {
                                moment = None;
                                ring();
                            }
                        }
                    }
                }
            };
            std::thread::Builder::new().name("alarm".to_owned()).spawn(wait)?;
            Ok(Self(set))
        }

        /// Rings next at this moment, or never. `at` and `now` are times of the same clock.
        pub fn set(&self, at: Option<Timestamp>, now: Timestamp) -> io::Result<()> {
            let moment = at.map(|at| SystemTime::now() + left(at, now));
            self.0.send(moment).map_err(io::Error::other)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::Alarm;

    #[test]
    fn rings_at_the_moment_that_was_set_last() {
        let (rang, rings) = mpsc::channel();
        let alarm = Alarm::start(move || rang.send(()).unwrap()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let soon = now + SignedDuration::from_millis(20);
        let late = now + SignedDuration::from_hours(1);
        alarm.set(Some(late), now).unwrap();
        alarm.set(Some(soon), now).unwrap();
        rings.recv_timeout(Duration::from_secs(5)).expect("it rings");
        alarm.set(Some(Timestamp::UNIX_EPOCH), soon).unwrap();
        rings.recv_timeout(Duration::from_secs(5)).expect("a moment in the past rings at once");
    }

    /// As when the machine wakes up: the kernel sets the clock then.
    #[cfg(target_os = "linux")]
    #[test]
    fn rings_when_the_clock_is_set() {
        use rustix::time::{ClockId, clock_gettime, clock_settime};
        let (rang, rings) = mpsc::channel();
        let alarm = Alarm::start(move || rang.send(()).unwrap()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        alarm.set(Some(now + SignedDuration::from_hours(1)), now).unwrap();
        // To the time it shows already.
        match clock_settime(ClockId::Realtime, clock_gettime(ClockId::Realtime)) {
            Err(rustix::io::Errno::PERM) => println!("SKIPPED: only root may set the clock"),
            set => {
                set.unwrap();
                rings.recv_timeout(Duration::from_secs(5)).expect("it rings");
            }
        }
    }
}
