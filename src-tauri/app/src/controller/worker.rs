//! The controller's own thread: it looks when something has changed, and takes in what actions come to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::alarm::Alarm;
use super::state::{self, FirstLook, record, see};
use super::{Controller, Message, Page, Work, lock};
use crate::request::Act;
use herokey_core::action::Done;
use herokey_core::base::error::{Code, Result};
use herokey_core::ledger::journal;
use herokey_core::ledger::journal::{Activity, Outcome};
use herokey_core::survey::survey;
use herokey_core::tools::shell;
use herokey_core::watch::{Change, Watch};

/// Changes come in bursts: a file is written, renamed, its mode set. One look answers them all.
const BURST: Duration = Duration::from_millis(60);

impl Controller {
    pub(super) fn work(&self, messages: &Receiver<Message>) {
        self.look(FirstLook::Yes);
        // It may take seconds, and nothing waits for it.
        let mut asked = self.ask_shell();
        if let Some(Activity::HalfDone(_)) = self.state().facts.map(|facts| facts.activity) {
            self.request(Act::FinishAction);
        }
        let wake = self.wake.clone();
        let tell = move |change| {
            let news = if change == Change::Network { Message::Network } else { Message::Changed };
            // As in `begin`.
            let _ = wake.send(news);
        };
        // From here on the watch tells of changes; one more look catches what came between.
        let mut watch = Watch::start(&self.env(), tell.clone());
        let alarm = Alarm::start(move || tell(Change::Machine)).inspect_err(
            |error| tracing::error!(%error, "no timer: the end of the token is not told in time"),
        );
        self.send(Message::Changed);
        while let Ok(message) = messages.recv() {
            let mut next = Some(message);
            while let Some(message) = next.take() {
                match message {
                    Message::Progress(progress) => self.change(|state| record(state, progress)),
                    Message::Ended { result, noted } => self.end(result, noted),
                    // A later question is on its way.
                    Message::Shell { stamp, .. } if stamp != asked => {}
                    Message::Shell { answer, .. } => {
                        let heard = self.env().beside_terminal(Arc::new(answer)).in_terminal();
                        *lock(&self.shared.env) = heard;
                        // Its variables name other files.
                        self.send(Message::Changed);
                    }
                    Message::Network => {
                        let now = self.env().now();
                        let failed = [&self.shared.asking, &self.shared.renewing];
                        if failed.into_iter().any(|asking| lock(asking).retry(now)) {
                            self.send(Message::Changed);
                        }
                    }
                    Message::Changed => {
                        next = end_of_burst(messages);
                        // Before the look: what changes after it is told.
                        let unwatched = watch.refresh(&self.env()).err();
                        self.change(|state| state.unwatched = unwatched);
                        if asked != shell::stamp(&self.env()) {
                            asked = self.ask_shell();
                        }
                        self.look(FirstLook::No);
                        if let Ok(alarm) = &alarm {
                            self.set(alarm);
                        }
                    }
                }
            }
        }
    }

    /// Asks the login shell what it sets; returns what its start-up files were then.
    fn ask_shell(&self) -> shell::Stamp {
        let (env, wake) = (self.env(), self.wake.clone());
        let asked = shell::stamp(&env);
        let stamp = asked.clone();
        let ask = move || {
            let answer = shell::ask(&env);
            // The worker ends only with the process.
            let _ = wake.send(Message::Shell { answer, stamp });
        };
        if let Err(error) = std::thread::Builder::new().name("login-shell".to_owned()).spawn(ask) {
            tracing::warn!(%error, "the login shell is not asked");
        }
        asked
    }

    fn look(&self, first: FirstLook) {
        let facts = survey(&self.env());
        let running = matches!(facts.activity, Activity::Running(_));
        let now = self.env().now();
        let reminder = self.reminder(&facts);
        let renews = !running && self.is_to_renew(&facts);
        if !running && !renews {
            self.ask_heroku(&facts);
        }
        self.change(|state| {
            if reminder.is_some() {
                state.reminder = reminder;
            }
            see(state, facts, first, now);
        });
        self.go_on_with_history();
        if running && self.state().own.is_none() {
            self.look_when_it_ends();
        }
        if renews {
            self.renew();
        }
    }

    /// Shows what has been done meanwhile, where that page is open.
    fn go_on_with_history(&self) {
        if matches!(self.state().page, Some(Page::History(_))) {
            let entries = journal::history(&self.env());
            self.change(|state| {
                // It may have been closed meanwhile.
                if let Some(Page::History(shown)) = &mut state.page {
                    *shown = entries;
                }
            });
        }
    }

    /// Looks again when the action of another program has ended, also if it ended by being killed.
    fn look_when_it_ends(&self) {
        if self.shared.waits_for_end.swap(true, Ordering::AcqRel) {
            return;
        }
        let controller = self.clone();
        std::thread::spawn(move || {
            if let Err(error) = journal::wait_for_end(&controller.env()) {
                tracing::warn!(%error, "the end of another program's action is not noticed");
            }
            controller.shared.waits_for_end.store(false, Ordering::Release);
            controller.send(Message::Changed);
        });
    }

    fn end(&self, result: Result<Option<Done>>, noted: bool) {
        *lock(&self.shared.cancel) = None;
        *lock(&self.shared.answers) = None;
        let renewed = lock(&self.shared.state).own.as_ref().is_some_and(|own| own.work == Work::Renew);
        let result = if renewed { self.end_of_renewal(result) } else { result };
        let facts = survey(&self.env());
        self.change(|state| {
            let work = state.own.take().map(|own| own.work);
            state.next = work.and_then(|work| match &result {
                Ok(Some(_)) => state::undo(&work, noted),
                Ok(None) => None,
                Err(error) => state::retry(&work, error),
            });
            state.clears_at = None;
            state.outcome = match result {
                Ok(Some(done)) => Some(Outcome::Done { what: done.what, note: done.note }),
                Ok(None) => None,
                // Cancelling is an answer, not news.
                Err(error) if error.code == Code::Cancelled => None,
                Err(error) => Some(Outcome::Failed(error)),
            };
            state.facts = Some(facts);
        });
        if matches!(self.state().page, Some(Page::Access(_))) {
            self.show_access();
        }
        self.go_on_with_history();
    }
}

/// Waits until a burst of changes is over, or until something else comes, which is returned.
fn end_of_burst(messages: &Receiver<Message>) -> Option<Message> {
    loop {
        match messages.recv_timeout(BURST) {
            Ok(Message::Changed) => {}
            Ok(other) => return Some(other),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}
