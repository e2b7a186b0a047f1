//! What Herokey waits for, so that a program can show it while it lasts.

use std::sync::Arc;

/// Who may take long to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Heroku, and the network between.
    Heroku,
    /// The user, who signs in on a page in the browser.
    Browser,
    /// The keychain, which may ask the user to unlock it.
    Keychain,
}

/// A moment of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A wait has begun. Another may have begun before it, and still last.
    Begun(Awaited),
    /// A wait has ended.
    Ended(Awaited),
}

/// Tells a program about waits, in the thread that waits. By default, nobody is told.
#[derive(Clone, Default)]
pub struct Waits(Option<Arc<dyn Fn(Wait) + Send + Sync>>);

impl Waits {
    /// Calls `watcher` at each moment.
    pub fn reported_to(watcher: impl Fn(Wait) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(watcher)))
    }

    /// Does what makes Herokey wait.
    pub(crate) fn during<T>(&self, awaited: Awaited, work: impl FnOnce() -> T) -> T {
        self.tell(Wait::Begun(awaited));
        let _end = End(self, awaited);
        work()
    }

    fn tell(&self, moment: Wait) {
        if let Some(watcher) = &self.0 {
            watcher(moment);
        }
    }
}

/// Ends a wait, even if the work panics.
struct End<'a>(&'a Waits, Awaited);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.tell(Wait::Ended(self.1));
    }
}
